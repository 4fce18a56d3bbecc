"""World: the facts nobody in the community controls."""

from __future__ import annotations

from cmsim.components.advocacy import Advocacy
from cmsim.components.assessment import Assessment
from cmsim.components.crisis_intervention import CrisisIntervention
from cmsim.components.engagement import Engagement
from cmsim.components.family_consultation import FamilyConsultation
from cmsim.components.linkage import Linkage
from cmsim.components.living_skills import LivingSkills
from cmsim.components.monitoring import Monitoring
from cmsim.components.physician_hospital import PhysicianHospital
from cmsim.components.planning import PlanningWork
from cmsim.components.psychoeducation import Psychoeducation
from cmsim.components.psychotherapy import Psychotherapy
from cmsim.components.social_network import SocialNetwork
from cmsim.evidence import Section, param
from cmsim.rules.activity import Activity
from cmsim.rules.acute_care import AcuteCare, HomeTreatment
from cmsim.rules.agencies import Agencies
from cmsim.rules.aides import AideWork
from cmsim.rules.belief import Belief
from cmsim.rules.comorbidity import Comorbidity
from cmsim.rules.competence import Competence
from cmsim.rules.contact_time import ContactTime
from cmsim.rules.coordination import Coordination
from cmsim.rules.crisis import Crisis
from cmsim.rules.family import Family
from cmsim.rules.growth import Growth
from cmsim.rules.handover import Handover
from cmsim.rules.hassles import Hassles
from cmsim.rules.hospital import Hospital
from cmsim.rules.housing import Housing
from cmsim.rules.illness import Illness
from cmsim.rules.loops import Loops
from cmsim.rules.medication import Medication
from cmsim.rules.money import Prices
from cmsim.rules.network import HelpByDomain, Network
from cmsim.rules.pendulum import Pendulum
from cmsim.rules.placement import Placement
from cmsim.rules.planning import Planning
from cmsim.rules.population import Population
from cmsim.rules.psychiatry import Psychiatry
from cmsim.rules.recovery import Recovery
from cmsim.rules.referral import Referral
from cmsim.rules.relationship import Relationship
from cmsim.rules.respite import Respite
from cmsim.rules.safety import Safety
from cmsim.rules.stance import Stance
from cmsim.rules.stress import Stress
from cmsim.rules.support import Support
from cmsim.rules.work import Work
from cmsim.rules.workforce import Workforce


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
        "lived under the baseline and left out of outcomes",
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
