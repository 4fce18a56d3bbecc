"""One person's life under two policies, side by side, beside what a placebo twin does to it."""

from __future__ import annotations

from dataclasses import dataclass

from cmsim.experiments.shared_warm_up import branch
from cmsim.reporting.story.divergence import Parting, parting
from cmsim.reporting.story.life import Life, tell, who_to_tell
from cmsim.results.simulation import Progress, Simulated, simulate
from cmsim.scenario import Scenario


@dataclass(frozen=True)
class Pair:
    """Two lives of one client.

    Attributes:
        one: under the first policy.
        other: under the second.
        parts: where they part; ``None`` if they never do.
        twin: the same life under the first policy with one visit a week a minute longer.
        twin_parts: where the twin's life parts from the first.
    """

    one: Life
    other: Life
    parts: Parting | None
    twin: Life
    twin_parts: Parting | None

    @property
    def chaos_alone(self) -> bool:
        """Whether the placebo twin's life differs too, so that the pair shows chaos as much as policy."""
        return self.twin_parts is not None


def tell_pair(
    scenario: Scenario,
    versus: Scenario,
    client: str | None = None,
    *,
    replication: int = 0,
    from_day: int | None = None,
    progress: Progress | None = None,
) -> Pair:
    """Live through two scenarios and a placebo twin; tell one client's lives in them.

    Args:
        scenario: the first policy.
        versus: the second.
        client: the client's key; whoever has the fullest life in the first if ``None``.
        replication: which history.
        from_day: the first day told; the end of the warm-up if ``None``.
        progress: told the runs done and the runs in all.

    Raises:
        CmsimError: there is no such client, or a scenario is too large.
    """
    arms, perturbs = [scenario, versus, scenario], [False, False, True]
    tell_progress = progress or (lambda done, total: None)
    tell_progress(0, 3)
    runs = branch(arms, perturbs, replication, lambda run: run)
    if runs is None:
        runs = []
        for arm, perturb in zip(arms, perturbs, strict=True):
            runs.append(simulate(arm, replication, perturb=perturb))
            tell_progress(len(runs), 3)
    tell_progress(3, 3)
    return pair_of(*runs, client=client, from_day=from_day)


def pair_of(
    first: Simulated, second: Simulated, third: Simulated, *, client: str | None, from_day: int | None = None
) -> Pair:
    """Tell one client's lives in three runs that are there already: two policies, and the placebo twin."""
    chosen = client if client is not None else who_to_tell(first)
    begin = first.scenario.world.warm_up_days if from_day is None else from_day
    one, other, twin = (tell(run, chosen, from_day=begin) for run in (first, second, third))
    return Pair(one, other, parting(one, other), twin, parting(one, twin))
