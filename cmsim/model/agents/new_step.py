"""New steps of a client: something tried alone, and what is learnt from doing it with less help."""

from cmsim.core import random_streams
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import Domain, NewStep, Phase
from cmsim.schema.tables import StepRow
from cmsim.submodels import capability_growth

TRIED = random_streams.purpose("steps.tried", "in which need domain a client tries something new")
SUCCEEDS = random_streams.purpose("steps.succeeds", "whether that succeeds")


def try_alone(c: Context, client: ClientRole) -> None:
    """Let a client try something new alone, untold; the worker sees only later what has come of it (K-66)."""
    if client.phase != Phase.STABLE or not client.present:
        return
    row, cells, p, uniform = client.row, c.people.cells, c.world.growth, c.streams.uniform
    domain = int(uniform(TRIED, client.address, c.today) * len(Domain))
    chance = capability_growth.success_chance(p, cells.domain_unmet[row, domain])
    succeeds = uniform(SUCCEEDS, client.address, c.today) < chance
    if succeeds:
        _grow(c, row, domain, p.step)
    else:
        cells.stress[row] = min(cells.stress[row] + p.failure_stress, 1.0)
    c.ledger.write(StepRow)(minute=c.env.now, client=row, domain=domain, how=NewStep.ALONE, success=succeeds)


def on_link_made(c: Context, client: ClientRole, help_level: int, domain: int) -> None:
    """Let a client learn from a link made with a level of help: seen how, or done it with less (K-40)."""
    p, cells, row = c.world.growth, c.people.cells, client.row
    before = cells.last_help[row]
    if before > help_level:
        _grow(c, row, domain, capability_growth.internalised(p, cells.shown[row], before, help_level))
        c.ledger.write(StepRow)(minute=c.env.now, client=row, domain=domain, how=NewStep.WITH_LESS_HELP, success=True)
    cells.shown[row] = capability_growth.shown_next(p, cells.shown[row], help_level)
    cells.last_help[row] = help_level


def _grow(c: Context, row: int, domain: int, share: float) -> None:
    """Let a client gain a share of what the ceiling leaves in a need domain, by something done."""
    cells = c.people.cells
    if c.world.loops.graduated_autonomy:
        left = cells.ceiling[row, domain] - cells.capability[row, domain]
        cells.capability[row, domain] += share * max(left, 0.0)
