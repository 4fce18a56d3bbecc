"""The plan of a study: scenario, then choice and draw, then run; every run with its key, none held in memory.

A *cell* is a scenario at a point of the design; each is run in the same replications, so that all cells have common
random numbers. Cells that may share their warm-up (one parameter set, one baseline) stand together in blocks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cmsim.experiments.study.factors import Factor
from cmsim.experiments.study.retention import Keep, RunLimits
from cmsim.experiments.study.run_key import KEY_BYTES, run_keys

if TYPE_CHECKING:
    from cmsim.scenario import Scenario

Keys = NDArray[np.void]
"""Run keys, each of ``KEY_BYTES`` bytes."""

KEY_TYPE = np.dtype(f"V{KEY_BYTES}")
_TIDY = ("scenario", "choice", "draw")


@dataclass(frozen=True)
class Plan:
    """All runs of a study.

    Attributes:
        version: of the model, and of the run function if it is not the usual one.
        texts: the scenarios before any point of the design, as scenario files that stand alone, by name.
        seed: the master seed, the same in all scenarios.
        factors: levers and uncertainties.
        cells: one row a cell in the order of runs: scenario, choice, draw, the value of each factor, block,
            settings (JSON), digest of all settings. Those of a sensitivity analysis also have ``first``, the
            first replication of each block, and ``perturb``, whether one visit a week takes a minute more,
            as in a placebo run.
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
        for name in (*_TIDY, "digest", *(("first",) if self.analysis else ())):
            code.update(json.dumps([str(value) for value in self.cells[name].to_pylist()]).encode())
        return code.hexdigest()

    @property
    def analysis(self) -> bool:
        """Whether these are the runs of a sensitivity analysis."""
        return "perturb" in self.cells.column_names

    def perturbed(self) -> NDArray[np.bool_]:
        """Return of each cell whether one visit a week takes a minute more."""
        if not self.analysis:
            return np.zeros(self.cells.num_rows, dtype=bool)
        return np.array(self.cells["perturb"].to_pylist(), dtype=bool)

    @cached_property
    def _firsts(self) -> NDArray[np.int64]:
        """The first replication of each block."""
        if not self.analysis:
            return np.full(len(self._blocks) - 1, self.first, dtype=np.int64)
        return np.array(self.cells["first"].to_pylist(), dtype=np.int64)[self._blocks[:-1]]

    @cached_property
    def _blocks(self) -> NDArray[np.int64]:
        """The position of the first cell of each block, then the number of cells."""
        block = np.array(self.cells["block"].to_pylist())  # to_numpy would import pandas
        starts = np.flatnonzero(np.diff(block, prepend=-1))
        return np.append(starts, len(block)).astype(np.int64)

    def cell_order(self) -> NDArray[np.int32]:
        """Return the cell of each run, in the order of runs."""
        parts = [
            np.tile(np.arange(begin, end, dtype=np.int32), self.replications)
            for begin, end in zip(self._blocks[:-1], self._blocks[1:], strict=True)
        ]
        return np.concatenate(parts)

    def replication_order(self) -> NDArray[np.int32]:
        """Return the replication of each run, in the order of runs."""
        numbers = np.arange(self.replications, dtype=np.int32)
        sizes = np.diff(self._blocks)
        return np.concatenate(
            [np.repeat(numbers + np.int32(first), size) for first, size in zip(self._firsts, sizes, strict=True)]
        )

    def unit_order(self) -> NDArray[np.int64]:
        """Return the unit of each run, in the order of runs: a block in one replication. Shards take whole units."""
        sizes = np.repeat(np.diff(self._blocks), self.replications)
        return np.repeat(np.arange(len(sizes)), sizes)

    @cached_property
    def keys(self) -> Keys:
        """The key of each run, in the order of runs."""
        digests = [bytes.fromhex(digest) for digest in self.cells["digest"].to_pylist()]
        parts = bytearray()
        for begin, end, first in zip(self._blocks[:-1], self._blocks[1:], self._firsts.tolist(), strict=True):
            functions = [run_keys(self.version, digest, self.seed) for digest in digests[begin:end]]
            for number in range(first, first + self.replications):
                for key in functions:
                    parts += key(number)
        return np.frombuffer(bytes(parts), dtype=KEY_TYPE)

    @cached_property
    def first_places(self) -> NDArray[np.bool_]:
        """Which runs are the first with their key: the same settings can be reached in two ways, and are one run."""
        found = np.zeros(len(self.keys), dtype=bool)
        found[np.unique(self.keys, return_index=True)[1]] = True
        return found

    def scenario(self, cell: int) -> Scenario:
        """Return the scenario of a cell with everything resolved."""
        from cmsim.experiments.study.factor_parser import changed

        name = self.cells["scenario"][cell].as_py()
        settings = json.loads(self.cells["settings"][cell].as_py())
        return changed(self.scenarios[name], settings, name)


def scenario_from_text(text: str, name: str) -> Scenario:
    """Return a scenario from the text of a scenario file that is based on no other."""
    from cmsim.scenario.loader import parse
    from cmsim.scenario.nested_settings import plain
    from cmsim.scenario.scenario import derive

    return derive(plain(parse(text, name), name), where=name, name=name, source="study")


def in_shard(plan: Plan, shard: tuple[int, int] | None) -> NDArray[np.bool_]:
    """Return which runs belong to shard k of N; all of them without shards."""
    if shard is None:
        return np.ones(plan.runs, dtype=bool)
    k, of = shard
    return np.equal(plan.unit_order() % of, k - 1)
