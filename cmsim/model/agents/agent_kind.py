"""A kind of agent that an extension adds to the community."""

from collections.abc import Callable
from dataclasses import dataclass

from cmsim.core.extension import Addition
from cmsim.model.context import Context


@dataclass(frozen=True, slots=True)
class AgentKind(Addition):
    """One kind of agent from outside.

    Attributes:
        name: what its agents are found under, in ``Context.added_agents``.
        create: makes the agents of a community, once everybody else is there and before day 0; what it returns is
            kept. Agents act as processes of ``c.env``, draw from ``c.streams`` for purposes of their
            own, and reach clients by what they owe them in the evening (``c.day.owe``).
    """

    name: str
    create: Callable[[Context], object]
