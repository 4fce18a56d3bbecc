"""One client's life, told: what happened and why, who knew, who acted, how late; alone or under two policies.

A single simulated life is an illustration, never a forecast about a person.
"""

from cmsim.story.life import Life, Tally, tell, who_to_tell
from cmsim.story.moments import Moment
from cmsim.story.pair import Pair, tell_pair
from cmsim.story.parting import Parting, parting
from cmsim.story.text import life_text, pair_text

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
