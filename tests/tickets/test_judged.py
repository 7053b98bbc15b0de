"""What has no code: tickets are served by the mock, and judged by the suite."""

from __future__ import annotations

import pytest

from conformance.cli.lint import problems
from conformance.target.listener import Listener
from tests.sampling import every
from tests.serving import Api

from .judging import CONTRACT, KEY, blamed, broken, evaluated, judged, served
from .werkzeug_tickets.faults import FAULTS

PACKS = ("core", "model", "races", "ttl", "webhooks")
SEEN = [name for name in FAULTS if not name.startswith(("hook-", "never-", "stale-", "keys-race"))]
SLOWLY = [pytest.param(name, marks=pytest.mark.session) for name in FAULTS if name not in SEEN]


def test_the_contract_is_sound() -> None:
    assert problems(CONTRACT) == []


@pytest.mark.slow
def test_the_mock_is_conformant_by_eighty_rules() -> None:
    with Api.of(contract=CONTRACT, token=KEY) as mock:
        run = judged(str(mock.base_url).rstrip("/"), "core", listener=None)
    assert broken(run) == []
    assert len(evaluated(run)) >= 80


@pytest.mark.slow
def test_another_server_is_conformant_by_eighty_rules() -> None:
    with served() as url:
        run = judged(url, "core", listener=None)
    assert broken(run) == []
    assert [id for id, (outcome, _) in run.evidence.outcomes.items() if outcome == "not-run"] == []
    assert len(evaluated(run)) >= 80


@pytest.mark.slow
def test_another_server_is_conformant_by_every_rule() -> None:
    listener = Listener("127.0.0.1:0")
    try:
        with served(hook=listener.url) as url:
            run = judged(url, *PACKS, listener=listener)
    finally:
        listener.close()
    assert broken(run) == []
    assert len(evaluated(run)) >= 120


def test_there_are_as_many_faults_as_there_should_be() -> None:
    assert len(FAULTS) >= 25


@pytest.mark.parametrize("fault", [*every(17, SEEN, slow=6), *SLOWLY])
def test_a_planted_fault_is_told_by_its_rule(fault: str) -> None:
    assert blamed(fault)
