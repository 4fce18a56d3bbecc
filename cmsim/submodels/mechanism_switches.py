"""Mechanisms that can be switched on and off by name, each against the model without it."""

from pydantic import Field

from cmsim.core.parameters import Section


def mechanism(means: str) -> bool:
    """Declare a mechanism that can be left out."""
    return Field(default=True, description=means)


class Mechanisms(Section):
    """One switch a mechanism; ``false`` leaves it out."""

    means_from_deeds: bool = mechanism(
        "whether a crisis can be met at home follows from who can come to this person now, at this hour, from how far "
        "and how often, not from what a service states about itself"
    )
    untreated_worsens: bool = mechanism(
        "acute illness that nobody treats gets worse; families, emergency departments and the police then lead to "
        "hospital, more often by commitment and for longer"
    )
    lasting_differences: bool = mechanism(
        "half of the variance of the length of stays belongs to the person, and part of whether an acute illness leads "
        "to hospital"
    )
    own_worker_answers: bool = mechanism(
        "crises of known clients are work of the own worker before anybody else's, and so are the days after them"
    )
    reactive_mix: bool = mechanism(
        "above a load, time goes to who calls and to what is urgent; family and network work give way first"
    )
    demands: bool = mechanism(
        "what is expected of a person is a quantity of its own beside help: it teaches what can be borne and harms "
        "beyond that"
    )
    recent_discharge_admits: bool = mechanism(
        "whether a relapse ends in hospital depends on the time since the last discharge"
    )
    family_adapts: bool = mechanism(
        "the effect of a critical family fades with time, and case management relieves the family's burden"
    )
    stopping_precedes_relapse: bool = mechanism("people often stop medication before a relapse, as insight wanes")
    alliance_rests_on_insight: bool = mechanism(
        "the alliance that two people reach rests on insight and on how the client is, most of all at a first meeting"
    )
    waiting_costs_attendance: bool = mechanism("each week of waiting for a psychiatrist costs attendance")
    supervision_relieves: bool = mechanism(
        "supervision agrees on what can wait and holds exhausted workers; who wants to leave needs time to find a place"
    )
    worth_sees_homes: bool = mechanism(
        "quality of life sees homes, unmet need, side effects and isolation; whoever leaves against advice is followed"
    )
