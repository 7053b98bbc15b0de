"""Requests beyond a bound, and who may take them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest

from conformance.checks.kinds.beyond import Beyond, expect_none
from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.judging.outcomes import Violation
from conformance.registry import watch_of
from conformance.target.api import Api
from conformance.target.client import Client
from tests.contracts.edits import edited

MOST = 10_000


def list_of(told: Callable[[int], int | None], folder: Path) -> Beyond:
    """Lists of a target that tells this offset for what was asked, or refuses where it is None;
    no page begins beyond the ten thousandth session."""
    place = "/paths/~1api~1v1~1chats/get/parameters/4/schema/maximum"
    contract = Contract(edited({"name": "an end", "set": {place: MOST}, "blames": []}, folder).path)

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params.get("skip", "0")
        offset = told(int(asked)) if asked.lstrip("-").isdecimal() else None
        if offset is None or any(name not in ("skip", "channel") for name in request.url.params):
            return httpx.Response(400, json={})
        return httpx.Response(200, json={"items": [], "total_count": 0, "skip": offset, "take": 20})

    client = Client(Config(target="http://target.test"), watch_of(contract), Evidence())
    client.http = httpx.Client(transport=httpx.MockTransport(answer))
    api = Api(client, "conf-test", "check")
    return Beyond(api, contract.resource.operations["list"])


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        (lambda asked: asked if asked <= MOST else None, False),
        (lambda asked: min(asked, MOST), False),
        (lambda asked: asked, True),
    ],
    ids=["refused", "clamped", "taken"],
)
def test_an_offset_beyond_the_largest_is_refused_or_clamped(
    told: Callable[[int], int | None], taken: bool, tmp_path: Path
) -> None:
    lists = list_of(told, tmp_path)
    with pytest.raises(Violation, match=r"skip.*10001") if taken else nullcontext():
        expect_none(lists.taken(lists.beyond()))
