"""Legal requests that are refused."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.checks.kinds.accepted import (
    check_any_text_is_accepted,
    check_what_it_may_hold_is_accepted,
    in_words,
)
from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.judging.outcomes import Blocked, Violation
from conformance.registry import watch_of
from conformance.target.api import Api
from conformance.target.client import Client

PAGE = {"items": [], "total_count": 0, "skip": 0, "take": 20}
RESULTS = {"results": [], "totalCount": 0, "totalPages": 0}

Refuse = Callable[[httpx.Request], int]


@pytest.fixture
def connect(contract: Contract) -> Callable[[Refuse], Api]:
    """A target that answers with the status that the function gives, and sees all requests."""

    def make(refuse: Refuse) -> Api:
        def answer(request: httpx.Request) -> httpx.Response:
            body = PAGE if request.method == "GET" else RESULTS
            return httpx.Response(refuse(request), json=body)

        client = Client(
            Config(target="http://target.test", agent="agent-echo"), watch_of(contract), Evidence()
        )
        client.http = httpx.Client(transport=httpx.MockTransport(answer))
        return Api(client, "conf-test", "check")

    return make


def list_is_accepted(api: Api) -> None:
    check_what_it_may_hold_is_accepted(api, api.contract.rules["LIST-27"])


def any_search_is_accepted(api: Api) -> None:
    check_any_text_is_accepted(api, api.contract.rules["FIN-09"])


def test_every_parameter_of_a_list_is_tried(connect: Any) -> None:
    seen: list[dict[str, str]] = []

    def keep(request: httpx.Request) -> int:
        seen.append(dict(request.url.params))
        return 200

    list_is_accepted(connect(keep))
    assert {} in seen
    assert {"state": "final"} in seen
    assert {"take": "1"} in seen
    assert {"take": "200"} in seen
    assert {"skip": "2147483647"} in seen
    assert {"agent_id": "agent-echo"} in seen
    assert max(map(len, seen)) == 6


def test_a_refused_parameter_is_told_by_its_name_and_value(connect: Any) -> None:
    api = connect(lambda request: 400 if request.url.params.get("take") == "200" else 200)
    with pytest.raises(Violation) as told:
        list_is_accepted(api)
    assert told.value.actual == "take 200: 400"
    assert [exchange.status for exchange in api.trace] == [400]


def test_of_members_that_are_refused_together_the_guilty_one_is_told(connect: Any) -> None:
    def refuse(request: httpx.Request) -> int:
        return 400 if "\U00020000" in str(json.loads(request.content).get("endpoint")) else 200

    with pytest.raises(Violation) as told:
        any_search_is_accepted(connect(refuse))
    assert told.value.actual.startswith("endpoint ")
    assert ";" not in told.value.actual


def test_a_large_text_may_be_answered_413(connect: Any) -> None:
    any_search_is_accepted(connect(lambda request: 413 if len(request.content) > 10_000 else 200))


def test_a_server_error_is_another_rules(connect: Any) -> None:
    with pytest.raises(Blocked, match="see HTTP-02"):
        any_search_is_accepted(connect(lambda request: 500))


def test_a_value_is_told_whole_unless_it_is_long() -> None:
    assert in_words({"text": "y" * 98}) == f'text "{"y" * 98}"'
    assert in_words({"text": "y" * 101}) == "text of 101 characters"
