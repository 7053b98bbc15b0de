"""How long a call result is awaited."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

from conformance.api import Api
from conformance.checks.pipeline import LOOKS, pauses


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
