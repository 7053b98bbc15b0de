import inspect

import httpx
import pytest

from conformance.checks.sessions import check_a_role_is_known
from conformance.config.profiles import PACKS
from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.answer import Answer
from conformance.registry import (
    all_checks,
    every_exchange,
    exchange_checks,
    is_watched,
    kind,
    pack_of,
    watch_of,
)
from conformance.run.run import Run
from tests.serving import Api
from tests.tickets.judging import CONTRACT as TICKETS


def test_every_rule_is_bound_or_says_why_it_cannot_be(contract: Contract) -> None:
    bound = {*all_checks(contract), *exchange_checks(contract)}
    assert bound == {*contract.judged}


def test_every_exchange_is_judged_in_the_order_of_the_contract(contract: Contract) -> None:
    ids = [check.rule for check in watch_of(contract).checks]
    assert ids == [id for id in contract.rules if id in ids]
    assert len(ids) == len(exchange_checks(contract))


def test_every_pack_has_a_check(contract: Contract) -> None:
    assert {check.pack for check in all_checks(contract).values()} == set(PACKS)


def test_a_kind_takes_one_check_only(contract: Contract) -> None:
    assert all_checks(contract)  # they are loaded
    with pytest.raises(ValueError, match="the kind replies has a check already"):
        kind("replies")(lambda api: None)


def test_a_kind_is_judged_once_on_every_exchange(contract: Contract) -> None:
    assert exchange_checks(contract)
    with pytest.raises(ValueError, match="roles is judged on every exchange already"):
        every_exchange("roles", Answer.messages)(check_a_role_is_known)


def test_a_rule_with_a_check_that_sends_is_not_only_watched(contract: Contract) -> None:
    assert is_watched(contract, "SES-01")
    assert not is_watched(contract, "TURN-01")  # which has a check too
    assert not is_watched(contract, "END-01")


def test_a_check_that_reads_costs_no_session(contract: Contract) -> None:
    assert all(
        c.cost.sessions == c.cost.turns == 0 for c in all_checks(contract).values() if c.reads
    )


def test_check_names_are_words_that_no_two_share(contract: Contract) -> None:
    names = [check.name for check in all_checks(contract).values()]
    assert len(set(names)) == len(names)
    assert all(name.startswith("check_") for name in names)


def test_the_pack_of_a_rule(contract: Contract) -> None:
    assert pack_of(contract, "TTL-01") == "ttl"
    assert pack_of(contract, "SES-01") == "smoke"
    unchecked = next(found.id for found in contract.rules.values() if found.unchecked)
    assert pack_of(contract, unchecked) is None


MANY = (
    *("HTTP-04", "HTTP-05", "HTTP-06", "HTTP-07", "HTTP-11", "TURN-08", "TURN-14", "TURN-19"),
    *("IDEM-09", "RACE-03", "RACE-05"),
)


OF_TICKETS = ("LIST-26", "TURN-14", "HOLD-02", "LIFE-09", "TIME-02", "RACE-03", "HTTP-08")


def within_its_budget(
    api: httpx.Client, contract: Contract, id: str, agent: str | None = None
) -> None:
    """Run the check alone, with no more than it declares."""
    check, (_, _, token) = all_checks(contract)[id], api.headers["Authorization"].partition(" ")
    run = Run(Config(target=str(api.base_url).rstrip("/"), token=token, agent=agent), contract)
    ledger = run.client.ledger
    ledger.max_sessions, ledger.max_turns = check.cost.sessions, check.cost.turns
    run.client.budget.max_requests = check.cost.requests
    rest = {"rule": contract.rules[id], "timeouts": None}
    wanted = inspect.signature(check.function).parameters
    check.function(run.api(check.name), *(rest[name] for name in wanted if name in rest))
    run.client.close()


@pytest.mark.parametrize("id", MANY)
def test_a_check_keeps_to_what_it_declares(mock: httpx.Client, contract: Contract, id: str) -> None:
    within_its_budget(mock, contract, id, "agent-echo")


@pytest.mark.parametrize("id", OF_TICKETS)
def test_a_check_keeps_to_what_it_declares_of_another_contract(id: str) -> None:
    with Api.of(contract=TICKETS) as api:
        within_its_budget(api, Contract(TICKETS), id)
