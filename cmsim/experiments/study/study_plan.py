"""The plan of a study: one table of cells, in blocks; from it all runs in order, each with its key.

A *cell* is a scenario at a point of the design; each is run in the same replications, so that all cells have common
random numbers. Cells that may share their warm-up (one parameter set, one baseline) stand together in blocks.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.factors import Factor, apply_settings
from cmsim.experiments.study.run_key import KEY_BYTES, run_keys
from cmsim.experiments.study.study_file import Keep, RunLimits
from cmsim.scenario import Scenario
from cmsim.scenario.loader import parse
from cmsim.scenario.nested_settings import plain, show
from cmsim.scenario.scenario import derive

LABELS = ("scenario", "choice", "draw")
"""The columns that tell which cell it is."""
_WHOLE = ("choice", "draw", "block", "first")


class RunOrder(NamedTuple):
    """The runs of a plan in order: for each its cell, its replication, and its unit, a block in one replication."""

    cell: NDArray[np.int32]
    replication: NDArray[np.int32]
    unit: NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """All runs of a study.

    Attributes:
        version: of the model, and of the run function if it is not the usual one.
        texts: the scenarios before any point of the design, as scenario files that stand alone, by name.
        seed: the master seed, the same in all scenarios.
        factors: levers and uncertainties.
        cells: one row a cell, blocks one after another, as :func:`cell_table` makes it.
        first: number of the first replication.
        replications: replications of each cell.
        keep: what is kept of a run.
        limits: what a run may take.
        title: what tables and figures call the study.
        question: what it is to answer.
    """

    version: Mapping[str, str]
    texts: Mapping[str, str]
    seed: int
    factors: Sequence[Factor]
    cells: pa.Table
    first: int
    replications: int
    keep: Keep
    limits: RunLimits
    title: str = ""
    question: str = ""

    @cached_property
    def scenarios(self) -> dict[str, Scenario]:
        """The scenarios before any point of the design, by name."""
        return {name: scenario_from_text(text, name) for name, text in self.texts.items()}

    @property
    def runs(self) -> int:
        """Number of runs planned; cells that come to the same settings count as often as they are named."""
        return len(self.cells) * self.replications

    @cached_property
    def digest(self) -> str:
        """A code of the version, the cells and the replications: the same for plans with the same runs."""
        code = hashlib.blake2b(json.dumps(dict(self.version), sort_keys=True).encode(), digest_size=KEY_BYTES)
        code.update(f"{self.first} {self.replications}".encode())
        for name in (*LABELS, "digest", *(("first",) if self.is_analysis else ())):
            code.update(json.dumps([str(value) for value in self.cells[name].to_pylist()]).encode())
        return code.hexdigest()

    @property
    def is_analysis(self) -> bool:
        """Whether these are the runs of a sensitivity analysis."""
        return "perturb" in self.cells.column_names

    def column(self, name: str, otherwise: int = 0) -> NDArray[np.int64]:
        """Return a column of whole numbers or truth values of the cells; all alike if they have none of that name."""
        if name not in self.cells.column_names:
            return np.full(len(self.cells), otherwise)
        return np.array(self.cells[name].to_pylist(), dtype=np.int64)  # to_numpy would import pandas

    @cached_property
    def order(self) -> RunOrder:
        """The runs in order: block by block, in each one replication after another, in that one cell by cell."""
        count = self.replications
        cell = np.repeat(np.arange(len(self.cells), dtype=np.int32), count)
        number = np.tile(np.arange(count, dtype=np.int32), len(self.cells))
        unit = self.column("block")[cell] * count + number
        order = np.argsort(unit, kind="stable")
        replication = number + self.column("first", self.first).astype(np.int32)[cell]
        return RunOrder(cell[order], replication[order], unit[order])

    @cached_property
    def keys(self) -> NDArray[np.void]:
        """The key of each run, of ``KEY_BYTES`` bytes, in the order of runs."""
        digests = self.cells["digest"].to_pylist()
        key_of = [run_keys(self.version, bytes.fromhex(digest), self.seed) for digest in digests]
        pairs = zip(self.order.cell.tolist(), self.order.replication.tolist(), strict=True)
        return np.frombuffer(b"".join(key_of[cell](number) for cell, number in pairs), dtype=f"V{KEY_BYTES}")

    @cached_property
    def first_places(self) -> NDArray[np.bool_]:
        """Which runs are the first with their key: the same settings can be reached in two ways, and are one run."""
        found = np.zeros(len(self.keys), dtype=bool)
        found[np.unique(self.keys, return_index=True)[1]] = True
        return found

    def in_shard(self, shard: tuple[int, int] | None) -> NDArray[np.bool_]:
        """Return which runs belong to shard k of N, which takes whole units; all of them without shards.

        Raises:
            CmsimError: there is no such shard.
        """
        k, of = shard or (1, 1)
        if not 1 <= k <= of:
            raise CmsimError(f"shard: given {k}/{of}; allowed: k/N with k from 1 to N")
        return np.equal(self.order.unit % of, k - 1)

    def scenario(self, cell: int) -> Scenario:
        """Return the scenario of a cell with everything resolved."""
        name, settings = (self.cells[column][cell].as_py() for column in ("scenario", "settings"))
        return apply_settings(self.scenarios[name], json.loads(settings), name)


def cell_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Return the cells of a plan as a table.

    Args:
        rows: one a cell: ``scenario``, ``choice``, ``draw``, the value of each factor, ``block`` (from 0 on),
            ``settings`` (those changed, as JSON), ``digest`` (of all settings). Those of a sensitivity analysis also
            have ``first``, the first replication of the block, and ``perturb``, whether one visit a week takes a
            minute more, as in a placebo run.
    """
    return pa.table({name: _cell_column(name, [row[name] for row in rows]) for name in rows[0]})


def _cell_column(name: str, values: Sequence[object]) -> pa.Array:
    """Return values as a column of one type: words if they are not all alike."""
    if name in _WHOLE:
        return pa.array(values, pa.int32())
    stated = {type(value) for value in values if value is not None}
    if stated in ({bool}, {int}, {float}, {int, float}):
        return pa.array(values, pa.float64() if float in stated else None)
    words = [value if value is None or isinstance(value, str) else show(value) for value in values]
    return pa.array(words, pa.string())


def scenario_from_text(text: str, name: str) -> Scenario:
    """Return a scenario from the text of a scenario file that is based on no other."""
    return derive(plain(parse(text, name), name), where=name, name=name, source="study")
