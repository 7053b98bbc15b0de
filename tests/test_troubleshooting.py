"""Whatever is asked for in a way that cannot be followed is told in one line, with the cure.

`WRITE_DOCS=1 pytest tests/test_troubleshooting.py` writes what is told to the page.
"""

from __future__ import annotations

import gc
import io
import os
import re
import shlex
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.main import main as suite
from conformance.contract.document import Contract
from conformance.run.run import Run
from mock_server.cli.main import main as mock

from .mistakes import FILES, MOCK, SUITE, UNBOUND, UNSERVED, UNSHOWN
from .wrong_targets import wrong_targets

PAGE = Path(__file__).parent.parent / "docs" / "troubleshooting.md"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OURS = ("CONFORMANCE_", "ADJOURN_", "HTTP_", "HTTPS_", "ALL_", "NO_", "SSL_", "PORT", "HOST")
CODES = {
    **{
        line: 2 for lines in (*SUITE.values(), *MOCK.values()) for line in lines.strip().split("\n")
    },
    **dict.fromkeys(UNSHOWN.strip().split("\n"), 3),
    **dict.fromkeys(UNSERVED.strip().split("\n"), 3),
    **dict.fromkeys(UNBOUND.strip().split("\n"), 4),
}
HEAD = """\
# What is said of a wrong option, file, address, certificate, proxy or command

Look for the line here; what it says behind the semicolon mends it. Each line of this page is one
that `tests/test_troubleshooting.py` has brought about.
"""


@dataclass(frozen=True)
class Said:
    """How a command has ended, and all that it said of why."""

    code: int
    lines: list[str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Said]]:
    """What is said of each mistake."""
    folder = tmp_path_factory.mktemp("mistakes")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    kept = {number: signal.getsignal(number) for number in SIGNALS}
    with pytest.MonkeyPatch.context() as patch, wrong_targets(folder) as ports:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.upper().startswith(OURS)]:
            patch.delenv(name)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("CONFORMANCE_WAIT_READY", "0")
        patch.setattr("conformance.cli.main.execute", ask_only)
        patch.setattr("conformance.cli.job.Contract", cache(Contract))
        patch.setattr("mock_server.serve.server._Server.run", never)
        patch.setattr(socket, "getaddrinfo", nowhere(socket.getaddrinfo))
        yield {line: said(line, ports, patch) for line in CODES}
    gc.enable()  # a mock that starts has no need of it
    for number, handler in kept.items():
        signal.signal(number, handler)


def ask_only(run: Run) -> None:
    """As `execute`, for a target that is not judged."""
    with run.to_its_end():
        run.begin()
    if run.refusal:
        raise run.refusal


def never(*_: object, **__: object) -> None:
    raise AssertionError("a mock was served that was asked for in a wrong way")


def nowhere(found: Callable[..., Any]) -> Callable[..., Any]:
    """Look addresses up, but those that nobody has, which not every resolver says at once."""

    def look_up(host: Any, *more: Any, **words: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return found(host, *more, **words)

    return look_up


def said(line: str, ports: Mapping[int, int], patch: pytest.MonkeyPatch) -> Said:
    """Run a shell line in this process, the ports put in that stand for servers."""
    real = re.sub(r"\b80[01]\d\b", lambda found: str(ports[int(found[0])]), line)
    words = shlex.split(real.replace("$'two\\nlines'", "'two\nlines'"))
    out, err, code = io.StringIO(), io.StringIO(), None
    with patch.context() as own, redirect_stdout(out), redirect_stderr(err):
        while "=" in words[0]:
            own.setenv(*words.pop(0).split("=", 1))
        own.setattr(sys, "argv", words)
        try:
            suite() if words[0] == "adjourn-conformance" else mock(prog_name=words[0])
        except SystemExit as end:
            code = end.code
    lines = err.getvalue().splitlines()
    lines += [found for found in out.getvalue().splitlines() if found.startswith("because ")]
    return Said(int(code or 0), [stable(found, ports) for found in lines])


def stable(line: str, ports: Mapping[int, int]) -> str:
    """The line as it is on every machine."""
    for number, port in ports.items():
        line = re.sub(rf"\b{port}\b", str(number), line)
    return re.sub(r"^(conformance:|Error:|because ) +", "", line)


@pytest.mark.parametrize("line", CODES)
def test_a_mistake_is_told_in_one_line(told: dict[str, Said], line: str) -> None:
    assert told[line].code == CODES[line], told[line]
    assert len(told[line].lines) == 1, told[line]
    assert len(told[line].lines[0]) < 300


def test_the_page_tells_what_is_said(told: dict[str, Said]) -> None:
    text = page(told)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text, "WRITE_DOCS=1 writes the page"


def page(told: Mapping[str, Said]) -> str:
    parts = [HEAD, "## The suite: exit code 2\n"]
    parts += [part for title, lines in SUITE.items() for part in section(title, lines, told)]
    parts += ["## The suite: what the target could not show, exit code 3\n", table(UNSHOWN, told)]
    parts += ["## The mock: exit code 2\n"]
    parts += [part for title, lines in MOCK.items() for part in section(title, lines, told)]
    parts += ["## The mock: a database that it cannot use, exit code 3\n", table(UNSERVED, told)]
    parts += ["## The mock: where it cannot listen, exit code 4\n", table(UNBOUND, told)]
    return "\n".join(parts)


def section(title: str, lines: str, told: Mapping[str, Said]) -> tuple[str, str]:
    return f"### {title}\n", table(lines, told)


def table(lines: str, told: Mapping[str, Said]) -> str:
    rows = [
        f"| `{escaped(line)}` | {escaped(told[line].lines[0])} |"
        for line in lines.strip().split("\n")
    ]
    return "\n".join(["| what is asked for | what is said |", "|---|---|", *rows, ""])


def escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
