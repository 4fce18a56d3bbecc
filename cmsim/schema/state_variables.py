"""The state variables of clients and of case managers' posts, declared once with unit and meaning.

``cmsim.model.state.columns`` builds one column of each; the tables of ``docs/odd.md`` are made from these lists.
"""

from dataclasses import dataclass

from cmsim.core.ledger import Code
from cmsim.schema.codes import ClientStatus, Diagnosis, JobKind, Phase, RelationTemplate, Setting

NEVER = 1_000_000
"""A day that does not come."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One state variable: one column, one value a row.

    Attributes:
        name: of the column.
        unit: in words; ``0 or 1`` for what is so or not so.
        meaning: what it says.
        kind: "trait" (stays as drawn), "state" (changes), "place" (changes at the minute of an event) or
            "held" (follows from others, kept so that it need not be worked out every day).
        dtype: of the column.
        start: value before anything is drawn.
        words: what codes stand for.
    """

    name: str
    unit: str
    meaning: str
    kind: str = "state"
    dtype: str = "f8"
    start: float = 0.0
    words: tuple[str, ...] = ()


def _trait(name: str, unit: str, meaning: str) -> Variable:
    return Variable(name, unit, meaning, "trait")


def _level(name: str, meaning: str, kind: str = "state") -> Variable:
    return Variable(name, "0 to 1", meaning, kind)


def _flag(name: str, meaning: str, kind: str = "state") -> Variable:
    return Variable(name, "0 or 1", meaning, kind)


def _held(name: str, unit: str, meaning: str) -> Variable:
    return Variable(name, unit, meaning, "held")


def _day(name: str, meaning: str, start: int = 0) -> Variable:
    return Variable(name, "day", meaning, "state", "i8", start)


def _number(name: str, unit: str, meaning: str, start: int = 0, kind: str = "state") -> Variable:
    return Variable(name, unit, meaning, kind, "i8", start)


def _code(name: str, codes: type[Code], meaning: str, kind: str = "state") -> Variable:
    return Variable(name, "code", meaning, kind, "i1", 0, codes.labels())


