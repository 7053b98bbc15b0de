"""Each fault of `--demo-fault` is told by the mock, and found by the suite by its rule."""

from contextlib import closing

import pytest
from click.testing import CliRunner

from conformance.config.settings import Config
from conformance.contract.document import Contract, find_contract
from conformance.run.execute import execute
from conformance.run.run import Run
from conformance.target.listener import Listener
from mock_server.cli.main import main
from mock_server.demo import FAULTS
from mock_server.serve.announcing import banner
from tests.kill_matrix.serve import FAITHFUL
from tests.kill_matrix.target import serving
from tests.serving import Api

RULES = {
    "second-end": "END-03",
    "final-turn": "TURN-16",
    "lost-result": "FIN-01",
    "no-timeout": "TTL-01",
    "duplicate-open": "DEDUP-01",
    "forgotten-key": "IDEM-02",
    "webhook-twice": "HOOK-02",
    "filter-ignored": "LIST-06",
    "wrong-total": "LIST-17",
    "oldest-first": "LIST-11",
    "unknown-id": "GET-02",
    "any-key": "AUTH-03",
}
GIVEN = {"agent": "agent-echo", "repeats": 0, "index_wait": 3, "ttl_grace": 5}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_the_suite_finds_it(name):
    rule, profile = RULES[name], FAULTS[name].profile
    listener = Listener("127.0.0.1:0")
    hooks = ("--webhook-url", listener.url, "--webhook-backoff", "0.2")
    given = {**GIVEN, "rules": (rule,), "profile": (profile,), "webhook_listen": listener.address}
    with closing(listener), serving(FAITHFUL, "--demo-fault", name, *hooks) as target:
        config = Config(target=target.url, token=target.token, **given)
        run = Run(config, Contract(find_contract()), listener=listener)
        execute(run)
    assert rule in run.evidence.findings


def test_they_are_listed_with_what_they_do():
    told = CliRunner().invoke(main, ["--demo-fault", "list"])
    assert told.exit_code == 0
    assert [line.split()[0] for line in told.output.splitlines()] == [*FAULTS]
    assert "no-timeout      ttl       A session stays active" in told.output


def test_another_name_is_refused():
    told = CliRunner().invoke(main, ["--demo-fault", "second-ends"])
    assert "got 'second-ends'; did you mean second-end?" in str(told.output)


def test_the_banner_says_it_first_and_last():
    with Api.of(demo_fault="any-key") as api:
        lines = banner(api.mock, str(api.base_url), "1").splitlines()
    assert lines[0] == lines[-1]
    assert "BROKEN ON PURPOSE (--demo-fault any-key)" in lines[0]


def test_an_invented_session_takes_no_turn(launch):
    """The fault concerns what is read; a turn of nobody's session comes to an end too."""
    _, facts = launch("--port", "0", "--demo-fault", "unknown-id")
    nobody = "8f5385ec-fe47-4d64-95fc-8a8b22cbaa04"
    with Api.at(facts["url"]) as api:
        assert api.read(nobody)["id"] == nobody
        assert api.submit(nobody).status_code == 404
