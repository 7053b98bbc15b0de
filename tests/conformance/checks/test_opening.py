"""What an open gives: what is given and shown nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.checks.opening import check_what_is_given_is_shown_nowhere
from conformance.judging.outcomes import Blocked, NotApplicable
from conformance.target.api import Api


def test_a_refused_look_shows_nothing(
    connect: Callable[..., Api], session: Callable[..., dict[str, Any]]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        opens = request.method == "POST"
        return httpx.Response(201, json=session()) if opens else httpx.Response(403)

    api = connect(answer)
    with pytest.raises(Blocked, match="403"):
        check_what_is_given_is_shown_nowhere(api, api.contract.rules["OPEN-15"])


def test_nothing_is_sent_that_a_member_has_no_room_for(
    connect: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    api = connect(lambda request: httpx.Response(400))
    short = {"note": {"type": "string", "maxLength": 20}}
    monkeypatch.setattr(type(api.contract), "taken", lambda *_: short)
    with pytest.raises(NotApplicable):
        check_what_is_given_is_shown_nowhere(api, api.contract.rules["END-09"])