CLIENT: tuple[Variable, ...] = (
    # who a client is
    _code("diagnosis", Diagnosis, "diagnosis group", "trait"),
    _code("template", RelationTemplate, "relational template", "trait"),
    _trait("template_level", "0 to 1", "how high an alliance the template lets grow"),
    _trait("distrust", "0 to 1", "1 less the template's level"),
    _trait("frailty", "log ratio", "personal level of the hazard of a prodrome"),
    _trait("insight_own", "0 to 1", "insight into the illness that a person comes back to"),
    _trait("trauma", "0 or 1", "a history of trauma that shapes relations"),
    _trait("substance", "0 or 1", "current substance use"),
    _trait("tolerance", "0 to 1", "stimulation that is borne: 0 an empty room, 1 a crowded place all day"),
    _trait("lower_limit", "0 to 1", "stimulation below which being alone cannot be borne"),
    _trait("own_conflict", "0 to 1", "personal strength of the conflict of dependence and independence"),
    _trait("dependent", "0 or 1", "relates dependently: grows into help more than others"),
    _trait("disposition", "log odds", "personal level of adherence"),
    _trait("openness", "0 to 1", "personal level of engagement, around 0"),
    _trait("distance", "minutes", "travel from the office to where the client lives"),
    Variable("age", "years", "age"),
    _flag("physical", "a long-term physical illness"),
    # coming and going
    _code("status", ClientStatus, "with the service or not", "place"),
    _day("joined_day", "of referral; 0 for those there at the start"),
    _day("left_day", "of leaving; -1 for not yet", -1),
    _flag("here", "with the service: open or waiting", "held"),
    _flag("present", "can be met in the community", "held"),
    # illness and medication
    _level("insight", "insight into the illness"),
    _trait("side_effects_own", "0 to 1", "side effects that come back with time"),
    _number("refusals", "times", "that medication was stopped so far"),
    _day("offered_depot", "on which a depot was last offered", -NEVER),
    _code("phase", Phase, "phase of illness", "place"),
    _number("episode", "ordinal", "the client's n-th episode"),
    _number("admissions", "admissions", "in the client's life so far"),
    _day("discharged", "of the last discharge from hospital", -NEVER),
    _day("last_episode_end", "on which the last episode ended", -NEVER),
    Variable("noticed_by", "code", "who noticed the present prodrome first", dtype="i1"),
    Variable("noticed_after", "days", "from onset to notice; -1 if unnoticed"),
    Variable("reviewed", "0 or 1", "medication was reviewed in the present prodrome", dtype="i1"),
    _level("recency", "of the last discharge: 1 on its day"),
    _level("settled", "of the last crisis settled: 1 on its day"),
    Variable("untreated", "days", "of the present acute phase on which nobody treated it, less those treated since"),
    _level("convalescence", "weeks after an acute phase or a stay: 1 on its last day"),
    _flag("unnoticed", "in a prodrome that nobody has noticed", "held"),
    _flag("can_fall_ill", "stable and with the service", "held"),
    _flag("unwell", "prodromal or acute", "held"),
    _held("onset_log", "log ratio", "sum of the slow factors of the hazard of a prodrome"),
    _held("crisis_ratio", "ratio", "of the hazard of a crisis, by who stands by at home"),
    _level("adherence", "share of doses taken"),
    _level("adherence_target", "adherence that it settles at now"),
    _held("willing", "0 to 1", "adherence that it would settle at if not stopped"),
    _flag("stopped", "has stopped medication"),
    Variable("supply", "days", "of medication at hand"),
    _level("fit", "fit of the regimen to the person"),
    _level("side_effects", "side effects"),
    _flag("depot", "on a depot"),
    # stress, need, support
    _level("stress", "0 an untroubled week, 1 as much strain as ever borne"),
    _held("stress_pull", "0 to 1", "level that stress settles at"),
    _flag("away", "in respite, away from home"),
    _day("crisis_care_until", "up to which the worker keeps contacts close after a crisis or first signs", -NEVER),
    _day("risk_until", "up to which visits count as risky", -NEVER),
    Variable("festering", "hassles", "left unanswered for so long that they hold stress up"),
    _level("plan_conflict", "how far the plans of the client's providers pull apart", "held"),
    _held("stimulation_load", "-1 to 1", "stimulation and demand beyond tolerance, less what practice makes lighter"),
    _level("intrusion", "feeling of being watched"),
    _level("coerced", "resentment that coercive acts have left"),
    Variable("let_down", "let-downs", "visits put off and calls not answered, as far as remembered"),
    Variable("support_minutes", "minutes a week", "face to face with a worker, as they are remembered"),
    _level("worker_support", "support by the worker in each need domain", "held"),
    _level("need", "demand beyond capability, mean of the need domains", "held"),
    _level("unmet", "need that no support meets, mean of the need domains", "held"),
    _level("excess", "paid support beyond need, mean of the need domains", "held"),
    _level("used_to", "support by the worker that the client has got used to"),
    _level("dependence", "0 asks for help when it is needed, 1 leaves everything to others"),
    _level("autonomy", "autonomy"),
    _level("shown", "how far the client has seen how links are made"),
    _number("last_help", "level", "of help with the last link made; -1 for none yet", -1),
    Variable("taught", "minutes", "of teaching this week, as good as in the situation itself"),
    # expectations
    _level("symptoms", "how severe symptoms are now: 0 none, 1 as severe as ever", "held"),
    Variable("asked", "minutes a week", "in which a worker asks something of the client, as they are remembered"),
    _level("demand", "what is asked by workers, work and family: 0 nothing, 1 a full week", "held"),
    _level("bearable", "demand that can be borne now", "held"),
    _level("practised", "demand that has become practice"),
    # wishes and plans
    Variable("swing", "-1.5 to 1.5", "of the pendulum: -1 to be looked after, 1 an own life"),
    _level("conflict", "strength of the conflict now"),
    Variable("wish", "-1, 0 or 1", "what is stated: to be looked after, neither, an own life"),
    _day("wish_since", "since when the stated wish has been the same"),
    Variable("plan_minutes", "minutes", "of planning, as they are remembered"),
    _flag("plan_open", "a plan of a move is under way or on trial"),
    Variable("plan_direction", "-1, 0 or 1", "of a planned placement on trial: 1 toward independence"),
    _level("capability_mean", "capability, mean of the need domains", "held"),
    _held("place_misfit", "log ratio", "of losing the present place, from what the person cannot bear in it"),
    # places
    _code("setting", Setting, "where the client lives or stays", "place"),
    _code("home", Setting, "where home is while in hospital or jail", "place"),
    _number("house", "number", "of the group home lived in; -1 for none", -1, "place"),
    Variable("years_homeless", "years", "lived on the street or in shelters so far"),
    # family and network
    _trait("has_family", "0 or 1", "a family that takes part"),
    _trait("warmth", "0 to 1", "warmth of the family"),
    _trait("criticism_disposition", "0 to 1", "criticism by a family without burden"),
    _trait("involvement_disposition", "0 to 1", "over-involvement of the family as it is by itself"),
    _level("burden", "burden of the family: 0 none, 1 as much as can be borne"),
    _level("criticism", "criticism by the family: 0 none, 1 constant"),
    _level("involvement", "over-involvement of the family"),
    _held("expressed", "0 to 1", "expressed emotion: criticism and over-involvement as they weigh together"),
    _flag("worried", "the family worries and has no answer yet"),
    _day("worried_since", "on which it came to worry", -NEVER),
    _held("tension", "0 to 1", "at home, while the family worries, on the scale of criticism"),
    Variable("respite", "hours a week", "that the family is off"),
    _held("encouragement", "log odds", "of adherence, from those around the person"),
    _level("family_knowledge", "the family's knowledge of the illness"),
    _level("falls_to_family", "need that neither workers, agencies, friends nor the place meet", "held"),
    Variable("invited", "0 or 1", "whether the family gets what the service offers families", start=1.0),
    _held("family_contact", "share", "of full contact hours that are face to face with the family"),
    _level("home_support", "support by family and friends against that of a warm family", "held"),
    _held("informal", "ratio", "help from the informal network, 1 is usual"),
    _held("neighbours", "0 to 1", "mean stress of those in close ties in the same place, less the usual"),
    Variable("tended", "minutes in four weeks", "of work on the person's ties, as they are remembered"),
    _held("network_size", "people", "kin, helpers and fellow clients in the network"),
    _level("activity", "meaningful activity: 0 empty days, 1 a full week of things that matter"),
    _code("work_goal", JobKind, "what the person aims at", "trait"),
    _code("job", JobKind, "work held", "place"),
    _level("legal_case", "an open legal case: 1 just arrested, 0 none"),
    _flag("jail_reached", "the worker is in touch with client and staff in jail"),
    _level("recovery", "recovery as the person rates it"),
    # how the days of the analysis window were, where worth sees them
    Variable("unmet_days", "days", "of unmet need, by how much of all need was unmet"),
    Variable("side_effect_days", "days", "of side effects, by their level and the doses taken"),
    Variable("network_days", "person-days", "of people in the network"),
    # the worker
    _number("worker", "post", "of the case manager; -1 for none", -1, "place"),
    _day("worker_since", "on which the present dyad began"),
    _day("first_worker_day", "on which case management began; never for not yet", -NEVER),
    _day("ended_on", "on which a programme of limited length ended; -1 for not ended", -1),
    _day("lost_on", "of leaving against advice, after which the person is followed; -1 for not lost", -1),
    _number("psychiatrist", "number", "of the psychiatrist; -1 for none", -1, "place"),
    _level("alliance", "alliance with the case manager"),
    Variable("dyad", "0 to 1", "alliance particular to this client and this worker"),
    _level("stance_luck", "how hard the client's template is for this worker to read"),
    _held("best_stance", "0 to 1", "dominance of a worker that answers the client's template best"),
    _held("misfit", "square", "squared misfit of the stance that the worker shows"),
    _held("alliance_ceiling", "0 to 1", "alliance that this dyad can reach"),
    _level("knowledge", "the case manager's knowledge of the client"),
    _level("engagement", "engagement with the service"),
    _level("belief", "need as the worker believes it to be, mean of the need domains"),
    Variable("unsure", "variance", "of what the worker believes of ability in each need domain"),
    _level("believed_upper", "upper limit of stimulation as the worker believes it to be"),
    _level("believed_lower", "lower limit of stimulation as the worker believes it to be"),
    _level("dose", "support that the worker means to give: 0 fewest, 1 most visits"),
    _flag("known_unwell", "the worker knows that the client is unwell"),
    _flag("known_inside", "the worker knows that the client is in hospital"),
    _day("known_discharge", "of the last discharge that the worker knows of", -NEVER),
    _number("missed", "tries", "of the worker in a row that the client did not keep"),
    _day("last_seen", "of the last contact face to face"),
    _day("last_any", "of the last contact of any kind"),
    _day("reported", "of the worker's last report to the psychiatrist", -NEVER),
    _day("since_moved", "of the last move"),
    _number("joint_left", "visits", "that leaver and successor still have to make together"),
    # referral
    _number("pending_agency", "agency", "a referral to which is under way; -1 for none", -1),
    _number("called_agency", "agency", "that needs call for most; -1 for none", kind="held"),
    _number("help_level", "level", "of help with the referral under way: 0, 1 or 2"),
    _number("tried_help", "level", "of help that the last referral had; -1 for none yet", -1),
    _flag("reached", "the last referral led to a link"),
    _number("helped_along", "times", "that a helper went along to an agency instead of a worker"),
    _level("ambivalence", "ambivalence about accepting help: 0 wants it, 1 as much against as for"),
    Variable("spoken_for", "minutes", "of advocacy in the referral under way"),
    _day("prepared_on", "on which the agency was last prepared", -NEVER),
    _day("accompanied_on", "on which the client was last accompanied", -NEVER),
)
"""The clients' columns, each of shape (clients,)."""

