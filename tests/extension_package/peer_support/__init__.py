"""Peer support: people who have been ill themselves, and what case managers can share of their own lives.

A scenario takes it in by ``extensions = ["peer_support"]``.
"""

from cmsim.core.extension import Extension, Setting
from cmsim.model.agents.agent_kind import AgentKind
from cmsim.validation.trials.trial_measures import TrialMeasure
from peer_support.meetings import met, stress_at_end
from peer_support.self_disclosure import COMPONENT
from peer_support.supporter import PeerPosts, PeerSupport, Supporters

EXTENSION = Extension(
    "Peer support",
    (
        COMPONENT,
        Setting("world", "peer_support", PeerSupport()),
        Setting("service", "peers", PeerPosts()),
        AgentKind("peer supporters", Supporters),
        stress_at_end,
        TrialMeasure(met),
    ),
)
