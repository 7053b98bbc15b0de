"""How long a call result is awaited, and what a page of them may say."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import httpx
import pytest

from conformance.checks.pipeline import (
    LOOKS,
    Marked,
    expect_pages,
    expect_result,
    expect_size,
    pauses,
)
from conformance.contract.document import Contract, find_contract
from conformance.judging.outcomes import Violation
from conformance.target.api import Api

RESOURCE = Contract(find_contract()).resource


def silent(_: httpx.Request) -> httpx.Response:
    return httpx.Response(500)


@pytest.mark.parametrize("seconds", [0.0, 15.0, 600.0])
def test_an_index_is_awaited_as_long_as_told_within_the_budget(
    connect: Callable[..., Api], monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda pause: now.__setitem__(0, now[0] + pause))
    looks = sum(pauses(connect(silent, index_wait=seconds)))
    assert looks <= LOOKS + 1
    assert seconds <= now[0] < seconds * 1.01 + 0.1


@pytest.mark.parametrize(
    ("total", "pages", "told"),
    [
        (2, 1, ""),
        (3, 1, "totalCount 2"),
        ("2", 1, "totalCount 2"),
        (2, 2, "totalPages 1"),
        (2, 0, "totalPages 1"),
        (2, "1", "totalPages 1"),
    ],
)
def test_two_rows_are_one_page_of_two(total: object, pages: object, told: str) -> None:
    rows = [{"callId": "a"}, {"callId": "b"}]
    both: dict[str, Any] = {"results": rows, "totalCount": total, "totalPages": pages}
    singles = [{"results": [row], "totalCount": 2, "totalPages": 2} for row in rows]
    with pytest.raises(Violation, match=told) if told else nullcontext():
        expect_pages(RESOURCE, both, singles)


def test_a_row_of_another_page_is_a_finding() -> None:
    rows = [{"callId": "a"}, {"callId": "b"}]
    both: dict[str, Any] = {"results": rows, "totalCount": 2, "totalPages": 1}
    singles = [{"results": [rows[0]], "totalCount": 2, "totalPages": 2} for _ in rows]
    with pytest.raises(Violation, match="on pages 0 and 1"):
        expect_pages(RESOURCE, both, singles)


@pytest.mark.parametrize(
    ("rows", "total", "pages", "told"),
    [
        (20, 41, 3, ""),
        (20, 41, 2, ""),
        (3, 3, 0, ""),
        (0, 0, 1, ""),
        (21, 41, 3, "20 rows at most"),
        (20, 41, 1, "totalPages 2.05, rounded"),
        (5, 41, 9, "totalPages 2.05, rounded"),
        (3, "3", 1, ""),
    ],
)
def test_a_page_whose_size_nobody_asked_for(
    rows: int, total: object, pages: object, told: str
) -> None:
    page: dict[str, Any] = {"results": [{}] * rows, "totalCount": total, "totalPages": pages}
    with pytest.raises(Violation, match=told) if told else nullcontext():
        expect_size(RESOURCE.searched, page, 20)


def test_a_row_need_not_tell_its_agent(
    connect: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Marked, "awaited", lambda _: [{"callId": "a"}])
    expect_result(Marked(connect(silent), "marker", "id"), "agent-echo")