CIRCUMSTANCES = ("unmet_days", "side_effect_days", "network_days")
"""Columns of clients that add up over the analysis window, where worth sees more than illness."""

GRIDS: tuple[tuple[Variable, str], ...] = (
    (_level("capability", "capability"), "need domain"),
    (_trait("ceiling", "0 to 1", "capability that can be reached, which nobody sees"), "need domain"),
    (_level("extra_demand", "demand on top of the setting's: physical illness, a legal case", "held"), "need domain"),
    (_level("domain_unmet", "need that no support meets", "held"), "need domain"),
    (_level("able", "what the person can do now, impairment included", "held"), "need domain"),
    (_level("usual_able", "what the person has been able to do over the last months"), "need domain"),
    (_level("believed", "ability as the worker believes it to be"), "need domain"),
    (Variable("aim", "ratio", "of the worker's help that goes to the domain, mean 1", "held"), "need domain"),
    (_level("domain_need", "need: demand beyond capability", "held"), "need domain"),
    (_level("domain_support", "support from all sources", "held"), "need domain"),
    (_flag("links", "linked to the agency", "place"), "agency"),
    (_flag("asks", "waits for a place at the agency", "place"), "agency"),
    (Variable("link_left", "hazard", "that the link still stands"), "agency"),
    (Variable("link_strain", "log ratio", "of the hazard that the link ends, by how it was made"), "agency"),
    (_flag("link_prepared", "agency and client were prepared for the link"), "agency"),
)
"""The clients' grids, each of shape (clients, need domains) or (clients, agencies)."""

