"""One fault is one rule's matter: the checks that build on what is broken accuse nobody."""

from typing import Any

import pytest

from conformance.config.settings import FIXTURE_AGENTS, Config
from conformance.contract.document import Contract
from conformance.run.execute import execute
from conformance.run.run import Run
from tests.kill_matrix.target import serving


def slow(*case: Any) -> Any:
    return pytest.param(*case, marks=pytest.mark.slow)


def accused(contract: Contract, mutant: str, *rules: str) -> set[str]:
    """The rules that these checks find broken on a mock with this fault."""
    with serving(mutant) as target:
        given: dict[str, Any] = {**FIXTURE_AGENTS, "repeats": 0, "rules": rules}
        config = Config(target=target.url, token=target.token, **given)
        run = Run(config, contract)
        execute(run)
    return set(run.evidence.findings)


@pytest.mark.parametrize(
    ("mutant", "rules", "own"),
    [
        ("get-moves-last-activity", ("TIME-03", "IDEM-11", "END-03", "TURN-16"), "TIME-03"),
        slow("list-moves-last-activity", ("TIME-03", "LIST-10", "LIST-25"), "TIME-03"),
        slow("replay-moves-last-activity", ("TIME-03", "IDEM-11"), "IDEM-11"),
        slow("second-end-moves-last-activity", ("TIME-03", "END-03"), "END-03"),
        slow("final-session-is-touched", ("TIME-03", "TURN-16"), "TURN-16"),
    ],
)
def test_a_moving_last_activity_is_one_rules_matter(
    contract: Contract, mutant: str, rules: tuple[str, ...], own: str
) -> None:
    assert accused(contract, mutant, *rules) == {own}


READING = ("GET-04", "LIST-25", "TURN-05", "TURN-07", "END-03", "LIFE-09")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "own"),
    [
        ("get-is-stale", {"GET-04"}),
        slow("get-knows-no-new-session", {"GET-04"}),
        slow("end-is-not-kept", {"LIFE-09", "LIFE-02"}),
    ],
)
def test_a_replica_that_lags_is_one_rules_matter(
    contract: Contract, mutant: str, own: set[str]
) -> None:
    assert accused(contract, mutant, *READING) == own


LISTING = ("LIST-02", "LIST-04", "LIST-05", "LIST-07", "LIST-11", "LIST-12", "LIST-25", "LIST-26")


@pytest.mark.slow
@pytest.mark.parametrize("mutant", ["list-is-stale", slow("list-knows-no-new-session")])
def test_a_list_that_lags_is_one_rules_matter(contract: Contract, mutant: str) -> None:
    assert accused(contract, mutant, *LISTING) == {"LIST-26"}
