"""A browser for the pages that the suite writes, and a run with findings of each level."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium import webdriver

from conformance.judging.evidence import Finding
from conformance.report.model import build
from conformance.run.run import Run
from tests.browser import chromium

from .shell import Echo, echoing

HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Chromium without a window, with a profile of its own."""
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def echo() -> Iterator[Echo]:
    """A server that keeps what comes."""
    with echoing() as seen:
        yield seen


@pytest.fixture
def report(make_run: Callable[..., Run], exchange: Any, session: Any) -> dict[str, Any]:
    """A run in which a race broke a MUST, a list a SHOULD, and two rules were not judged."""
    run = make_run()
    opened = exchange("openChat", session(), 201, started=1.0, finished=1.01)
    ends = [
        exchange("endChat", session(is_final=True), started=1.02, finished=1.05 + late)
        for late in (0.0, 0.01)
    ]
    for told in (opened, *ends):
        run.client.recorder.coverage.count(told)
    raced = Finding("RACE-01", "one final session", HOSTILE, (opened, *ends), "check_ends")
    later = Finding("RACE-01", "one final session", "two of them", (opened,), "check_ends")
    listed = exchange("listChats", {"items": []})
    for finding in (raced, later, Finding("LIST-09", "a page", "no page", (listed,), "check_list")):
        run.evidence.add(finding)
    run.evidence.settle("RACE-01", "fail", f"expected one final session; got {HOSTILE}")
    run.evidence.settle("LIST-09", "warn", "expected a page; got no page")
    run.evidence.settle("END-05", "not-run", "the target went away")
    run.evidence.settle("TTL-01", "not-selected", "of the pack ttl")
    return build(run)
