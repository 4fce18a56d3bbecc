"""The family: it notices, calls, houses, and at its limit withdraws."""

from cmsim.core import random_streams
from cmsim.core.simtime import workday_after
from cmsim.model.agents import acute_episode, residence
from cmsim.model.agents.agent import Agent
from cmsim.model.agents.medication_taking import resume_medication
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.model.state.columns import Column
from cmsim.schema.codes import HOMELESS, AcuteAnswer, Phase, SeenBy, Setting

# bound once: a member of an enumeration takes long to look up, and contacts are many
_TOLD, _WAITED = AcuteAnswer.TOLD.value, AcuteAnswer.WAITED.value
_FAMILY = SeenBy.FAMILY.value
_PRODROMAL = Phase.PRODROMAL.value
_FAMILY_HOME, _SHELTER = Setting.FAMILY_HOME.value, Setting.SHELTER.value


CALLS = random_streams.purpose("crisis.family calls", "whether the family calls the own worker in a crisis")


class Family(Agent):
    """The kin of one client, as one household or circle of ``members`` people."""

    burden, criticism, warmth, family_knowledge, invited = Column(), Column(), Column(), Column(), Column()

    def __init__(self, community: Context, client: ClientRole, members: int) -> None:
        super().__init__(community, f"f-{client.key}")
        self.columns = community.people
        self.row = client.row
        self.client = client
        self.members = members
        self.called = False

    def decide_to_call(self) -> bool:
        """Decide to call the worker about what worries the family; the alternative is to wait and hope."""
        answered = self.community.service.family_work.answers and self.invited > 0.0
        return self.client.case_manager is not None and answered

    def decide_on_illness(self) -> None:
        """Decide what to do about a relative who is acutely ill: tell the worker, go to hospital together, or
        wait."""
        worker, client = self.client.case_manager, self.client
        if worker is not None and self.decide_to_call():
            worker.on_told(client)
            answer = _TOLD
        elif acute_episode.would_bring(self.community, client, 0.0, alone=True):
            acute_episode.go_to_hospital(self.community, client, _FAMILY)
            return
        else:
            answer = _WAITED
        acute_episode.write_seen(self.community, client, _FAMILY, answer)

    def decide_to_call_in_crisis(self, occasion: int) -> bool:
        """Decide in a relative's crisis to call the own worker; the alternative is not to be there, or to leave it to
        the relative."""
        c = self.community
        chance = self.columns.cells.family_contact[self.row] if self.decide_to_call() else 0.0
        return c.streams.uniform(CALLS, self.client.address, occasion) < chance

    def decide_to_encourage(self, refusals: int) -> None:
        """Decide, some time after a relative has stopped medication, to see to it that it is taken again; the
        alternative is not to know, or to let it be."""
        client, people, row = self.client, self.columns, self.row
        stopped = people.stopped[row] and people.refusals[row] == refusals
        if stopped and client.present and client.decide_to_resume_medication():
            resume_medication(self.community, row)

    def decide_to_house(self) -> bool:
        """Decide to take the relative in, or back; the alternative is to leave it to others."""
        return self.burden < self.world.family.house_burden

    def decide_to_withdraw(self) -> bool:
        """Decide to end living together, burdened beyond what can be borne."""
        return self.burden > self.world.family.withdraw_burden

    def on_signs(self) -> None:
        """Have seen signs of a prodrome for long enough to do something about it."""
        if self.client.phase == _PRODROMAL:
            self.worry()

    def worry(self) -> None:
        """Worry, and call the worker, who answers when the service says and there is time."""
        c, cells, row = self.community, self.columns.cells, self.row
        if not self.client.present or cells.worried[row]:
            return
        cells.worried[row] = 1.0
        cells.worried_since[row] = c.today
        cells.tension[row] = c.world.family.worry_tension
        c.day.changed.add(row)
        self.called = self.decide_to_call()
        if self.called:
            due = workday_after(c.today + c.service.family_work.answer_days)
            cells.next_family[row] = min(cells.next_family[row], due)

    def on_answer(self) -> None:
        """Be answered by the worker, who comes to know what the family saw."""
        cells, row = self.columns.cells, self.row
        if cells.worried[row]:
            cells.worried[row] = cells.tension[row] = 0.0
            self.community.day.changed.add(row)
            if self.called:
                self.client.illness.on_noticed("family")

    def reconsider(self) -> None:
        """Think again, once a week, about living together."""
        if self.client.setting == _FAMILY_HOME and self.decide_to_withdraw():
            residence.move(self.community, self.client, _SHELTER, "family ended it")

    def take_in(self) -> None:
        """Take a homeless relative in, if willing."""
        if self.client.present and self.client.setting in HOMELESS and self.decide_to_house():
            residence.move(self.community, self.client, _FAMILY_HOME, "family took in")
