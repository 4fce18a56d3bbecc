"""Where compiled code is kept: nothing is run that is damaged, or that somebody else might have put there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cmsim.core import compilation


def doubled(number):
    return 2.0 * number


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """An empty folder for compiled code."""
    monkeypatch.setenv("CMSIM_CACHE", str(tmp_path))
    compilation.folder.cache_clear()
    yield Path(compilation.folder())
    compilation.folder.cache_clear()


def is_compiled():
    """Compile a kernel or take what is kept of it; whether it had to be compiled."""
    kernel = compilation.kernel(doubled)
    assert kernel(1.5) == 3.0
    return bool(kernel.stats.cache_misses)


@pytest.mark.parametrize("end", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage",
    {
        "emptied": lambda content: b"",
        "cut": lambda content: content[: len(content) // 2],
        "without its end": lambda content: content[:-1],
        "flipped": lambda content: content[:-40] + bytes([content[-40] ^ 4]) + content[-39:],
        "another file": lambda content: b"no compiled code",
    }.values(),
    ids=["emptied", "cut", "without its end", "flipped", "another file"],
)
def test_damaged_code_is_compiled_anew(kept, end, damage):
    assert is_compiled()
    assert not is_compiled()
    (file,) = kept.rglob(f"*.{end}")
    file.write_bytes(damage(file.read_bytes()))
    assert is_compiled()
    assert not is_compiled()


@pytest.mark.skipif(os.name != "posix", reason="needs modes of files")
@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_folder_that_others_may_write_is_not_used(kept, mode):
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    kept.chmod(mode)
    compilation.folder.cache_clear()
    assert compilation.folder() is None
    assert is_compiled()
    assert is_compiled()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs to give a folder away")
def test_a_folder_of_somebody_else_is_not_used(kept):
    os.chown(kept, 54321, -1)
    compilation.folder.cache_clear()
    assert compilation.folder() is None


def test_a_link_in_place_of_the_folder_is_not_followed(kept):
    kept.rename(kept.with_name("elsewhere"))
    kept.symlink_to(kept.with_name("elsewhere"))
    compilation.folder.cache_clear()
    assert compilation.folder() is None


def test_compiling_that_is_switched_off_is_refused_in_a_sentence():
    program = "import cmsim.core.compilation"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True
    )
    assert "CmsimError: NUMBA_DISABLE_JIT: given 1; allowed: 0 or unset" in done.stderr


COLD = """
import resource
import cmsim
small = {"world.population.clients": 20, "world.warm_up_days": 10, "run.days": 10}
cmsim.repeat(cmsim.load_scenario("usual_care").replace(small), 4, workers=2)
for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    print(resource.getrusage(whose).ru_utime)
"""


@pytest.mark.system
def test_what_must_be_compiled_is_compiled_once_before_workers_start(tmp_path):
    surroundings = {**os.environ, "CMSIM_CACHE": str(tmp_path), "LOKY_MAX_CPU_COUNT": "2"}
    done = subprocess.run([sys.executable, "-c", COLD], env=surroundings, capture_output=True, text=True, check=True)
    mine, theirs = map(float, done.stdout.split())
    # two workers that compile take twice as long as this process
    assert theirs < mine
