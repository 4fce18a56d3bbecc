"""The feedback loops of the model, each of which can be switched off by name to show what it does.

Switching a loop off cuts one named link of it; everything else stays. A loop that is cut is a thought
experiment, not a policy.
"""

from pydantic import Field

from cmsim.core.parameters import Section


def loop(links: str, cut: str) -> bool:
    """Declare a loop: the links it runs through, and what switching it off cuts."""
    return Field(default=True, description=f"{links}. Off: {cut}.")


class Loops(Section):
    """One switch a loop; ``true`` is as the model has it."""

    burnout_turnover: bool = loop(
        "exhausted people leave, their clients go to those who stay, whom the load exhausts; a colleague's "
        "leaving makes leaving thinkable",
        "neither exhaustion nor a colleague's leaving makes anybody leave",
    )
    family_burden: bool = loop(
        "burden on the family feeds criticism, criticism in contact feeds stress and relapse, relapse feeds burden",
        "criticism follows the family's disposition and warmth, not its burden",
    )
    network_growth: bool = loop(
        "friends bring friends and something to do, more ties carry, invite and know of rooms and jobs, and "
        "so leave a person and the worker freer for others",
        "new ties come at a rate that no tie or activity changes",
    )
    homelessness_trap: bool = loop(
        "homelessness wears down ties and makes the street a home, which makes leaving it harder",
        "neither ties nor the readiness to leave suffer from being homeless",
    )
    bed_pressure: bool = loop(
        "full beds hasten discharge, hastened discharge brings people back sooner",
        "beds are never pressed, so nobody is discharged early",
    )
    alliance_disclosure: bool = loop(
        "alliance brings disclosure, disclosure brings early help, early help and trust keep people well",
        "what people tell, and whom they call, no longer depends on alliance",
    )
    coercion_distrust: bool = loop(
        "coercion costs trust, distrust costs adherence and early calls, and so brings the next coercion",
        "coercive acts cost neither alliance nor engagement",
    )
    information_dosing: bool = loop(
        "reports bring better dosing, fewer side effects keep people taking it and in touch, and so reported",
        "the psychiatrist decides as if the case manager had reported nothing",
    )
    crisis_crowd_out: bool = loop(
        "crises displace planned visits, missed visits bring crises", "crises take no time from what was planned"
    )
    titration_balance: bool = loop(
        "belief about need sets the dose, the dose meets or exceeds need, capability and belief follow",
        "doses are never reviewed: everybody keeps the dose held so far",
    )
    dependency_trap: bool = loop(
        "help beyond need wears down capability and breeds dependence, and so calls for more help",
        "help beyond need neither wears down capability nor breeds dependence",
    )
    graduated_autonomy: bool = loop(
        "what succeeds alone, or with less help than before, makes more able, and so more is tried",
        "trying alone and links made with less help than before teach nothing",
    )
    pendulum: bool = loop(
        "wishes swing between dependence and independence, workers press to stop the swing, a pressed move "
        "stirs up the conflict",
        "nobody's wish swings, so that nothing is pressed for",
    )
    whom_workers_see: bool = loop(
        "people in trouble are seen more, so workers expect less of everybody, and help more than is needed",
        "every worker gets an impression of every client each fourth week, however the client is",
    )
