"""The story of one client: what happened and why, who knew, who acted, how late; alone or under two policies.

One simulated client is an illustration, never a forecast about a person.
"""

from cmsim.reporting.story.client_story import ClientStory, Tally, most_eventful_client, tell_story
from cmsim.reporting.story.divergence import Divergence, find_divergence
from cmsim.reporting.story.story_layout import pair_text, story_text
from cmsim.reporting.story.story_pair import StoryPair, pair_of, tell_pair

__all__ = [
    "ClientStory",
    "Divergence",
    "StoryPair",
    "Tally",
    "find_divergence",
    "most_eventful_client",
    "pair_of",
    "pair_text",
    "story_text",
    "tell_pair",
    "tell_story",
]
