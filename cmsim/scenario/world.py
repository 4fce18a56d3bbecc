"""World: the facts nobody in the community controls."""

from cmsim.components import ALL
from cmsim.core.parameters import Named, Section, choice, param, with_fields
from cmsim.submodels.acute_care import AcuteCare, HomeTreatment
from cmsim.submodels.agency_demand import Agencies
from cmsim.submodels.agency_referral import Referral
from cmsim.submodels.aide_competence import AideWork
from cmsim.submodels.autonomy_conflict import Pendulum
from cmsim.submodels.capability_growth import Growth
from cmsim.submodels.comorbidity import Comorbidity
from cmsim.submodels.contact_time import ContactTime
from cmsim.submodels.crisis import Crisis
from cmsim.submodels.employment import Work
from cmsim.submodels.expectation import Expectation
from cmsim.submodels.family_climate import Family
from cmsim.submodels.feedback_loops import Loops
from cmsim.submodels.handover import Handover
from cmsim.submodels.hassles import Hassles
from cmsim.submodels.home_care import HomeCare
from cmsim.submodels.housing import Housing
from cmsim.submodels.illness import Illness
from cmsim.submodels.informal_ties import HelpByDomain, Network
from cmsim.submodels.inpatient_care import Hospital
from cmsim.submodels.labour_market import Workforce
from cmsim.submodels.meaningful_activity import Activity
from cmsim.submodels.mechanism_switches import Mechanisms
from cmsim.submodels.medication import Medication
from cmsim.submodels.move_planning import Planning
from cmsim.submodels.need_belief import Belief
from cmsim.submodels.personal_recovery import Recovery
from cmsim.submodels.placement import Placement
from cmsim.submodels.plan_conflict import Coordination
from cmsim.submodels.population_traits import Population
from cmsim.submodels.prices import Prices
from cmsim.submodels.psychiatry import Psychiatry
from cmsim.submodels.respite_care import Respite
from cmsim.submodels.stress import Stress
from cmsim.submodels.support_need import Support
from cmsim.submodels.therapeutic_relationship import Relationship
from cmsim.submodels.untreated_illness import Untreated
from cmsim.submodels.visit_safety import Safety
from cmsim.submodels.worker_stance import Stance

_EFFECTS = {part.key: part.parameters for part in sorted(ALL, key=lambda part: part.sampled)}


class ComponentEffects(with_fields(Section, _EFFECTS)):  # type: ignore[misc]
    """What the components of case management do: the parameters of each under its key."""


class Competence(with_fields(Named, {part.key: part.rests_on_skill for part in ALL})):  # type: ignore[misc]
    """Share of a component's effect that rests on skill: 0 anybody can do it, 1 nothing without skill.

    Paraprofessionals can accompany, teach skills and monitor; crisis work and psychotherapy take training.
    """

    usual: float = param(0.55, "0 to 1", 0.4, 0.7, note="skill at which components do what they state")


class World(Section):
    """Facts: people, illness, relations, other services and what else presses on them."""

    warm_up_days: int = choice(365, "days", 180, 730, allowed=(0, 36_500))
    """under the baseline service, and left out of outcomes"""
    population: Population = Population()
    illness: Illness = Illness()
    medication: Medication = Medication()
    support: Support = Support()
    growth: Growth = Growth()
    expectation: Expectation = Expectation()
    placement: Placement = Placement()
    pendulum: Pendulum = Pendulum()
    planning: Planning = Planning()
    stress: Stress = Stress()
    hassles: Hassles = Hassles()
    relationship: Relationship = Relationship()
    stance: Stance = Stance()
    belief: Belief = Belief()
    crisis: Crisis = Crisis()
    acute_care: AcuteCare = AcuteCare()
    home_treatment: HomeTreatment = HomeTreatment()
    home_care: HomeCare = HomeCare()
    untreated: Untreated = Untreated()
    respite: Respite = Respite()
    safety: Safety = Safety()
    hospital: Hospital = Hospital()
    psychiatry: Psychiatry = Psychiatry()
    housing: Housing = Housing()
    agencies: Agencies = Agencies()
    referral: Referral = Referral()
    family: Family = Family()
    network: Network = Network()
    helpers_help: HelpByDomain = HelpByDomain()
    activity: Activity = Activity()
    work: Work = Work()
    comorbidity: Comorbidity = Comorbidity()
    aides: AideWork = AideWork()
    recovery: Recovery = Recovery()
    workforce: Workforce = Workforce()
    handover: Handover = Handover()
    competence: Competence = Competence()
    coordination: Coordination = Coordination()
    prices: Prices = Prices()
    contact_time: ContactTime = ContactTime()
    components: ComponentEffects = ComponentEffects()
    loops: Loops = Loops()
    mechanisms: Mechanisms = Mechanisms()
