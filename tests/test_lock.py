"""`requirements.lock`: everything that an installation needs, pinned by version and by hash."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def _canonical(requirement: str) -> str:
    """The name in a requirement, as indexes compare names."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


HERE = Path(__file__).parent.parent
ENTRY = re.compile(r"^([\w.-]+)==([^\s;\\]+)[^\n]*\n((?: +--hash=sha256:[0-9a-f]{64}.*\n)+)", re.M)
LOCK = (HERE / "requirements.lock").read_text(encoding="utf-8")
LOCKED = {_canonical(name): version for name, version, _ in ENTRY.findall(LOCK)}


def test_every_entry_has_a_hash() -> None:
    entries = [line for line in LOCK.splitlines() if line[:1] not in ("", " ", "#")]
    assert len(entries) == len(LOCKED) > 40


def test_what_is_locked_is_what_is_tested() -> None:
    lines = (HERE / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if "==" in line and line[0] != "#")
    tested = {_canonical(name): version for name, version in pinned.items()}
    differing = {n: v for n, v in LOCKED.items() if n in tested and tested[n] != v}
    assert not differing, "nox -s lock writes the lock again"


def test_what_the_project_depends_on_is_locked() -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {_canonical(line) for line in project["dependencies"]}
    assert wanted <= LOCKED.keys(), "nox -s lock writes the lock again"
