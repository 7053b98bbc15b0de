"""How long a call result is awaited, and what a page of them may say."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import httpx
import pytest

from conformance.api import Api
from conformance.checks.pipeline import LOOKS, expect_pages, pauses
from conformance.findings import Violation


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
    ("pages", "legal"), [(2, True), (1, True), (3, False), (0, False), ("2", False)]
)
def test_a_part_of_a_page_may_count_or_not(pages: object, legal: bool) -> None:
    rows = [{"callId": "a"}, {"callId": "b"}]
    both: dict[str, Any] = {"results": rows, "totalCount": 3, "totalPages": pages}
    singles = [{"results": [row], "totalCount": 3, "totalPages": 3} for row in rows]
    with nullcontext() if legal else pytest.raises(Violation, match="totalPages 1 or 2 for 3 rows"):
        expect_pages(both, singles)
