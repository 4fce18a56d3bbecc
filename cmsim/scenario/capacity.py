"""Whether what an agency has is enough for the people whom it is for, and others who use it."""

import math
from collections.abc import Iterator

from cmsim.core.simtime import HOUR, WEEK_DAYS
from cmsim.scenario.scenario import Scenario
from cmsim.scenario.service import Service


def capacity_warnings(scenario: Scenario) -> Iterator[str]:
    """Yield where what the agency has does not fit the people whom it is for, others who use it included."""
    baseline = scenario.service_on(0)
    yield from _residence_warnings(scenario, baseline)
    yield from _bed_warnings(scenario, baseline)
    told: set[str] = set()
    for day, service in scenario.timeline():
        for warning in (*_caseload_warnings(scenario, service), *_review_warnings(scenario, service)):
            if warning not in told:
                yield f"From day {day}: {warning}"
            told.add(warning)


def _caseload_warnings(scenario: Scenario, service: Service) -> Iterator[str]:
    clients, posts, caseload = scenario.world.population.clients, service.staff.case_managers, service.caseload
    if caseload.closure == "clients_fixed":
        return
    room = posts * math.ceil(caseload.most_at_start())
    if clients > room:
        yield (
            f"{posts} posts with up to {caseload.size} clients each, stretched by {caseload.stretch:g}, have room for "
            f"{room} of the {clients} clients at the start; {clients - room} have no case manager "
            "(staff.case_managers, caseload.size, world.population.clients)."
        )


def _residence_warnings(scenario: Scenario, service: Service) -> Iterator[str]:
    people, places = scenario.world.population, service.agencies.housing
    share, held = people.group_home + people.supervised_flat, scenario.world.agencies.outside_held
    living, free = round(people.clients * share), places - round(places * held)
    if living > free:
        yield (
            f"{living} clients ({share:.0%} of {people.clients}) live in group homes and supervised flats at the "
            f"start, but others hold {places - free} of {places} places: for {free} state shares of together "
            f"{free / max(people.clients, 1):.3f} (world.population.group_home and supervised_flat, agencies.housing, "
            "world.agencies.outside_held)."
        )


def _bed_warnings(scenario: Scenario, service: Service) -> Iterator[str]:
    people, beds, outside = scenario.world.population, service.hospital.beds, scenario.world.hospital.outside_occupancy
    own, others = people.clients * people.inpatient, outside * service.hospital.beds
    if beds and own + others > beds:
        yield (
            f"other people's demand alone would fill {others:.1f} of {beds} beds and {own:.1f} clients are in hospital "
            f"at the start, which is more than there are. {outside:g} is the demand of others, not the occupancy: of "
            f"beds occupied to 90%, clients included, others have {max(0.9 - own / beds, 0.0):.2f} "
            "(world.hospital.outside_occupancy, hospital.beds, world.population.inpatient)."
        )


def _review_warnings(scenario: Scenario, service: Service) -> Iterator[str]:
    staff, p = service.staff, scenario.world.psychiatry
    hours = staff.psychiatrists * staff.psychiatrist_hours * (1.0 - staff.psychiatrist_elsewhere) * (1.0 - p.weeks_away)
    wanted = scenario.world.population.clients * WEEK_DAYS / p.review_days
    needed = wanted * scenario.world.contact_time.review / HOUR
    if needed > hours:
        yield (
            f"{wanted:.0f} reviews a week take {needed:.0f} hours, and psychiatrists are in clinic for {hours:.0f}, "
            f"others who ask for {p.outside_share:.0%} of these not counted (staff.psychiatrists, "
            "staff.psychiatrist_hours, world.psychiatry.review_days)."
        )
