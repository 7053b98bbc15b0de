"""Plain `schemathesis run` on the same mutants: what it says of them beyond the clean mock."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.contract.document import find_contract

from .serve import FAITHFUL
from .target import serving

CLEAN_SEEDS = (1, 2, 3)
GRACE = 60.0  # seconds beyond its budget, after which a run is given up

Failures = frozenset[str]


def caught(mutants: list[str], seconds: float, jobs: int, tell: Callable[[str], None]) -> set[str]:
    """The mutants on which it fails otherwise than on the clean mock, given so many seconds."""
    with ProcessPoolExecutor(jobs) as pool:
        clean = [pool.submit(failures, FAITHFUL, seconds, seed) for seed in CLEAN_SEEDS]
        found = {pool.submit(failures, name, seconds): name for name in mutants}
        known = frozenset[str]().union(*(future.result() for future in clean))
        told = set()
        for future in as_completed(found):
            new = future.result() - known
            if new:
                told.add(found[future])
            tell(f"{found[future]:44} {'; '.join(sorted(new)) or 'nothing new'}")
    return told


def failures(mutant: str, seconds: float, seed: int = 1) -> Failures:
    """The failures of one run with the default checks, each told by its code and operations."""
    with serving(mutant) as target, TemporaryDirectory() as home:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(find_contract())),
            *("--url", target.url, "--header", f"Authorization: Bearer {target.token}"),
            *("--max-time", str(math.ceil(seconds)), "--seed", str(seed)),
            *("--report", "json", "--report-dir", home),
        ]
        try:
            subprocess.run(
                command, cwd=home, capture_output=True, timeout=seconds + GRACE, check=False
            )
        except subprocess.TimeoutExpired:
            return frozenset()
        return _failures(Path(home))


def _failures(home: Path) -> Failures:
    reports = list(home.glob("json-*.json"))
    if not reports:
        raise RuntimeError("schemathesis wrote no report; run it by hand to see why")
    found = json.loads(reports[0].read_text())["failures"]
    return frozenset(f"{one['code']} {' '.join(one['operations'])}" for one in found)
