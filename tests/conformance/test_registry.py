from dataclasses import replace

import httpx
import pytest

from conformance.config.profiles import PACKS
from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.watch import WATCHED
from conformance.registry import all_checks, pack_of, rule
from conformance.run.run import Run


def test_every_rule_is_bound_once_or_says_why_it_cannot_be(contract: Contract) -> None:
    checks = all_checks()
    for found in contract.rules.values():
        bound = (found.id in checks) + (found.id in WATCHED)
        assert bound == (0 if found.unchecked else 1), found.id


def test_nothing_is_bound_to_a_rule_that_is_not_there(contract: Contract) -> None:
    assert set(all_checks()) | set(WATCHED) <= set(contract.rules)


def test_every_pack_has_a_check() -> None:
    assert {check.pack for check in all_checks().values()} == set(PACKS)


def test_a_rule_takes_one_check_only() -> None:
    with pytest.raises(ValueError, match="END-01 has a check already"):
        rule("END-01")(lambda api: None)


def test_a_check_that_reads_costs_no_session() -> None:
    assert all(c.sessions == c.turns == 0 for c in all_checks().values() if c.reads)


def test_check_names_are_words_that_no_two_share() -> None:
    names = [check.name for check in all_checks().values()]
    assert len(set(names)) == len(names)
    assert all(name.startswith("check_") for name in names)


def test_the_pack_of_a_rule(contract: Contract) -> None:
    assert pack_of("TTL-01") == "ttl"
    assert pack_of("SES-01") == "smoke"
    unchecked = next(found.id for found in contract.rules.values() if found.unchecked)
    assert pack_of(unchecked) is None


BODIES = ("HTTP-04", "HTTP-05", "HTTP-06", "HTTP-07", "HTTP-11")


@pytest.mark.parametrize("id", BODIES)
def test_a_refused_turn_is_one_of_those_that_a_check_declares(
    mock: httpx.Client, contract: Contract, id: str
) -> None:
    token = mock.headers["Authorization"].removeprefix("Bearer ")
    config = Config(target=str(mock.base_url).rstrip("/"), token=token, agent="agent-echo")
    run = Run(config, contract)
    check = all_checks()[id]
    run.client.config = replace(config, max_sessions=check.sessions, max_turns=check.turns)
    check.function(run.api(check.name))
    run.client.close()
