"""The people and organisations: Mesa agents whose slow state stands in columns and whose methods decide."""

from cmsim.model.agents.agency import Agency
from cmsim.model.agents.aide import Aide
from cmsim.model.agents.case_manager import CaseManager
from cmsim.model.agents.client import Client
from cmsim.model.agents.family import Family
from cmsim.model.agents.hospital import Hospital
from cmsim.model.agents.informal_helper import Helper
from cmsim.model.agents.psychiatrist import Psychiatrist
from cmsim.model.agents.supervisor import Supervisor

__all__ = ["Agency", "Aide", "CaseManager", "Client", "Family", "Helper", "Hospital", "Psychiatrist", "Supervisor"]
