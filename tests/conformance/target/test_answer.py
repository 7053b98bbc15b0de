"""Every answer has an end."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from conformance.judging.outcomes import Blocked

from .conftest import Make


class Dripping(httpx.SyncByteStream):
    """A body that comes in parts, and does not end by itself."""

    def __init__(self, clock: list[float], part: bytes) -> None:
        self.clock, self.part = clock, part

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(1_000):
            self.clock[0] += 1
            yield self.part


@pytest.mark.parametrize(
    ("settings", "part", "told"),
    [
        ({"timeout": 5.0}, b" ", r"[56] bytes came"),
        ({"timeout": 500.0, "max_seconds": 7.0}, b" ", r"[78] bytes came"),
        ({"timeout": 5_000.0}, b" " * 1024 * 1024, r"more than 8388608 bytes"),
    ],
)
def test_an_answer_without_an_end_is_none(
    connect: Make, monkeypatch: pytest.MonkeyPatch, settings: Any, part: bytes, told: str
) -> None:
    clock = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    api = connect(lambda request: httpx.Response(200, stream=Dripping(clock, part)), **settings)
    with pytest.raises(Blocked, match=f"was not answered: (ReadTimeout|TooLarge) .*{told}"):
        api.list()
