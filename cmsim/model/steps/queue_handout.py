"""The morning's schedule reaches the workers: queues, contacts that give way, and what aides take over."""

from cmsim.model.agents.planned_contact import drop
from cmsim.model.context import Context
from cmsim.model.steps.contact_scheduling import Schedule


def hand_out(c: Context, schedule: Schedule) -> None:
    """Give every worker the queue of the day, and let workers drop the contacts that give way."""
    for dropped in schedule.dropped:
        worker = c.clients[dropped.client].case_manager
        assert worker is not None  # whoever has none has nothing due
        drop(c, worker, dropped.client, kind=dropped.kind, since=dropped.since)
    c.people.let_down[schedule.let_down] += 1.0  # each client at most once
    for worker in c.at_work:
        worker.take_queue(schedule.of_post(worker.post))
    if schedule.tasks:
        posts = c.posts
        posts.week_load[: posts.count] += schedule.minutes / c.active.minutes_for_clients
        posts.week_days[: posts.count] += 1.0
        c.staffing.hand_over_to_aides()
