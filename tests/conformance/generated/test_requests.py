"""Generated requests: where they come from, what they may touch, and what they find."""

import json
import tempfile
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis.configuration import storage_directory
from hypothesis.errors import Flaky
from schemathesis import Case

from conformance.checks.generated import (
    check_what_breaks_the_contract_is_refused,
    check_what_fits_is_not_refused_as_invalid,
)
from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.contract.rules import Rule
from conformance.generated import cases
from conformance.generated.cases import boundary_cases, fuzzed_cases
from conformance.generated.requests import Generation, Results
from conformance.judging.exchange import Exchange
from conformance.judging.outcomes import Blocked, Violation
from conformance.run.execute import execute
from conformance.run.run import Run

RULES = ("HTTP-13", "HTTP-14")


def settings(target: httpx.Client, **more: Any) -> Config:
    """The settings that judge a target by the two rules with the key that it takes."""
    token = target.headers["Authorization"].removeprefix("Bearer ")
    url = str(target.base_url).rstrip("/")
    return Config(target=url, token=token, profile=("generated",), rules=RULES, **more)


@pytest.fixture
def judged(contract: Contract) -> Callable[..., Run]:
    """A run of the two rules against a target, after its end."""

    def judge(target: httpx.Client, **more: Any) -> Run:
        run = Run(settings(target, **more), contract)
        execute(run)
        return run

    return judge


def outcomes(run: Run) -> list[str]:
    return [run.evidence.outcomes[rule][0] for rule in RULES]


@pytest.mark.slow
def test_a_legal_target_passes(judged: Callable[..., Run], mock: httpx.Client) -> None:
    run = judged(mock, agent="agent-echo")
    assert outcomes(run) == ["pass", "pass"]
    assert run.evidence.findings == {}
    assert not run.client.ledger.left_open


@pytest.mark.slow
def test_a_target_that_knows_too_little_and_takes_too_much(
    judged: Callable[..., Run], serve: Callable[..., httpx.Client]
) -> None:
    faults = ("--fault", "members-known-only", "--fault", "types-coerced")
    target = serve("-m", "tests.targets.starlette_chats", *faults)
    run = judged(target, agent="plain-1", seed=3)  # which draws a refused open and a taken one
    assert outcomes(run) == ["warn", "warn"]
    (refused, *_), (taken, *_) = (run.evidence.findings[rule] for rule in RULES)
    assert b"x_unlisted" in (refused.trace[-1].body or b"")
    assert refused.trace[-1].status == 422
    assert taken.expected == "a 4xx status, since agent_id is 0, not of the type string"
    assert taken.trace[-1].status == 200
    assert max(len(finding.trace) for finding in (refused, taken)) <= 2


def test_an_agent_that_takes_no_session_blocks_both(
    judged: Callable[..., Run], mock: httpx.Client
) -> None:
    run = judged(mock, agent="agent-disabled")
    assert outcomes(run) == ["not-run", "not-run"]
    assert not run.client.ledger.opened


@pytest.mark.slow
def test_a_used_up_budget_blocks_both(judged: Callable[..., Run], mock: httpx.Client) -> None:
    run = judged(mock, agent="agent-echo", max_sessions=5)
    assert outcomes(run) == ["not-run", "not-run"]
    assert "budget of 5 sessions" in run.evidence.outcomes["HTTP-13"][1]


def sent(contract: Contract, seed: int) -> list[str]:
    """Every case of the two phases that need no target, in their order."""
    found: list[str] = []

    def visit(case: Case[Any]) -> None:
        found.append(f"{case.method} {case.path_parameters} {case.query} {case.body!r}")

    boundary_cases(contract, seed, visit)
    fuzzed_cases(contract, seed, visit)
    return found


@pytest.mark.slow
def test_the_same_seed_gives_the_same_cases(contract: Contract) -> None:
    first = sent(contract, 7)
    assert first == sent(contract, 7)
    assert first != sent(contract, 8)


@pytest.fixture
def generation(mock: httpx.Client, contract: Contract) -> Iterator[Generation]:
    run = Run(settings(mock, agent="agent-echo"), contract)
    yield Generation(run.api("generation"))
    run.client.close()


