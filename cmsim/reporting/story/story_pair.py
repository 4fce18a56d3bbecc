"""One client under two policies, side by side, and in a placebo run that shows what pure noise does."""

from dataclasses import dataclass

from cmsim.experiments.shared_warm_up import branch
from cmsim.reporting.story.client_story import ClientStory, most_eventful_client, tell_story
from cmsim.reporting.story.divergence import Divergence, find_divergence
from cmsim.results.progress import Progress
from cmsim.results.simulation import Simulated, simulate
from cmsim.scenario import Scenario


@dataclass(frozen=True)
class StoryPair:
    """Two stories of one client.

    Attributes:
        one: under the first policy.
        other: under the second.
        divergence: where they first differ; ``None`` if they never do.
        placebo: the client in the placebo run, which has the first policy.
        placebo_divergence: where the placebo run first differs from the first.
    """

    one: ClientStory
    other: ClientStory
    divergence: Divergence | None
    placebo: ClientStory
    placebo_divergence: Divergence | None


def tell_pair(
    scenario: Scenario,
    versus: Scenario,
    client: str | None = None,
    *,
    replication: int = 0,
    from_day: int | None = None,
    progress: Progress | None = None,
) -> StoryPair:
    """Simulate two scenarios and a placebo run, and return one client's stories in them.

    Args:
        scenario: the first policy.
        versus: the second.
        client: the client's key; the one with most events in the first if ``None``.
        replication: the number of the random streams.
        from_day: the first day of the stories; the end of the warm-up if ``None``.
        progress: given the runs done and the runs in all.

    Raises:
        CmsimError: there is no such client, or a scenario is too large.
    """
    compared, perturbs = [scenario, versus, scenario], [False, False, True]
    report = progress or (lambda done, total: None)
    report(0, 3)
    runs = branch(compared, perturbs, replication, lambda run: run)
    if runs is None:
        runs = []
        for each, perturb in zip(compared, perturbs, strict=True):
            runs.append(simulate(each, replication, perturb=perturb))
            report(len(runs), 3)
    report(3, 3)
    return pair_of(*runs, client=client, from_day=from_day)


def pair_of(
    first: Simulated, second: Simulated, placebo: Simulated, *, client: str | None, from_day: int | None = None
) -> StoryPair:
    """Return one client's stories in three runs: two policies, and the placebo run of the first."""
    chosen = client if client is not None else most_eventful_client(first)
    begin = first.scenario.world.warm_up_days if from_day is None else from_day
    one, other, third = (tell_story(run, chosen, from_day=begin) for run in (first, second, placebo))
    return StoryPair(one, other, find_divergence(one, other), third, find_divergence(one, third))
