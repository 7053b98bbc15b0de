"""A forked program is a process like any other."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

from tests import leftovers, programs

SHOWING = """
import os, sys
print(sys.argv[1:], os.getcwd(), sorted(os.environ))
print("told", file=sys.stderr)
sys.exit(3)
"""
WAITING = "print(1, flush=True); import time; time.sleep(600)"

forked = pytest.mark.skipif(sys.platform != "linux", reason="programs are forked on Linux only")


@pytest.mark.parametrize("anew", [False, True])
def test_words_environment_folder_and_exit_code_are_its_own(anew: bool, tmp_path: Path) -> None:
    own = {**{k: v for k, v in os.environ.items() if k.startswith("PYTHON")}, "LC_CTYPE": "C.UTF-8"}
    done = programs.run(["-c", SHOWING, "a", "b"], env=own, cwd=tmp_path, anew=anew)
    assert (done.returncode, done.stderr) == (3, "told\n")
    assert done.stdout == f"['a', 'b'] {tmp_path} {sorted(own)}\n"


@forked
def test_it_has_imported_what_it_runs() -> None:
    loaded = "import sys; print('schemathesis' in sys.modules)"
    assert programs.run(["-c", loaded]).stdout == "True\n"
    assert programs.run(["-c", loaded], anew=True).stdout == "False\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_it(number: signal.Signals) -> None:
    with programs.start(["-c", WAITING], stderr=PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == "1\n"
        assert process.poll() is None
        process.send_signal(number)
        process.communicate()
    assert process.returncode == -number


def test_an_error_is_told() -> None:
    done = programs.run(["-c", "1 / 0"])
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1, "ZeroDivisionError: division by zero",
    )  # fmt: skip


def test_one_that_goes_on_is_left_behind() -> None:
    known = leftovers.standing()
    with programs.start(["-c", WAITING]) as process:
        assert [told for told in leftovers.standing() - known if f"process {process.pid} " in told]
        process.kill()
