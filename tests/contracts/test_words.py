"""Contracts that lack a word of `x-resource` are served and judged; what needs it is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.contract.source import ContractError
from mock_server.contract.document import load_contract
from mock_server.contract.source import FixtureError
from mock_server.domain.agents import Agent, Step
from mock_server.domain.chats import Chats
from mock_server.domain.render import Renderer
from mock_server.files import read_files
from mock_server.settings import Settings
from tests.sampling import every
from tests.serving import CHATS, Api

from .test_judged import broken
from .without import Json, without

EACH = ("members.agent", "unique", "unique members.channel")
ALL = "members.agent unique members.channel"


def written(document: Json, folder: Path) -> Path:
    path = folder / "openapi.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.slow
def test_a_contract_without_the_words_is_served_and_judged(tmp_path: Path) -> None:
    path = written(without(*ALL.split()), tmp_path)
    with Api.of(contract=path) as api:
        assert broken(Contract(path), api) == []


@pytest.mark.session
@pytest.mark.parametrize("words", [*EACH, ALL])
def test_all_rules_judge_a_contract_without_a_word(words: str, tmp_path: Path) -> None:
    path = written(without(*words.split()), tmp_path)
    with Api.of(contract=path) as api:
        assert broken(Contract(path), api, profile="core") == []
        assert broken(Contract(path), api, profile="races") == []


def test_a_turn_without_an_agent_is_answered_with_the_session(tmp_path: Path) -> None:
    path = written(without("members.agent"), tmp_path)
    with Api.of(contract=path) as api:
        id = api.post(CHATS, json={}).json()["id"]
        first, again = (api.submit(id, "Hello", idempotency_key="k").json() for _ in range(2))
        assert [(one["role"], one["content"]) for one in first["messages"]] == [("user", "Hello")]
        assert first == again == api.get(f"{CHATS}/{id}").json()
        assert api.admin("GET", "/state").json()["sessions"][0]["agent_id"] == ""
        state = api.admin("GET", "/state").json()
        assert api.admin("PUT", "/state", json=state).status_code == 200
        refused = api.admin("POST", "/seed", json={"agents": {"a": {"script": [{}]}}})
        assert refused.json()["errors"][0]["pointer"] == "/agents"
        seeded = api.admin("POST", "/seed", json={"sessions": [{"turns": ["Hi"]}]})
        assert seeded.status_code == 200


def test_a_reply_where_nobody_replies_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(without("members.agent"), tmp_path)
    monkeypatch.setattr("mock_server.files.NOBODY", Agent("", script=(Step("Hi!"),)))
    with Api.of(contract=path) as api:
        assert broken(Contract(path), api, ("TURN-07",)) == ["TURN-07"]


def test_agents_for_a_contract_without_any_are_refused(tmp_path: Path) -> None:
    path, own = written(without("members.agent"), tmp_path), tmp_path / "agents.yaml"
    own.write_text("agents: {}", encoding="utf-8")
    with pytest.raises(FixtureError, match="wanted no agents, as the contract has none"):
        read_files(Settings(contract=path, agents=own))


def test_without_anything_unique_each_open_is_new(tmp_path: Path) -> None:
    path = written(without("unique"), tmp_path)
    with Api.of(contract=path) as api:
        ids = {api.open(external_id={"line": "1"})["id"] for _ in range(2)}
        seed = {"agent_id": "agent-echo", "external_id": {"line": "1"}, "end": True}
        ids |= {*api.steer("POST", "/seed", json={"sessions": [seed, seed]})["opened"]}
        assert len(ids) == 4


@pytest.mark.parametrize("choice", ["greeting=on", "duplicate_open=reuse"])
def test_a_choice_about_what_is_not_there_is_refused(choice: str, tmp_path: Path) -> None:
    path = written(without("members.agent", "unique"), tmp_path)
    with (
        pytest.raises(FixtureError, match="which --choice [a-z_]+ is about"),
        Api.of((choice,), contract=path),
    ):
        pass


def one_page(page: Any) -> Any:
    return lambda self, sessions, _, *bounds: page(self, sessions, len(sessions), *bounds)


def first_page(page: Any) -> Any:
    return lambda self, query: page(self, replace(query, skip=0))


def newest_alone(page: Any) -> Any:
    async def found(self: Chats, query: Any) -> Any:
        sessions, total = await page(self, query)
        return sessions[:1], total

    return found


def any_state(page: Any) -> Any:
    def found(self: Chats, query: Any) -> Any:
        return page(self, replace(query, state=None) if query.updated_after else query)

    return found


Fault = tuple[str, type, str, Any]
FAULTS: list[Fault] = [
    ("LIST-17", Renderer, "page", one_page),
    ("LIST-18", Chats, "list_sessions", first_page),
    ("LIST-08", Chats, "list_sessions", any_state),
    ("LIST-13", Chats, "list_sessions", newest_alone),
]


@pytest.mark.parametrize("fault", every(4, FAULTS), ids=lambda fault: fault[0])
def test_lists_without_channels_are_judged(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, owner, name, faulty = fault
    path = written(without("unique", "members.channel"), tmp_path)
    monkeypatch.setattr(owner, name, faulty(getattr(owner, name)))
    with Api.of(contract=path) as api:
        assert broken(Contract(path), api, (rule,)) == [rule]


def has_refusal(document: Json) -> None:
    document["x-resource"]["refusals"]["unknown-agent"] = [404]


def has_event(document: Json) -> None:
    document["x-lifecycle"]["events"]["finish"] = {"operation": "submitMessage", "text": "It ends."}


def has_unique(document: Json) -> None:
    document["x-resource"]["unique"] = {"key": ["a", "line"], "while": ["active"], "else": [409]}
    document["components"]["schemas"]["OpenRequest"]["properties"]["line"] = {"type": "object"}


def tells_agent(document: Json) -> None:
    schema = document["components"]["schemas"]["CompletedWebHookPayload"]
    schema["properties"]["agentId"] = {"type": "string"}


def needs_agent(document: Json) -> None:
    document["x-rules"][0]["needs"] = ["tool_agent"]


def answers_with_a_turn(document: Json) -> None:
    submit = document["paths"][f"{CHATS}/{{id}}/messages"]["post"]
    answer = submit["responses"]["200"]["content"]["application/json"]
    form = {"type": "object", "properties": {"messages": {"type": "array", "items": {}}}}
    answer.update(schema=form, examples={})


WITHOUT = {"members.channel": ("unique", "members.channel")}
REFUSED: dict[str, tuple[str, Any, str]] = {
    "a refusal of agents": ("members.agent", has_refusal, "/refusals/unknown-agent: wanted no"),
    "a finish": (
        "members.agent",
        has_event,
        "/x-lifecycle/events/finish: wanted no word of agents",
    ),
    "something unique": ("members.channel", has_unique, "/unique: wanted nothing unique"),
    "an agent in a webhook": ("members.agent", tells_agent, "/properties/agentId: wanted one of"),
    "a need of an agent": ("members.agent", needs_agent, "/x-rules/0/needs/0: wanted no agent"),
    "a turn's result": ("members.agent", answers_with_a_turn, "/schema/properties/id: wanted"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_a_word_is_refused_without_it(name: str, tmp_path: Path) -> None:
    word, change, says = REFUSED[name]
    document = without(*WITHOUT.get(word, (word,)))
    change(document)
    path = written(document, tmp_path)
    with pytest.raises(ContractError, match=says):
        Contract(path)
    with pytest.raises(FixtureError, match=says):
        load_contract(path)
