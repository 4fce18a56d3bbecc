"""What a list of referrals and monthly counts say of an agency: settings and observed figures, each with its source."""

import math
import textwrap
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from scipy.stats import CensoredData, ecdf

from cmsim.core.simtime import MONTHS_PER_YEAR, YEAR_DAYS
from cmsim.scenario.count_table import Counts
from cmsim.scenario.referral_list import Referral, ReferralList

FEWEST = 20
"""Clients, admissions or referrals from which a number is worked out."""
_RECENT = 90
"""Days of referrals that are counted where closed ones are not in the list."""
_UNSEEN = 30
_FULL_CASELOADS = 0.9
"""Share of caseloads that are no larger than the size, where nobody waits."""
_COMMENT_WIDTH = 110


@dataclass(frozen=True)
class Estimate:
    """A number of the scenario.

    Attributes:
        key: dotted; below ``observed`` the name of an outcome.
        value: of a setting, or of an outcome as observed.
        source: from what it was worked out.
        assumed: what it takes for granted, and what stays as it was.
        n: of an observed figure, of how many it was counted.
        ends: of an observed figure, the ends of its range.
    """

    key: str
    value: int | float
    source: str
    assumed: str = ""
    n: int | None = None
    ends: tuple[float, float] | None = None

    @property
    def stated(self) -> str:
        """The value as a scenario file states it."""
        low, high = self.ends or (None, None)
        table = {"value": self.value, "low": low, "high": high, "n": self.n}
        known = {name: _rounded(value) for name, value in table.items() if value is not None}
        words = [f"{name} = {value}" for name, value in known.items()]
        return f"{{ {', '.join(words)} }}" if len(words) > 1 else str(known["value"])


