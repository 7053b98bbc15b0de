"""The mock lives by a contract of which every name and every number is another one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving import TOKEN, Api, Receiver, receiving, wait_until

from .renamed import renamed

DIALOGUES = "/api/v9/dialogues"


@pytest.fixture(scope="module")
def hook() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, hook: Receiver) -> Iterator[Api]:
    path: Path = tmp_path_factory.mktemp("renamed") / "openapi.yaml"
    path.write_text(json.dumps(renamed(), indent=1), encoding="utf-8")
    with Api.of(contract=path, webhook_url=hook.url) as api:
        api.headers["X-Dialogue-Key"] = TOKEN
        yield api


def started(api: Api, bot: str = "agent-echo", **members: Any) -> dict[str, Any]:
    answer = api.post(DIALOGUES, json={"bot": bot, **members})
    assert answer.status_code in (200, 201), answer.text
    made: dict[str, Any] = answer.json()
    return made


def said(api: Api, dialogue: dict[str, Any], words: str, **members: Any) -> Any:
    path = f"{DIALOGUES}/{dialogue['key']}/messages"
    return api.post(path, json={"words": words, **members})


def closed(api: Api, dialogue: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(f"{DIALOGUES}/{dialogue['key']}/end", json={"remark": "done"})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def found(api: Api, **query: Any) -> dict[str, Any]:
    answer = api.get(DIALOGUES, params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def test_what_is_asked_for_is_shown(api: Api) -> None:
    dialogue = started(api, medium="letter", patience=61)
    assert dialogue["bot"] == "agent-echo"
    assert dialogue["medium"] == "letter"
    assert dialogue["patience"] == 61
    assert (dialogue["over"], dialogue["phase"], dialogue["cause"]) == (False, "open", None)
    assert api.get(f"{DIALOGUES}/{dialogue['key']}").json() == dialogue


@pytest.mark.parametrize("patience", [60, 86001])
def test_what_is_beyond_the_bounds_is_refused(api: Api, patience: int) -> None:
    answer = api.post(DIALOGUES, json={"bot": "agent-echo", "patience": patience})
    assert answer.status_code == 400


def test_the_old_names_mean_nothing(api: Api) -> None:
    assert api.post(DIALOGUES, json={"agent_id": "agent-echo"}).status_code == 400
    dialogue = started(api, channel="letter", ttl_seconds=1, external_id={"a": 1})
    assert (dialogue["medium"], dialogue["patience"]) == ("web", None)
    assert started(api, external_id={"a": 1})["key"] != dialogue["key"]
    assert api.get("/api/v1/chats").status_code == 404


def test_an_endpoint_has_one_open_dialogue(api: Api) -> None:
    endpoint: dict[str, Any] = {"medium": "sms", "endpoint_id": {"to": "1"}}
    first = started(api, **endpoint)
    assert started(api, **endpoint) == first
    assert closed(api, first)["phase"] == "closed"
    assert started(api, **endpoint)["key"] != first["key"]


def test_a_turn_is_answered_and_repeated(api: Api) -> None:
    dialogue = started(api)
    answer = said(api, dialogue, "Hello", request_id="one")
    assert answer.json() == said(api, dialogue, "Hello", request_id="one").json()
    assert {*answer.json()} == {"lines", "over", "phase"}
    assert len(api.get(f"{DIALOGUES}/{dialogue['key']}").json()["lines"]) == 2
    assert said(api, dialogue, "Hello", request_id="k" * 101).status_code == 400


def test_a_closed_dialogue_takes_no_turns(api: Api) -> None:
    dialogue = closed(api, started(api))
    assert (dialogue["over"], dialogue["phase"]) == (True, "closed")
    assert said(api, dialogue, "late").status_code == 410
    assert closed(api, dialogue) == dialogue


def test_an_agent_closes_a_dialogue(api: Api) -> None:
    dialogue = started(api, "agent-closer")
    answer = said(api, dialogue, "bye").json()
    assert (answer["over"], answer["phase"]) == (True, "closed")


def test_an_outcome_is_found_and_told(api: Api, hook: Receiver) -> None:
    dialogue = started(api, context={"order": {"id": 17}})
    said(api, dialogue, "Hello")
    closed(api, dialogue)
    holding = {"kept_context.order.id": 17}
    bot, key = dialogue["bot"], dialogue["key"]
    for sought in (
        {"outcome_ids": [key]},
        {"bots": [bot], "outcomes_of": ["Over"]},
        {"wire": "web"},
    ):
        body = {**sought, "holding": holding, "on_a_sheet": 1}
        page = api.post("/api/v9/outcomes/search", json=body).json()
        assert (page["found"], page["sheets"]) == (1, 1), sought
    (row,) = page["outcomes"]
    assert (row["ending"]["why"], row["said"][0]) == (
        "user_end",
        {"who": "customer", "line": "Hello"},
    )
    told = wait_until(lambda: [one for one in hook.wait_for(1) if one["outcome_id"] == key])[0]
    assert (told.pop("told"), told.pop("how")) == ("DialogueClosed", "Done")
    assert {**row, **told} == row
    later = {"holding": holding, "closed_from": row["closed_at"], "sheet": 0}
    assert api.post("/api/v9/outcomes/search", json=later).json()["found"] == 1
    assert api.post("/api/v9/outcomes/search", json={"outcome_ids": 7}).status_code == 400


def test_a_state_keeps_outcomes_by_their_names(api: Api) -> None:
    closed(api, started(api))
    state = api.admin("GET", "/state").json()
    assert api.admin("PUT", "/state", json=state).status_code == 200
    assert api.admin("GET", "/state").json() == state
    del state["call_results"][0]["result"]["closed_at"]
    refused = api.admin("PUT", "/state", json=state).json()["errors"][0]
    assert refused["pointer"] == "/call_results/0/result/closed_at"
    sent = api.admin("POST", "/webhooks/trigger", json={"payload": {"outcome_id": "x"}})
    assert sent.status_code == 400


def test_a_list_is_filtered_and_paged(api: Api) -> None:
    before = started(api, medium="paged")
    closed(api, started(api, medium="paged"))
    page = found(api, medium="paged", only="any", limit=1, offset=1)
    assert (page["matches"], page["limit"], page["offset"]) == (2, 1, 1)
    assert [one["key"] for one in page["rows"]] == [before["key"]]
    assert found(api, medium="paged")["matches"] == 1
    assert found(api, medium="paged", only="closed")["matches"] == 1
    since = {"medium": "paged", "only": "any", "moved_since": before["moved"]}
    assert found(api, **since)["matches"] == 1
    assert found(api)["limit"] == 23
    assert api.get(DIALOGUES, params={"limit": 211}).status_code == 400
