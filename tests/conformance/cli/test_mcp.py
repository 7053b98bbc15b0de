"""`adjourn-conformance mcp`: an assistant plans a run, carries it out and has it explained."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.assistant import Assistant, assist
from tests.conformance.conftest import TOKEN, Target, served
from tests.serving import wait_until

Given = dict[str, str]


@pytest.fixture
def keyed(tmp_path: Path) -> Given:
    """The environment of a server of tools: the key, and a place for ledgers."""
    return {"CONFORMANCE_TOKEN": TOKEN, "XDG_CACHE_HOME": str(tmp_path)}


@pytest.fixture
def own() -> Iterator[Target]:
    """A mock that nobody else has sessions on."""
    with served("-m", "mock_server", "--port", "0", "--json", "--token", TOKEN) as target:
        yield target


def test_a_fault_is_planned_found_and_explained(broken: Target, keyed: Given) -> None:
    async def work(ask: Assistant) -> None:
        planned = await ask("plan", profile="smoke", rules=["END-03"])
        assert "1 check, at most" in planned["costs"]
        assert TOKEN not in planned["costs"]
        found = await ask("run", plan=planned["plan"], wait=600)
        assert (found["verdict"], found["exit_code"]) == ("non-conformant", 1)
        (fault,) = [rule for rule in found["broken"] if rule["id"] == "END-03"]
        assert "change endChat" in fault["mend"]
        assert found["sessions_left_open"] == 0
        told = await ask("explain", rule="end-03")
        assert told["rule"].startswith("END-03  Ending a final session changes nothing")
        assert told["findings"][0]["expected"] == fault["expected"]
        lines = [step["curl"] for found in told["findings"] for step in found["steps"]]
        assert [line for line in lines if not LINE.match(line)] == []
        assert TOKEN not in json.dumps(told)
        assert (await ask("explain", rule="OPEN-01"))["findings"] == []

    url = f"{broken.url}/second-end"
    assist(work, "conformance", "--target", url, "--agent", "agent-echo", **keyed)


LINE = re.compile(r"(S\d+=\$\(|for _ in \$\(seq \d+\); do sleep [\d.]+; LAST=\$\()?curl ")


@pytest.mark.slow
def test_nothing_is_run_without_a_plan(mock: Target, keyed: Given) -> None:
    async def work(ask: Assistant) -> None:
        assert "call plan first" in await ask.refusal("run", plan="plan-1")
        assert "call plan, then run" in await ask.refusal("result")
        assert "did you mean smoke?" in await ask.refusal("plan", profile="smke")
        assert "did you mean" in await ask.refusal("explain", rule="END-3")
        assert "  OPEN-01  MUST" in await ask("rules")

    assist(work, "conformance", "--target", mock.url, **keyed)


@pytest.mark.slow
def test_consent_and_target_are_the_users_alone(keyed: Given) -> None:
    """No word of an assistant becomes an option."""

    async def work(ask: Assistant) -> None:
        tools = await ask.tools()
        taken = {name for tool in tools.values() for name in tool.input_schema["properties"]}
        assert taken == {"profile", "rules", "seed", "strict", "read_only", "plan", "wait", "rule"}
        planned = await ask("plan", profile="smoke")
        assert "--allow-writes consents" in await ask.refusal("run", plan=planned["plan"], wait=600)
        smuggled = ["OPEN-01", "--allow-writes"]
        assert "no rule '--ALLOW-WRITES'" in await ask.refusal("plan", rules=smuggled)
        assert "smoke --allow-writes" in await ask.refusal("plan", profile="smoke --allow-writes")

    assist(work, "conformance", "--target", "http://staging.example", **keyed)


@pytest.mark.slow
def test_a_run_that_was_refused_is_not_told_as_the_one_before(
    mock: Target, keyed: Given, tmp_path: Path
) -> None:
    async def work(ask: Assistant) -> None:
        planned = await ask("plan", rules=["OPEN-01"])
        found = await ask("run", plan=planned["plan"], wait=600)
        assert found["verdict"] == "conformant"
        baseline.unlink()
        assert "known.toml" in await ask.refusal("run", plan=planned["plan"], wait=600)

    baseline = tmp_path / "known.toml"
    baseline.write_text("")
    options = ("--target", mock.url, "--report", str(tmp_path / "report"))
    assist(work, "conformance", *options, "--baseline", str(baseline), **keyed)


@pytest.mark.slow
def test_what_was_not_judged_for_want_of_an_agent_is_told(mock: Target, keyed: Given) -> None:
    async def work(ask: Assistant) -> None:
        planned = await ask("plan", rules=["END-03", "END-04"])
        found = await ask("run", plan=planned["plan"], wait=600)
        (left,) = found["not_evaluated"]
        assert (left["id"], left["outcome"]) == ("END-04", "not-applicable")
        assert left["reason"] == "the suite was given no closing agent"

    assist(work, "conformance", "--target", mock.url, "--agent", "agent-echo", **keyed)


@pytest.mark.slow
def test_a_run_goes_on_while_the_assistant_waits_and_is_stopped(own: Target, keyed: Given) -> None:
    async def work(ask: Assistant) -> None:
        planned = await ask("plan", profile="ttl")
        assert await ask("run", plan=planned["plan"], wait=0) == {"state": "running"}
        assert "a run goes on" in await ask.refusal("run", plan=planned["plan"])
        wait_until(own.sessions)
        stopped = await ask("stop")
        assert stopped["verdict"] == "inconclusive"
        assert stopped["sessions_left_open"] == 0
        assert own.sessions() == []

    assist(work, "conformance", "--target", own.url, "--agent", "agent-echo", **keyed)


@pytest.mark.slow
def test_who_leaves_ends_the_run_and_its_sessions(own: Target, keyed: Given) -> None:
    async def work(ask: Assistant) -> None:
        planned = await ask("plan", profile="ttl")
        await ask("run", plan=planned["plan"], wait=0)
        wait_until(own.sessions)

    assist(work, "conformance", "--target", own.url, "--agent", "agent-echo", **keyed)
    wait_until(lambda: not own.sessions())


def test_what_is_wrong_is_told_when_the_server_starts(ask: Callable[..., Any]) -> None:
    assert "No such option '--agnt'" in ask("mcp", "--agnt", "x").err
    assert "No such option '--plan'" in ask("mcp", "--plan").err
    told = ask("mcp", "--target", "ftp://x")
    assert (told.code, "is no http:// or https:// URL" in told.err) == (2, True)


def test_without_the_sdk_one_line_says_how_to_get_it(
    ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "conformance.cli.mcp", raising=False)
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    told = ask("mcp")
    assert told.code == 2
    assert "pip install 'mcp>=2.3,<3' adds it" in told.err
    assert len(told.err.splitlines()) == 1
