"""What case managers have seen of anybody's ability: what they expect of whom they do not know."""

import numpy as np

from cmsim.core.numeric import Floats, Ints
from cmsim.schema.codes import Domain

_TINY = 1e-9


class Experience:
    """What each worker saw of anybody's ability, minute for minute: what the worker expects of anybody.

    Args:
        usual: ability that a new worker expects in each domain.
        minutes: face to face that this is worth.
    """

    def __init__(self, usual: float, minutes: float) -> None:
        self.usual = np.full(len(Domain), usual)
        self._new = minutes
        self._seen = np.zeros((1, len(Domain)))
        self._minutes = np.zeros(1)

    def begin(self, post: int) -> None:
        """Let a post have a new holder, who has seen nobody yet."""
        more = post + 1 - len(self._minutes)
        if more > 0:
            self._seen = np.concatenate([self._seen, np.zeros((more, len(Domain)))])
            self._minutes = np.concatenate([self._minutes, np.zeros(more)])
        self._seen[post], self._minutes[post] = self.usual * self._new, self._new

    @property
    def held(self) -> tuple[Floats, Floats]:
        """Ability seen times minutes, shape (posts, domains), and minutes, shape (posts,), to be added to."""
        return self._seen, self._minutes

    def fade(self, kept: float) -> None:
        """Let what was seen count for less."""
        self._seen *= kept
        self._minutes *= kept

    def expected(self, post: Ints | int) -> Floats:
        """Return what the holders of some posts (-1 for nobody) expect of anybody, shape (posts, domains)."""
        posts = np.asarray(post)
        known = self._seen[posts] / np.maximum(self._minutes[posts], _TINY)[..., None]
        return np.where((posts >= 0)[..., None], known, self.usual)
