"""The people and organisations: Mesa agents whose slow state stands in columns and whose methods decide."""

from __future__ import annotations

from cmsim.agents.agency import Agency
from cmsim.agents.aide import Aide
from cmsim.agents.case_manager import CaseManager
from cmsim.agents.client import Client
from cmsim.agents.family import Family
from cmsim.agents.helper import Helper
from cmsim.agents.hospital import Hospital
from cmsim.agents.psychiatrist import Psychiatrist
from cmsim.agents.supervisor import Supervisor

__all__ = [
    "Agency",
    "Aide",
    "CaseManager",
    "Client",
    "Family",
    "Helper",
    "Hospital",
    "Psychiatrist",
    "Supervisor",
]
