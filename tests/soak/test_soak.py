"""The soak sees what wears out, and nothing where nothing does."""

from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.fuzz.run import Server

from .run import Figures, Part, _faults, measure


def figures(*parts: Part, faulty: bool = False, statuses: tuple[int, ...] = (200,)) -> Figures:
    return Figures(faulty, 9.0, Counter(statuses), [*parts])


@pytest.fixture
def server(tmp_path: Path) -> Server:
    log = tmp_path / "log"
    log.write_text("")
    return Server("", psutil.Process(), log)


EVEN = Part(0.01, 70.0)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (figures(EVEN, EVEN, Part.of([0.01] * 90 + [0.5] * 10, 70.0)), "p99"),
        (figures(EVEN, EVEN, Part(0.01, 170.0)), "170 MB, after 70 MB"),
        (figures(EVEN, EVEN, statuses=(200, 503)), "1 answers of status 503"),
        (figures(EVEN, EVEN, statuses=(200, 500), faulty=True), "1 answers of status 500"),
        (figures(EVEN, EVEN, statuses=(0,)), "1 answers of status 0"),
    ],
)
def test_what_wears_out_is_told(seen: Figures, told: str, server: Server) -> None:
    (fault,) = _faults(seen, server)
    assert told in fault


def test_a_traceback_is_told(server: Server) -> None:
    server.log.write_text("Traceback")
    assert [*_faults(figures(EVEN, EVEN), server)] == ["a traceback in the log"]


def test_what_was_ordered_is_no_fault(server: Server) -> None:
    assert not [*_faults(figures(EVEN, EVEN, faulty=True, statuses=(200, 503, 409)), server)]


@pytest.mark.slow
def test_a_short_run_finds_nothing() -> None:
    off, on = measure(8.0)
    assert not [*off.faults, *on.faults]
    assert not off.statuses.keys() - {200, 201}
    assert on.statuses[503]
