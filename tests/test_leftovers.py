"""What a test leaves behind fails its module, and is named."""

from __future__ import annotations

import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

CONFTEST = """
import subprocess
import pytest
import trio  # whose PRNG Hypothesis is given
from tests import leftovers

leftovers._PATIENCE = 0.2

def pytest_configure(config):
    config.pluginmanager.register(leftovers)

@pytest.fixture(scope="session")
def lasting():
    with subprocess.Popen(["sleep", "60"]) as process:
        yield
        process.kill()
"""
PLANTED = {
    "nothing": ("pass", None),
    "no PRNG": ("from hypothesis import given", None),
    "a thread": (
        "from threading import Event, Thread\n    Thread(target=Event().wait, daemon=True).start()",
        "left behind: thread Thread-",
    ),
    "a process": (
        "import subprocess\n    global kept\n    kept = subprocess.Popen(['sleep', '9'])",
        "left behind: process",
    ),
    "an orphan": (
        "import subprocess\n    subprocess.run(['sh', '-c', 'sleep 9 & exit'], stdout=-3)",
        "(sleep 9)",
    ),
    "a zombie": ("import os\n    os.fork() or os._exit(0)", "(ended, and not waited for)"),
    "a file": ("import os\n    os.open(os.devnull, os.O_RDONLY)", "/dev/null)"),
    "a file object": ("open(__file__)", "unclosed file"),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said of each planted leftover, in a run of its own."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "conftest.py").write_text(CONFTEST)
    for number, (body, _) in enumerate(PLANTED.values()):
        (folder / f"test_{number}.py").write_text(f"def test_it(lasting):\n    {body}\n")
    command = (sys.executable, "-m", "pytest", "-q", "-W", "error")
    report = folder / "report.xml"
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(
        [*command, f"--junitxml={report}", folder], capture_output=True, check=False, env=alone
    )
    said = dict.fromkeys(PLANTED, "")
    for case in ElementTree.parse(report).iter("testcase"):
        kind = [*PLANTED][int(case.get("classname", "").rpartition("_")[2])]
        said[kind] += "".join(error.get("message", "") + (error.text or "") for error in case)
    return said


@pytest.mark.parametrize("kind", PLANTED)
def test_what_is_left_behind_is_told(told: dict[str, str], kind: str) -> None:
    wanted = PLANTED[kind][1]
    assert wanted in told[kind] if wanted else told[kind] == ""
