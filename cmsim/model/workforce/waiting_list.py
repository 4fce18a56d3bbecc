"""Those who wait for a case manager, and who of them is served next."""

import numpy as np

from cmsim.core.simtime import DAY
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.model.workforce import client_assignment
from cmsim.model.workforce.client_assignment import assign, rooms
from cmsim.policies.rule_answer import column
from cmsim.schema.codes import ClientStatus, WaitFor, WaitOutcome
from cmsim.schema.state_variables import NEVER


class WaitingList:
    """Clients without a worker, in the order in which they came to be so."""

    def __init__(self, community: Context) -> None:
        self.c = community
        self.entries: list[tuple[int, ClientRole]] = []
        self.held_for: dict[int, int] = {}
        """By row of a client: the vacant post whose next holder the client is held for."""
        self.may_have_room = True

    def join(self, client: ClientRole, held_for: int | None = None) -> None:
        """Put a client on the list, perhaps held for the next holder of a post."""
        if held_for is not None:
            self.held_for[client.row] = held_for
        client.set_custody(status=ClientStatus.WAITING)
        self.c.people.due[:, client.row] = NEVER
        self.entries.append((self.c.env.now, client))
        self.may_have_room = True

    def leave(self, client: ClientRole, how: str) -> None:
        """Take a client off the list who stops waiting without being served."""
        for entry in self.entries:
            if entry[1] is client:
                self._ended(client, entry[0], how)
                self.entries.remove(entry)
                self.held_for.pop(client.row, None)
                return

    def serve_if_room(self, always: bool) -> None:
        """Serve, if room may have come since the last time or ``always``."""
        if self.entries and (self.may_have_room or always):
            self.may_have_room = False
            self.serve()

    def serve(self) -> None:
        """Give those waiting to workers with room, in the order of the policy, until nobody has room."""
        c = self.c
        size = c.service.caseload.size
        room = rooms(c, size)
        served, full = set(), not (room >= 1.0).any()
        # where nobody has room, only those held for a new holder can be served
        for since, client in self._in_order() if not full or self.held_for else ():
            post = self.held_for.get(client.row)
            if post is not None and c.posts.closed[post]:
                del self.held_for[client.row]
                post = None
            if post is not None:
                to = post if c.posts.filled[post] else None
            else:
                to = None if full else assign(c, client, room)
                full = to is None
            if to is None:
                continue
            served.add(client.row)
            self.held_for.pop(client.row, None)
            client.set_custody(status=ClientStatus.OPEN)
            client_assignment.begin(c, client, to)
            self._ended(client, since, "served")
            room = rooms(c, size)
        self.entries = [
            entry for entry in self.entries if entry[1].status == ClientStatus.WAITING and entry[1].row not in served
        ]

    def _in_order(self) -> list[tuple[int, ClientRole]]:
        entries = [entry for entry in self.entries if entry[1].status == ClientStatus.WAITING]
        if not entries:
            return entries
        c, rows = self.c, np.array([client.row for _, client in entries])
        waited = (c.env.now - np.array([since for since, _ in entries])) / DAY
        people = c.people
        order = c.service.caseload.waiting_list.order
        rank = column(
            "service.caseload.waiting_list", order, len(rows), waited, people.belief[rows], people.known_unwell[rows]
        )
        return [entries[place] for place in np.argsort(-rank, kind="stable").tolist()]

    def _ended(self, client: ClientRole, since: int, how: str) -> None:
        self.c.record_wait(client.row, since=since, for_=WaitFor.CASE_MANAGER, outcome=WaitOutcome.of(how))

    def record_open(self) -> None:
        """Write the waits that are still going on at the end of the run."""
        for since, client in self.entries:
            if client.status == ClientStatus.WAITING:
                self._ended(client, since, "still waiting")
