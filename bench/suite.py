"""How long the suite takes on the mock, profile by profile."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BARS", "Timing", "timings"]

# Seconds that a profile may take; for extended, apart from the minute that it declares to wait.
BARS = {"smoke": 5.0, "core": 20.0, "extended": 120.0}
WAIT = {"extended": 60.0}


@dataclass(frozen=True)
class Timing:
    """One profile's run: what it took and what it cost the target."""

    profile: str
    seconds: float
    requests: int
    sessions: int
    verdict: str

    @property
    def passed(self) -> bool:
        in_time = self.seconds - WAIT.get(self.profile, 0.0) <= BARS[self.profile]
        return in_time and self.verdict == "conformant"

    def line(self) -> str:
        wait = WAIT.get(self.profile)
        bar = f"<= {BARS[self.profile]:g}{f' + {wait:g} waiting' if wait else ''}"
        fate = "pass" if self.passed else "MISSED"
        return (
            f"{self.profile:<10} {self.seconds:6.1f} s {self.requests:6,} requests"
            f" {self.sessions:4} sessions  {self.verdict}  {bar} {fate}"
        )


def timings() -> list[Timing]:
    """Run the suite against its embedded mock, once for each profile that has a bar."""
    return [_timing(profile) for profile in BARS]


def _timing(profile: str) -> Timing:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "conformance", "--profile", profile, "--report", folder]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        report = json.loads((Path(folder) / "conformance.json").read_text(encoding="utf-8"))
    return Timing(
        profile,
        report["duration_s"],
        report["requests"],
        report["sessions_opened"],
        report["verdict"],
    )
