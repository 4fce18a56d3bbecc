"""What compiled loops of the day read: the world's numbers, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from cmsim.core import sampling
from cmsim.core.compilation import compilable, numbers
from cmsim.core.simtime import AFTER_WEEKEND, WEEK_DAYS
from cmsim.schema.codes import INSTITUTIONS, AgencyKind, Domain, Phase, Setting
from cmsim.submodels import (
    agency_referral,
    autonomy_conflict,
    capability_growth,
    comorbidity,
    contact_time,
    crisis,
    employment,
    expectation,
    family_climate,
    handover,
    housing,
    illness,
    informal_ties,
    labour_market,
    meaningful_activity,
    medication,
    move_planning,
    need_belief,
    personal_recovery,
    placement,
    plan_conflict,
    stress,
    support_need,
    therapeutic_relationship,
    untreated_illness,
    worker_stance,
)

if TYPE_CHECKING:
    from cmsim.model.state.records import FactRows

if TYPE_CHECKING:
    from cmsim.scenario.world import World

compilable(
    meaningful_activity,
    need_belief,
    sampling,
    comorbidity,
    contact_time,
    plan_conflict,
    crisis,
    family_climate,
    capability_growth,
    handover,
    housing,
    illness,
    medication,
    informal_ties,
    autonomy_conflict,
    placement,
    move_planning,
    personal_recovery,
    agency_referral,
    therapeutic_relationship,
    worker_stance,
    stress,
    support_need,
    untreated_illness,
    employment,
    expectation,
    labour_market,
)

SECTIONS = (
    "population illness medication support growth expectation placement pendulum planning stress hassles relationship "
    "stance belief crisis untreated respite housing referral family network activity work comorbidity handover "
    "recovery coordination contact_time workforce loops mechanisms"
).split()
"""Sections of the world that loops over clients and over posts read."""

FACTS = np.dtype(
    [
        ("demand", "f8", (len(Setting), len(Domain))),  # what a setting asks in each domain
        ("outside", "f8", (len(Setting),)),  # 1 outside hospital and jail
        ("family_home", "f8", (len(Setting),)),  # 1 where the family lives
        ("given", "f8", (len(Setting),)),  # support that a setting gives
        ("stimulation", "f8", (len(Setting),)),
        ("structure", "f8", (len(Setting),)),
        ("able_in_phase", "f8", (len(Phase),)),  # share of capability that a phase leaves
        ("link_support", "f8", (len(AgencyKind), len(Domain))),  # support by an agency in each domain
        ("informal", "f8", (len(Domain),)),  # informal help in a domain against the mean
        ("main_domain", "i8", (len(AgencyKind),)),  # domain in which an agency helps most
    ],
    align=True,
)

WEEK = np.dtype([("refers", "f8"), ("starts_gap", "f8"), ("move_out_from", "f8")], align=True)
"""What the service lays down for the week: referrals a year, unmet need from which one is begun, burden from
which a family is helped to live apart."""


@dataclass(frozen=True, slots=True)
class KernelInputs:
    """What compiled loops read beside the records, worked out once a run.

    Attributes:
        figures: numbers of the parameter set by section, an array of one record.
        facts: what follows from them by setting, phase, domain and agency, an array of one record of ``FACTS``.
        independence: of each setting, shape (settings,).
        kept: share that a day leaves of how recent a discharge is, and of having settled after a crisis.
        workdays: of each day, the day itself or the first working day after it, shape (days,).
    """

    figures: Sequence[World]
    facts: FactRows
    independence: NDArray[np.float64]
    kept: NDArray[np.float64]
    workdays: NDArray[np.int64]


def kernel_inputs(world: World, days: int) -> KernelInputs:
    """Work out what compiled loops read.

    Args:
        world: the parameter set.
        days: length of the run; contacts may be planned for some decades after it.
    """
    calendar = np.arange(days + 20_000)
    fading = (world.illness.recency_days, world.crisis.settled_days)
    return KernelInputs(
        figures=_figures(world),
        facts=_facts(world),
        independence=np.array(_listed(world.placement.independence)),
        kept=np.array([math.exp(-1.0 / constant) for constant in fading]),
        workdays=calendar + np.array(AFTER_WEEKEND)[calendar % WEEK_DAYS],
    )


def _figures(world: World) -> Sequence[World]:
    """Return the numbers of the world that loops over clients and posts read, by section."""
    return cast("Sequence[World]", numbers(**{name: getattr(world, name) for name in SECTIONS}))


def _facts(world: World) -> FactRows:
    """Return what follows from the world by setting, phase, need domain and agency."""
    found = np.zeros(1, FACTS)
    (row,) = found
    s = world.support
    row["demand"] = np.outer(_listed(s.setting_demand), _listed(s.demand))
    row["outside"] = [setting not in INSTITUTIONS for setting in Setting]
    row["family_home"] = np.arange(len(Setting)) == Setting.FAMILY_HOME
    row["given"], row["stimulation"] = _listed(s.setting_support), _listed(s.stimulation)
    row["structure"] = _listed(world.placement.structure)
    row["able_in_phase"] = 1.0 - support_need.impairment(s, np.arange(len(Phase)))
    row["link_support"] = world.agencies.domain_support()
    row["informal"] = _listed(world.helpers_help)
    row["main_domain"] = world.agencies.domain_support().argmax(axis=1)
    return cast("FactRows", found)


def _listed(section: BaseModel) -> list[float]:
    return list(section.model_dump().values())
