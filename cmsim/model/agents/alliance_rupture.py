"""Ruptures of the alliance: acts against a client's wish, and quarrels over what can be expected."""

from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.tables import CoercionRow, ConflictRow
from cmsim.submodels import therapeutic_relationship


def on_coercion(c: Context, client: ClientRole, act: int, size: float) -> None:
    """Let an act against a client's wish cost alliance and leave resentment, less where it is owned.

    Args:
        c: the community.
        client: against whose wish it is.
        act: as in ``schema.codes.CoerciveAct``.
        size: alliance that it costs at most.
    """
    row, worker, people = client.row, client.case_manager, c.people
    owned = worker is not None and worker.decide_to_own_authority(client)
    cost = therapeutic_relationship.coercion_cost(c.world.relationship, size, float(people.trauma[row]), owned)
    if not c.world.loops.coercion_distrust:
        cost = 0.0
    c.day.owe("alliance_loss", row, cost)
    people.coerced[row] += cost
    number = worker.number if worker is not None else -1
    c.ledger.write(CoercionRow)(minute=c.env.now, client=row, worker=number, act=act, owned=owned, alliance_lost=cost)


def fall_out(c: Context, client: ClientRole) -> None:
    """Let a client fall out with the worker over what can be expected of the client."""
    row, worker, people = client.row, client.case_manager, c.people
    if worker is None or not client.present:
        return
    lost = c.world.relationship.conflict_loss
    c.day.owe("alliance_loss", row, lost)
    believed, need = float(people.belief[row]), float(people.need[row])
    c.ledger.write(ConflictRow)(
        minute=c.env.now, client=row, worker=worker.number, believed=believed, need=need, alliance_lost=lost
    )
