"""World: the facts nobody in the community controls."""

from __future__ import annotations

from cmsim.components.advocacy import Advocacy
from cmsim.components.assessment import Assessment
from cmsim.components.care_planning import PlanningWork
from cmsim.components.crisis_intervention import CrisisIntervention
from cmsim.components.engagement import Engagement
from cmsim.components.family_consultation import FamilyConsultation
from cmsim.components.linkage import Linkage
from cmsim.components.living_skills import LivingSkills
from cmsim.components.monitoring import Monitoring
from cmsim.components.physician_hospital import PhysicianHospital
from cmsim.components.psychoeducation import Psychoeducation
from cmsim.components.psychotherapy import Psychotherapy
from cmsim.components.social_network import SocialNetwork
from cmsim.core.parameters import Section, param
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
from cmsim.submodels.family_climate import Family
from cmsim.submodels.feedback_loops import Loops
from cmsim.submodels.handover import Handover
from cmsim.submodels.hassles import Hassles
from cmsim.submodels.housing import Housing
from cmsim.submodels.illness import Illness
from cmsim.submodels.informal_ties import HelpByDomain, Network
from cmsim.submodels.inpatient_care import Hospital
from cmsim.submodels.labour_market import Workforce
from cmsim.submodels.meaningful_activity import Activity
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
from cmsim.submodels.skill_effect import Competence
from cmsim.submodels.stress import Stress
from cmsim.submodels.support_need import Support
from cmsim.submodels.therapeutic_relationship import Relationship
from cmsim.submodels.visit_safety import Safety
from cmsim.submodels.worker_stance import Stance


class ComponentEffects(Section):
    """What the components of case management do; those without effect yet have no parameters."""

    engagement: Engagement = Engagement()
    assessment: Assessment = Assessment()
    planning: PlanningWork = PlanningWork()
    linkage: Linkage = Linkage()
    family_consultation: FamilyConsultation = FamilyConsultation()
    social_network: SocialNetwork = SocialNetwork()
    advocacy: Advocacy = Advocacy()
    physician_hospital: PhysicianHospital = PhysicianHospital()
    living_skills: LivingSkills = LivingSkills()
    crisis_intervention: CrisisIntervention = CrisisIntervention()
    monitoring: Monitoring = Monitoring()
    psychotherapy: Psychotherapy = Psychotherapy()
    psychoeducation: Psychoeducation = Psychoeducation()

    def by_component(self) -> dict[str, Section]:
        """Return the parameters by the name of the component."""
        return {
            "engagement": self.engagement,
            "assessment": self.assessment,
            "planning": self.planning,
            "linkage": self.linkage,
            "family consultation": self.family_consultation,
            "social network": self.social_network,
            "advocacy": self.advocacy,
            "physician and hospital": self.physician_hospital,
            "living skills": self.living_skills,
            "crisis intervention": self.crisis_intervention,
            "monitoring": self.monitoring,
            "psychotherapy": self.psychotherapy,
            "psychoeducation": self.psychoeducation,
        }


class World(Section):
    """Facts: people, illness, relations, other services and what else presses on them."""

    warm_up_days: int = param(
        365,
        "days",
        180,
        730,
        "choice",
        "under the baseline service, and left out of outcomes",
        allowed=(0, 36_500),
    )
    population: Population = Population()
    illness: Illness = Illness()
    medication: Medication = Medication()
    support: Support = Support()
    growth: Growth = Growth()
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
