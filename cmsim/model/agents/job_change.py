"""The beginning and the end of sheltered and paid work."""

from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import AgencyKind, ClientStatus, JobReason
from cmsim.schema.tables import JobRow


def take_job(c: Context, client: ClientRole, job: int, reason: JobReason) -> None:
    """Let a client begin work, as in ``schema.codes.JobKind``."""
    if client.status in (ClientStatus.WAITING, ClientStatus.OPEN) and c.people.cells.job[client.row] != job:
        _set_job(c, client, job, reason)


def lose_job(c: Context, client: ClientRole, reason: JobReason = JobReason.LOST) -> None:
    """Let a client lose the work held, and the place at the agency that came with it."""
    cells, row = c.people.cells, client.row
    if not cells.job[row]:
        return
    _set_job(c, client, 0, reason)
    c.agencies[AgencyKind.WORK].release(row)
    if client.status != ClientStatus.LEFT:
        cells.stress[row] = min(cells.stress[row] + c.world.work.loss_stress, 1.0)


def _set_job(c: Context, client: ClientRole, job: int, reason: JobReason) -> None:
    held, row = c.people.cells.job, client.row
    c.ledger.write(JobRow)(minute=c.env.now, client=row, from_=held[row], to=job, reason=reason)
    held[row] = job
