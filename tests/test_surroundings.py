"""The command line in odd surroundings: status 0 or 2, one clear message or none, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
COMMAND = f"'{sys.executable}' -m cmsim"
DAYS = "--set world.population.clients=20 --set world.warm_up_days=35 --days 30 --set service.staff.case_managers=2"
SMALL = f"{DAYS} --set baseline.staff.case_managers=2 --workers 1"

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(sys.platform != "linux", reason="needs bash, /dev/full and limits of processes"),
]


def shell(folder, line, **env):
    """Run a line of bash in a folder; returns status, standard output and standard error."""
    paths = os.pathsep.join([str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])])
    words = ["bash", "-c", f"set -o pipefail; {line.replace('cmsim', COMMAND, 1)}"]
    env = {**os.environ, "PYTHONPATH": paths, "COLUMNS": "150", **env}
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, errors="replace", timeout=300)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("line", "env"),
    [
        ("cmsim evidence | head -1", {}),
        ("cmsim schema | true", {}),
        ("cmsim --help | true", {}),
        ("cmsim schema >&-", {}),
        ("cmsim scenarios <&- >&- 2>&-", {}),
        ("cmsim check usual_care", {"PYTHONIOENCODING": "ascii"}),
        ("cmsim scenarios", {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ("cp '{package}/scenarios/usual_care.toml' $'x\\xff.toml'; cmsim check $'x\\xff.toml'", {}),
        ("printf 'raise SystemExit(9)' | tee random.py tomlkit.py typing.py; cmsim scenarios", {}),
        (f"cmsim run usual_care {SMALL} --replications 1 --out $'o\\xff'", {}),
        (
            "umask 077; echo 'text.usetex: True' > matplotlibrc; long=$(printf 'a%.0s' {1..250}); "
            f"cmsim run usual_care {SMALL} --replications 1 --out $long; test $(stat -c %a $long) = 700",
            {"PYTHONIOENCODING": "ascii", "MPLBACKEND": "nonsense"},
        ),
    ],
)
def test_what_does_not_matter_is_no_obstacle(tmp_path, line, env):
    status, _, error = shell(tmp_path, line.replace("{package}", str(PACKAGE)), **env)
    assert (status, error) == (0, "")


@pytest.mark.parametrize(
    ("line", "env", "said"),
    [
        ("cmsim schema > /dev/full", {}, "standard output cannot be written: no space left"),
        ("cmsim --help > /dev/full", {}, "standard output cannot be written: no space left"),
        ("cmsim schema --out /dev/full", {}, "/dev/full cannot be written: no space left"),
        ("mkdir gone; cd gone; rmdir ../gone; cmsim scenarios", {}, "the working folder is gone"),
        ("cmsim run usual_care --out $(printf 'a%.0s' {1..300})", {}, "file name too long"),
        ("cmsim run usual_care --out $(printf 'abc/%.0s' {1..2000})", {}, "file name too long"),
        ("cmsim story usual_care", {"NUMBA_DISABLE_JIT": "1"}, "NUMBA_DISABLE_JIT"),
        ("cmsim story usual_care --replication 99999999999999999999", {}, "--replication"),
        ("cmsim sweep study.toml --scheduler 'x y'", {}, "no dask scheduler answers at x y"),
    ],
)
def test_what_the_world_refuses_is_one_message(tmp_path, line, env, said):
    (tmp_path / "study.toml").write_text('scenarios = ["usual_care"]\nreplications = 1\n')
    status, _, error = shell(tmp_path, line, **env)
    assert status == 2
    assert said in error
    assert "Traceback" not in error


def test_definitions_survive_a_python_that_drops_docstrings(tmp_path):
    program = "import cmsim; print([each.definition for each in cmsim.OUTCOMES.values()])"
    env = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    usual, bare = (
        subprocess.run([sys.executable, *flags, "-c", program], env=env, capture_output=True, text=True, check=True)
        for flags in ([], ["-OO"])
    )
    assert usual.stdout == bare.stdout


def living(mark):
    """Return the processes whose environment has a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_ctrl_c_while_the_program_starts_ends_it_quietly(tmp_path, seconds):
    program = "from cmsim.__main__ import main; print('begun', flush=True); main()"
    words = [sys.executable, "-c", program, "run", "usual_care", "--replications", "1000"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    env = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    with subprocess.Popen(words, cwd=tmp_path, env=env, preexec_fn=heed_interrupts, **pipes) as process:
        process.stdout.readline()
        time.sleep(0.1 + seconds)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in error


def heed_interrupts():
    """Heed what stops a program although this was started in the background, or by nohup, where it is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for each in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(each, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("command", "name"),
    [("run usual_care", "SIGTERM"), ("compare usual_care small_caseload", "SIGHUP"), ("run usual_care", "SIGQUIT")],
)
def test_a_signal_to_stop_leaves_nobody_behind(tmp_path, command, name):
    mark = f"CMSIM_TEST_MARK={os.getpid()} {command} {name}".encode()
    env = {**os.environ, "PYTHONPATH": str(PACKAGE), "CMSIM_TEST_MARK": mark.decode().partition("=")[2]}
    words = [sys.executable, "-m", "cmsim", *command.split(), "--replications", "10000", "--workers", "2"]
    with subprocess.Popen(
        words, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    ) as process:
        while len(living(mark)) < 3 and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(getattr(signal, name))
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error == "\ncmsim: stopped; nothing was written\n"
    assert living(mark) == []
    assert list(tmp_path.iterdir()) == []
