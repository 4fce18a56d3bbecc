"""One client's life, told: what happened and why, who knew, who acted, how late; alone or under two policies.

A single simulated life is an illustration, never a forecast about a person.
"""

from cmsim.reporting.story.divergence import Parting, parting
from cmsim.reporting.story.life import Life, Tally, tell, who_to_tell
from cmsim.reporting.story.moments import Moment
from cmsim.reporting.story.story_pair import Pair, tell_pair
from cmsim.reporting.story.story_text import life_text, pair_text

__all__ = [
    "Life",
    "Moment",
    "Pair",
    "Parting",
    "Tally",
    "life_text",
    "pair_text",
    "parting",
    "tell",
    "tell_pair",
    "who_to_tell",
]