POST: tuple[Variable, ...] = (
    _level("skill", "skill of the holder"),
    Variable("exhaustion", "MBI-EE, 0 to 54", "emotional exhaustion of the holder"),
    _trait("disposition", "MBI-EE", "the holder's own level of exhaustion"),
    _trait("dominance", "0 to 1", "how much the holder is disposed to lead"),
    _trait("over_control", "0 to 1", "0 can bear not to act, 1 has to stop the swing at once"),
    Variable("fair", "hazard", "that the holder still stands before giving notice"),
    Variable("shaken", "colleagues", "with ties to the holder who left lately, each counting less with time"),
    Variable("week_load", "ratio", "work that came up this week against time for clients, summed over days"),
    Variable("week_days", "days", "at work this week"),
    Variable("week_crises", "crises", "answered this week"),
    Variable("week_overtime", "minutes", "worked past the end of the day this week"),
    Variable("week_unsocial", "minutes", "worked in the evening, at night or at the weekend this week"),
    Variable("week_away", "workdays", "off this week"),
    Variable("week_supervision", "minutes", "of supervision this week"),
    _number("holder", "ordinal", "the post's n-th holder", kind="place"),
    _number("caseload", "clients", "held", kind="place"),
    _day("hired", "on which the holder began"),
    _number("leaving", "0 or 1", "the holder has given notice"),
    _day("hire_on", "on which the next holder begins"),
    _number("team", "number", "of the team"),
    Variable("filled", "true or false", "there is a holder", "place", "?"),
    Variable("closed", "true or false", "the post is closed", "place", "?"),
)
"""The columns of case managers' posts, each of shape (posts,)."""
