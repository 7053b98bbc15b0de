"""Rules that name members: what is wrong in those is refused, as x-resource has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import httpx
import pytest

from conformance.checks.kinds.beyond import (
    check_what_is_of_another_type_is_refused,
    check_what_lacks_a_part_is_refused,
    check_what_lies_beyond_a_bound_is_refused,
    check_what_lies_beyond_a_bound_takes_no_effect,
)
from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.judging.outcomes import NotApplicable, Violation
from conformance.registry import watch_of
from conformance.target.api import Api
from conformance.target.client import Client

PAGE = {"items": [], "total_count": 0, "skip": 0, "take": 20}
Status = Callable[[dict[str, str]], int]


@pytest.fixture
def lists(contract: Contract) -> Callable[[Status], Api]:
    """A target whose lists are answered with the status that the function gives for a query."""

    def make(status: Status) -> Api:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(status(dict(request.url.params)), json=PAGE)

        client = Client(Config(target="http://target.test"), watch_of(contract), Evidence())
        client.http = httpx.Client(transport=httpx.MockTransport(answer))
        return Api(client, "conf-test", "check")

    return make


def is_digits(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def strict(query: dict[str, str]) -> int:
    numbers = [query.get(name, "1") for name in ("skip", "take")]
    known = query.get("state", "final") in ("active", "final", "all")
    return 200 if known and all(map(is_digits, numbers)) else 400


@pytest.mark.parametrize(
    ("status", "wrong"),
    [
        (strict, ""),
        (lambda query: 200, "state"),
        (lambda query: min(strict(query) + 4, 404), "status 400 or 422"),
    ],
    ids=["refused", "taken", "refused-otherwise"],
)
def test_a_word_outside_an_enumeration(
    lists: Callable[[Status], Api], status: Status, wrong: str
) -> None:
    api = lists(lambda query: 200 if "state" not in query else status(query))
    with pytest.raises(Violation, match=wrong) if wrong else nullcontext():
        check_what_lies_beyond_a_bound_is_refused(api, api.contract.rules["LIST-20"])


@pytest.mark.parametrize("careless", ["", "skip", "take"])
def test_what_is_no_integer(lists: Callable[[Status], Api], careless: str) -> None:
    api = lists(lambda query: 200 if careless in query else strict(query))
    with pytest.raises(Violation, match=careless) if careless else nullcontext():
        check_what_is_of_another_type_is_refused(api, api.contract.rules["LIST-24"])


@pytest.mark.parametrize("rule", ["LIST-14", "LIST-23"])
@pytest.mark.parametrize(("told", "legal"), [(20, True), (0, False), (10**6, False), ("20", False)])
def test_a_size_beyond_its_bounds_is_clamped(
    contract: Contract, lists: Callable[[Status], Api], rule: str, told: int | str, legal: bool
) -> None:
    api = lists(lambda query: 200)
    page = httpx.MockTransport(lambda _: httpx.Response(200, json={**PAGE, "take": told}))
    api.client.http = httpx.Client(transport=page)
    wrong = pytest.raises(Violation, match=r"take .* refused, or clamped")
    with nullcontext() if legal else wrong:
        check_what_lies_beyond_a_bound_takes_no_effect(api, contract.rules[rule])


def test_members_that_no_operation_takes(lists: Callable[[Status], Api]) -> None:
    api = lists(strict)
    rule = replace(api.contract.rules["LIST-20"], members=("mood",))
    for check in (check_what_lies_beyond_a_bound_is_refused, check_what_lacks_a_part_is_refused):
        with pytest.raises(NotApplicable, match="listChats takes no mood"):
            check(api, rule)


def test_what_is_refused_is_named_with_its_value(lists: Callable[[Status], Api]) -> None:
    api = lists(lambda query: 200)
    with pytest.raises(Violation) as told:
        check_what_lies_beyond_a_bound_is_refused(api, api.contract.rules["LIST-21"])
    assert json.dumps("yesterday") in told.value.actual
