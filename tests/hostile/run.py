"""One run of the suite, as a process of its own, against one mode: what it did, and said."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from .server import Around, Mode, Served, serving

KEY = "sk-Hostile+7f3a/9c51~d2&e8=="
MOST_SECONDS = 30.0  # from start to exit: --max-seconds, the clean-up, and Python's own start
MOST_MEGABYTES = 300
OPTIONS = ("--profile", "smoke", "--timeout", "2", "--max-seconds", "10", "--wait-ready", "1")
EXIT_CODES = {"non-conformant": 1, "refused": 2, "inconclusive": 3}
GIVEN_UP = 90.0
ROOT = Path(__file__).parent.parent.parent
PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
# What moves a terminal's cursor or turns the direction of a text.
RAW = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True)
class Sight:
    """What came of one mode."""

    mode: Mode
    verdict: str
    seconds: float
    megabytes: float
    requests: int
    faults: tuple[str, ...]
    said: str  # on the terminal


@dataclass(frozen=True)
class Ended:
    """A process that has ended, with all that it has written."""

    code: int
    seconds: float
    megabytes: float
    texts: dict[str, str]

    @property
    def verdict(self) -> str:
        """As the report has it; "refused" where the run was not begun."""
        if "conformance.json" in self.texts:
            return str(json.loads(self.texts["conformance.json"])["verdict"])
        return "refused" if self.code == EXIT_CODES["refused"] else "none"


def look(mode: Mode, around: Around) -> Sight:
    """Run the suite against a mode."""
    with serving(mode, around) as served, tempfile.TemporaryDirectory() as folder:
        ended = _ended(served.url, mode.options, Path(folder))
    faults = [*_misjudged(mode, ended), *_spread(ended), *_sent(served, around)]
    said = ended.texts["stdout"] + ended.texts["stderr"]
    measured = (ended.verdict, ended.seconds, ended.megabytes, served.requests)
    return Sight(mode, *measured, tuple(faults), said)


def _ended(target: str, options: tuple[str, ...], folder: Path) -> Ended:
    command = [sys.executable, "-m", "conformance", "--target", target, *OPTIONS, *options]
    own = ["--report", str(folder / "report"), "--ledger", str(folder / "ledger.jsonl")]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CONFORMANCE_")}
    out, err = folder / "stdout", folder / "stderr"
    begun = time.monotonic()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, *own],
            cwd=ROOT,
            env={**kept, "CONFORMANCE_TOKEN": KEY},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
        code, megabytes = _awaited(process)
    texts = {
        str(file.relative_to(folder)).removeprefix("report/"): file.read_text("utf-8", "replace")
        for file in folder.rglob("*")
        if file.is_file()
    }
    return Ended(code, time.monotonic() - begun, megabytes, texts)


def _awaited(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """The exit code of a process, and the megabytes that it held at most."""
    deadline = time.monotonic() + GIVEN_UP
    status = Path(f"/proc/{process.pid}/status")  # rusage would count this process too
    most = 0
    while process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
        if found := PEAK.search(status.read_text()):
            most = int(found[1])
        time.sleep(0.02)
    return process.returncode, most * 1024 / 1e6


def _misjudged(mode: Mode, ended: Ended) -> list[str]:
    wanted = EXIT_CODES[mode.verdict]
    found = []
    if (ended.verdict, ended.code) != (mode.verdict, wanted):
        found.append(f"{ended.verdict} with {ended.code}, not {mode.verdict} with {wanted}")
    if ended.seconds > MOST_SECONDS:
        found.append(f"took {ended.seconds:.0f} s, more than {MOST_SECONDS:g}")
    if ended.megabytes > MOST_MEGABYTES:
        found.append(f"held {ended.megabytes:.0f} MB, more than {MOST_MEGABYTES}")
    return found


def _spread(ended: Ended) -> list[str]:
    """What stands where it should not: the key, a traceback, what steers a terminal."""
    found = [f"the key is in {name}" for name, text in ended.texts.items() if _holds_key(text)]
    for name in ("stdout", "stderr", "report.html"):
        if letters := RAW.findall(ended.texts.get(name, "")):
            found.append(f"{name} holds {letters[0]!r} raw")
    if "Traceback" in ended.texts["stderr"]:
        found.append("a traceback")
    return found


def _holds_key(text: str) -> bool:
    plain = ESCAPE.sub(lambda found: chr(int(found[1], 16)), html.unescape(text))
    spelled = (text, plain, unquote(plain), plain.replace("\\/", "/"))
    encoded = (KEY.encode().hex(), b64encode(KEY.encode()), urlsafe_b64encode(KEY.encode()))
    others = [form.decode() if isinstance(form, bytes) else form for form in encoded]
    return any(KEY in form for form in spelled) or any(
        other.rstrip("=") in plain for other in others
    )


def _sent(served: Served, around: Around) -> list[str]:
    """What was sent that should not have been, by this run or one beside it."""
    found = ["a cookie was sent"] if served.cookies else []
    if around.heard:
        what = "the key" if any(KEY.encode() in data for data in around.heard) else "a request"
        found.append(f"another origin got {what}")
    if not around.is_untouched():
        found.append("a session of somebody else was changed")
    return found
