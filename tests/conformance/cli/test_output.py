"""What is printed reaches every terminal, and a reader that leaves changes no exit code."""

import os
import subprocess
import sys
from typing import Any

import pytest

from conformance.cli.output import colour
from tests.serving import wait_until

PRINTING = """
import sys
from conformance.cli.output import prepare
prepare()
import click
for number in range({lines}):
    click.echo("a \\u2192 b \\u2026 \\u65e5 \\u00fc")
    sys.stdout.flush()
sys.exit(3)
"""


def printed(lines: int = 1, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-c", PRINTING.format(lines=lines)],
        capture_output=True,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp437", "ascii", "utf-8", "cp932"])
def test_every_encoding_takes_what_is_printed(encoding: str) -> None:
    done = printed(PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (3, b"")
    told = done.stdout.decode(encoding)
    assert told.startswith(("a → b …", "a -> b …", "a -> b ..."))
    assert ("日" in told) or ("\\u65e5" in told)


def test_a_reader_that_leaves_changes_no_exit_code() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PRINTING.format(lines=50_000)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        wait_until(lambda: process.poll() is not None, 60)
    assert process.returncode == 3


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device here")
def test_a_full_disk_changes_no_exit_code() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", PRINTING.format(lines=9)], stdout=full, stderr=subprocess.PIPE
        )
    assert (done.returncode, done.stderr) == (3, b"")


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, None),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, None),
        ({"FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colours_are_printed_where_they_are_wanted(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], wanted: Any
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert colour() is wanted