def visited(generation: Generation, contract: Contract, *wanted: str) -> list[Exchange]:
    """What is sent in the place of the boundary cases of these operations."""
    found = []

    def visit(case: Case[Any]) -> None:
        generation.visit(case)
        found.append(generation.api.trace[-1])

    paths: dict[str, Any] = {}
    for operation in map(contract.operations.get, wanted):
        assert operation
        item, parts = (
            contract.spec["paths"][operation.path],
            ("parameters", operation.method.lower()),
        )
        paths.setdefault(operation.path, {}).update({k: item[k] for k in parts if k in item})
    only = copy(contract)  # the cases of the others take longer to make than these to send
    only.spec = {**contract.spec, "paths": paths}
    boundary_cases(only, 1, visit)
    return found


def test_a_user_without_a_home_has_generated_requests_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    with cases.quiet_hypothesis():
        assert storage_directory().path.is_relative_to(tempfile.gettempdir())


def test_a_target_that_answers_in_two_ways_is_asked_again_from_another_seed(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[Any] = []

    def give_up_once(walk: Any, **_: Any) -> None:
        seeds.append(walk._hypothesis_internal_use_seed)
        if len(seeds) == 1:
            raise Flaky("Inconsistent data generation!")

    monkeypatch.setattr(cases, "run_state_machine_as_test", give_up_once)
    cases.scenarios(contract, 1, lambda: None, lambda case: None)
    assert len({*seeds}) == len(seeds) == 2


def test_only_this_runs_sessions_are_ended(generation: Generation, contract: Contract) -> None:
    own = generation.api.client.ledger.opened
    ends = visited(generation, contract, "endChat")
    taken = [end for end in ends if end.ok]
    assert len(taken) > 3
    assert all(end.path.split("/")[-2] in own for end in taken)


def test_an_id_that_is_made_up_is_nobodys(generation: Generation, contract: Contract) -> None:
    own, tag = generation.api.client.ledger.opened, generation.api.run
    written = visited(generation, contract, "endChat", "submitMessage")
    made_up = [named for e in written if (named := contract.paths.named(e.path)) not in own]
    assert made_up
    assert all(named.endswith(f"~{tag}") for named in made_up)


def test_every_session_is_tagged(generation: Generation, contract: Contract) -> None:
    taken = [e for e in visited(generation, contract, "openChat") if e.ok]
    bodies = [json.loads(exchange.body or b"") for exchange in taken]
    assert {body["agent_id"] for body in bodies} == {"agent-echo"}
    assert {body["channel"] for body in bodies} <= {generation.api.channel, None}
    data = [body["additional_data"] for body in bodies if body["additional_data"] is not None]
    assert {tag["conformance_run"] for tag in data} == {generation.api.run}
    endpoints = [str(body["external_id"]) for body in bodies if body.get("external_id")]
    assert len(set(endpoints)) == len(endpoints) > 0


class Walked:
    """A walk that was made."""

    def __init__(self, **results: Any) -> None:
        self.results = Results()
        self.results.__dict__.update(results)


def ruled(generation: Generation, id: str) -> Rule:
    return generation.contract.rules[id]


def test_an_operation_that_took_nothing_blocks_what_fits(generation: Generation) -> None:
    others = dict.fromkeys(generation.contract.operations, 1)
    accepted = {**others, "endChat": 0}
    with pytest.raises(Blocked, match="accepted by endChat"):
        check_what_fits_is_not_refused_as_invalid(
            generation.api, ruled(generation, "HTTP-13"), Walked(accepted=accepted)
        )


def test_nothing_broken_sent_blocks_what_breaks(generation: Generation) -> None:
    with pytest.raises(Blocked, match="no generated request breaks"):
        check_what_breaks_the_contract_is_refused(
            generation.api, ruled(generation, "HTTP-14"), Walked()
        )


def test_a_walk_that_was_cut_still_tells_what_it_found(generation: Generation) -> None:
    taken: tuple[Violation, list[Any]] = (Violation("a 4xx status", "status 200"), [])
    found: dict[str, list[Any]] = {"fitting": [], "breaking": [taken]}
    walked = Walked(found=found, cause="the target is down")
    with pytest.raises(Violation, match="status 200"):
        check_what_breaks_the_contract_is_refused(
            generation.api, ruled(generation, "HTTP-14"), walked
        )
    with pytest.raises(Blocked, match="the target is down"):
        check_what_fits_is_not_refused_as_invalid(
            generation.api, ruled(generation, "HTTP-13"), walked
        )


@pytest.mark.parametrize("channel", [None, 17, "", " "])
def test_an_endpoint_is_named_in_the_runs_own_channel_only(
    generation: Generation, channel: Any
) -> None:
    body = generation._opening({"channel": channel, "external_id": {"from": "1"}}, negative=True)
    assert body["channel"] == channel
    assert "external_id" not in body