def _rounded(value: int | float) -> int | float:
    """Return a number with four digits that count."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


def estimate_agency(
    found: ReferralList, counts: Counts | None, posts: dict[str, int | float], why: str
) -> tuple[list[Estimate], list[str]]:
    """Return what is known of an agency, and in sentences what could not be worked out.

    Args:
        found: its referrals.
        counts: its monthly counts, if there are any; where both say something, these hold.
        posts: settings of ``agency.staff`` from a staff list, in place of the workers of the referrals.
        why: how these were derived.
    """
    listed = _Listed(found)
    estimates = [*listed.population(), *listed.arrivals(counts), *listed.mix()]
    told = " ".join(why.split())
    estimates += [
        Estimate(f"agency.staff.{name}", value, "as above" if i else told)
        for i, (name, value) in enumerate(posts.items())
    ]
    estimates += listed.workers(with_posts=not posts)
    observed = {each.key: each for each in listed.observed()}
    if counts is not None:
        observed |= {
            f"observed.{name}": Estimate(f"observed.{name}", value, f"{counts.name}, {said}", n=n)
            for name, value, n, said in counts.observed()
        }
    return [*estimates, *observed.values()], listed.left_open


class _Listed:
    """A list of referrals, from which numbers are worked out; ``left_open`` says which could not be."""

    def __init__(self, found: ReferralList) -> None:
        self.list = found
        self.left_open: list[str] = []
        self.open = [row for row in found.rows if row.closed is None]
        has_workers = "worker" in found.columns
        self.served = [row for row in self.open if row.worker] if has_workers else self.open
        self.waiting = len(self.open) - len(self.served)
        closed = [row.closed for row in found.rows if row.closed is not None]
        self.closed_since = min(closed) if closed else None

    def _said(self, columns: Sequence[str], what: str) -> str:
        """Return a source: the file, the columns as it calls them, and what was counted."""
        names = " and ".join(self.list.columns[column] for column in columns)
        return f"{self.list.name}, column{'s' * (len(columns) > 1)} {names}: {what}"

    def population(self) -> Iterator[Estimate]:
        """Yield how many clients there are, and how many wait."""
        rows = f"{len(self.open)} open rows of {len(self.list.rows)}, on {self.list.day}"
        ages = "Assumed: age, home, family, illness and needs of clients"
        if "worker" not in self.list.columns:
            self.left_open.append("No column worker: caseloads and the share of clients who wait stay as they are.")
            yield Estimate("world.population.clients", len(self.open), f"{self.list.name}: {rows}", ages)
            return
        yield Estimate(
            "world.population.clients",
            len(self.served),
            self._said(["worker"], f"{len(self.served)} with a worker, of {rows}"),
            ages,
        )
        yield Estimate(
            "world.population.waiting_share",
            self.waiting / max(len(self.served), 1),
            self._said(["worker"], f"{self.waiting} open rows without a worker, for {len(self.served)} with one"),
            "Assumed: who has no worker waits for one",
        )

    def arrivals(self, counts: Counts | None) -> Iterator[Estimate]:
        """Yield new referrals a year for each client: as counted, else as listed."""
        key, clients = "world.population.referrals", max(len(self.served), 1)
        assumed = "Assumed: as many in every month, and new clients like those there are"
        if counts is not None and (months := counts.known("referrals")):
            total = math.fsum(value for (value,) in months)
            said = (
                f"{counts.name}, column {counts.heads['referrals']}: {total:g} in {len(months)} months, {counts.span}"
            )
            yield Estimate(key, total / len(months) * MONTHS_PER_YEAR / clients, said, assumed)
            return
        day, since = self.list.day, self.closed_since
        days = min(YEAR_DAYS, (day - since).days) if since else 0
        only_open = days < _RECENT
        days = _RECENT if only_open else days
        came = sum(row.referred is not None and row.referred > day - timedelta(days) for row in self.list.rows)
        said = self._said(["referred"], f"{came} of {len(self.list.rows)} rows in the {days} days to {day}")
        if only_open:
            assumed = "A lower bound: who came and has left already is not in the list. " + assumed
        if came:
            yield Estimate(key, came * YEAR_DAYS / days / clients, said, assumed)
        else:
            self.left_open.append(f"Nobody was referred in the {days} days to {day}: referrals stay as they are.")

    def mix(self) -> Iterator[Estimate]:
        """Yield the shares of the groups of clients."""
        groups = Counter(row.group for row in self.open if row.group)
        known = groups.total()
        if known < FEWEST:
            self.left_open.append(
                f"The group is known of {known} open rows, fewer than {FEWEST}: the mix stays as it is."
            )
            return
        others = f"{groups['other']} other, of {known} open rows"
        for group in ("schizophrenia", "bipolar"):
            said = self._said(["group"], f"{groups[group]} {group} and {others}")
            yield Estimate(
                f"world.population.{group}", groups[group] / known, said, "Assumed: the course of each group"
            )

    def workers(self, *, with_posts: bool) -> Iterator[Estimate]:
        """Yield the number of case managers, and how many clients each may have."""
        caseloads = sorted(Counter(row.worker for row in self.served if row.worker).values())
        if not caseloads:
            return
        told = f"{len(caseloads)} workers have {caseloads[0]} to {caseloads[-1]} clients, mean {np.mean(caseloads):.1f}"
        said = self._said(["worker"], f"{told} ({', '.join(map(str, caseloads))})")
        yield Estimate(
            "observed.caseload",
            float(np.mean(caseloads)),
            said,
            "Assumed: each worker is a full post",
            n=len(caseloads),
        )
        if with_posts:
            posts = "Assumed: each is a full post, and no post is vacant (--staff-list takes hours and other roles)"
            yield Estimate("agency.staff.case_managers", len(caseloads), said, posts)
        if self.waiting:
            size, why = np.mean(caseloads), "the mean, since clients wait and so workers are full"
        else:
            size, why = np.quantile(caseloads, _FULL_CASELOADS), f"{_FULL_CASELOADS:.0%} have no more, and nobody waits"
        yield Estimate(
            "agency.caseload.size",
            math.ceil(size),
            f"{said}: {why}",
            "Assumed: all have the same size, and nobody a team",
        )

    def observed(self) -> Iterator[Estimate]:
        """Yield outcomes as the list shows them."""
        for column, outcome in (("contacts", "served_contacts"), ("admissions", "served_admissions")):
            yield from self._rate(column, outcome)
        of_year = [row for row in self.list.rows if self._days(row)]
        stays = [row for row in of_year if row.admissions is not None and row.bed_days is not None]
        admissions = sum(row.admissions or 0.0 for row in stays)
        if admissions:
            days = sum(row.bed_days or 0.0 for row in stays)
            said = self._said(
                ["bed_days", "admissions"], f"{days:g} days for {admissions:g} admissions, {len(stays)} rows"
            )
            assumed = "Assumed: stays that began before the year make up for those that are not over"
            yield Estimate("observed.stay", days / admissions, said, assumed, n=round(admissions))
        if "last_contact" in self.list.columns and self.open:
            seen = self.list.day - timedelta(_UNSEEN)
            unseen = sum(row.last_contact is None or row.last_contact < seen for row in self.open)
            said = self._said(["last_contact"], f"{unseen} of {len(self.open)} open rows before {seen}, or none")
            assumed = "On one day; the model's is a mean over days"
            yield Estimate("observed.out_of_contact_30", unseen / len(self.open), said, assumed, n=len(self.open))
        if "worker" in self.list.columns:
            said = self._said(["worker"], f"{self.waiting} open rows without a worker, on {self.list.day}")
            yield Estimate("observed.waiting", self.waiting, said, "Of one day; the model's is a mean over days")
        yield from self._stays()

    def _days(self, row: Referral) -> int:
        """Return the days with the service in the last 12 months; 0 if it is not known when they began."""
        begin = self.list.day - timedelta(YEAR_DAYS)
        return 0 if row.referred is None else max(((row.closed or self.list.day) - max(row.referred, begin)).days, 0)

    def _rate(self, column: str, outcome: str) -> Iterator[Estimate]:
        """Yield counts of the last 12 months for each year with the service."""
        counted = total = 0.0
        rows = 0
        for row in self.list.rows:
            value: float | None = getattr(row, column)
            days = self._days(row)
            if value is not None and days > 0:
                counted, total, rows = counted + days, total + value, rows + 1
        if rows < FEWEST:
            if column in self.list.columns:
                self.left_open.append(f"{self.list.columns[column]} is known of {rows} rows, fewer than {FEWEST}.")
            return
        years = counted / YEAR_DAYS
        said = self._said(
            [column, "referred"], f"{total:g} in {years:.1f} years with the service in 12 months, {rows} rows"
        )
        left_out = (
            "Assumed: the list counts what was held in person or by phone, by anybody" if column == "contacts" else ""
        )
        if self.closed_since is None:
            left_out = "Of open referrals only: who has left is not in the list"
        yield Estimate(f"observed.{outcome}", total / years, said, left_out, n=rows)

    def _stays(self) -> Iterator[Estimate]:
        """Yield the share still with the service a year after referral: Kaplan-Meier, open stays censored."""
        day, since = self.list.day, self.closed_since
        if since is None:
            self.left_open.append(
                "No closed referrals in the list: how long clients stay is not known. Add those closed in the last two "
                "years, with their date in a column closed."
            )
            return
        began: list[Referral] = [row for row in self.list.rows if row.referred is not None and row.referred >= since]
        ended = [(row.closed - row.referred).days for row in began if row.closed and row.referred]
        going_on = [(day - row.referred).days for row in began if row.closed is None and row.referred]
        if len(began) < FEWEST or (day - since).days <= YEAR_DAYS or not ended:
            self.left_open.append(
                f"Since {since}, the first day with a closed referral, {len(began)} clients were referred and "
                f"{len(ended)} of them left: too few or too short a time to say who stays for a year (at least "
                f"{FEWEST} clients)."
            )
            return
        curve = ecdf(CensoredData(uncensored=ended, right=going_on)).sf
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # where nobody has left yet there is no interval
            interval = curve.confidence_interval(method="log-log")
        year = np.array([float(YEAR_DAYS)])
        curves = curve, interval.low, interval.high
        share, low, high = (float(each.evaluate(year)[0]) for each in curves)  # type: ignore[union-attr]
        over = curve.quantiles[curve.probabilities <= 0.5]
        half = f"half leave within {over[0]:.0f} days" if len(over) else "fewer than half leave in that time"
        said = self._said(
            ["referred", "closed"],
            f"Kaplan-Meier over {len(began)} clients referred since {since}: {len(ended)} left, {len(going_on)} stays "
            f"are open and censored; {half}",
        )
        ends = (low, high) if math.isfinite(low) and math.isfinite(high) else None
        assumed = f"Assumed: all who left since {since} are in the list. Why and when clients leave stays as it is"
        yield Estimate("observed.retained_365", share, said, assumed, ends=ends)


def agency_lines(estimates: Iterable[Estimate]) -> Iterator[str]:
    """Yield the tables of a scenario file that state what was worked out, each number below its source."""
    by_table: dict[str, list[Estimate]] = {}
    for each in estimates:
        by_table.setdefault(each.key.rpartition(".")[0], []).append(each)
    for table in sorted(by_table, key=lambda table: (table == "observed", table.split(".")[0] == "agency")):
        yield from ("", f"[{table}]")
        for each in by_table[table]:
            told = f"{each.source}. {each.assumed}".rstrip(". ") + "."
            yield from (f"# {line}" for line in textwrap.wrap(told, _COMMENT_WIDTH))
            yield f"{each.key.rpartition('.')[2]} = {each.stated}"
