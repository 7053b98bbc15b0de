"""A contract without a word of `x-resource` is served without it, and judged by the other rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.contract.source import ContractError
from mock_server.contract.document import load_contract
from mock_server.contract.source import FixtureError
from tests.sampling import every
from tests.serving import Api

from .edits import WHOLE
from .test_judged import announced, broken
from .without import WAYS, judged, unleft, without

SEARCH = "/api/v1/callresults/search"


@contextmanager
def served(folder: Path, *words: str) -> Iterator[tuple[Api, Contract]]:
    """A mock of a contract without these words, and the contract as the suite reads it."""
    path = folder / "openapi.yaml"
    path.write_text(json.dumps(without(*words)), encoding="utf-8")
    with Api.of(contract=path) as api:
        yield api, Contract(path)


@pytest.mark.session
def test_no_search(tmp_path: Path) -> None:
    with served(tmp_path, "operations.search") as (api, contract):
        session = api.open()
        api.end(session["id"])
        state = api.admin("GET", "/state").json()
        assert (state["call_results"], len(state["audit"])) == ([], 1)
        assert api.admin("PUT", "/state", json=state).status_code == 200
        assert broken(contract, api, profile="core") == []


@pytest.mark.session
@pytest.mark.parametrize("member", ["mirror", "reason"])
def test_no_member_of_the_state(member: str, tmp_path: Path) -> None:
    with served(tmp_path, f"state.{member}") as (api, contract):
        name = {"mirror": "is_final", "reason": "final_reason"}[member]
        ended = api.end(api.open()["id"]).json()
        assert ended["status"] == "final"
        assert name not in ended
        assert broken(contract, api, profile="core") == []


@pytest.mark.session
def test_neither_data_nor_a_note(tmp_path: Path) -> None:
    with served(tmp_path, "request.data", "request.note") as (api, contract):
        session = api.open(additional_data={"ignored": "altogether"})
        assert api.post(f"/api/v1/chats/{session['id']}/end").status_code == 200
        (audit,) = api.admin("GET", "/state").json()["audit"]
        assert "note" not in audit or audit["note"] is None
        assert broken(contract, api, profile="core") == []


@pytest.mark.slow
def test_no_webhook(tmp_path: Path) -> None:
    with served(tmp_path, "x-webhooks") as (api, contract):
        refused = api.admin("PUT", "/webhooks/target", json={"url": "http://127.0.0.1:9/"})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/no-webhook-target")
        session = api.open()
        api.end(session["id"])
        assert api.search(callIds=[session["id"]])["totalCount"] == 1
        assert api.admin("GET", "/webhooks/deliveries").json()["deliveries"] == []
        assert broken(contract, api, profile="core") == []
    url, path = "http://127.0.0.1:9/", tmp_path / "openapi.yaml"
    with (
        pytest.raises(FixtureError, match="wanted a webhook, for --webhook-url, got none"),
        Api.of(contract=path, webhook_url=url),
    ):
        pass


def test_a_pipeline_of_nothing(tmp_path: Path) -> None:
    document = without("x-webhooks", "operations.search")
    document["x-lifecycle"]["effects"]["pipeline"] = "Nothing at all."
    path = tmp_path / "openapi.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    for load, error in ((Contract, ContractError), (load_contract, FixtureError)):
        with pytest.raises(error, match='append, finalise, touch|"pipeline"'):
            load(path)


@pytest.mark.session
def test_no_key(tmp_path: Path) -> None:
    with served(tmp_path, "idempotency") as (api, contract):
        session = api.open()
        for _ in range(2):
            api.submit(session["id"], idempotency_key="one")
        assert len(api.read(session["id"])["messages"]) == 4
        assert broken(contract, api, profile="core") == []


@pytest.mark.session
def test_no_timer(tmp_path: Path) -> None:
    with served(tmp_path, "timer") as (api, contract):
        session = api.open(ttl_seconds=60)
        assert not {"ttl_seconds", "last_activity"} & session.keys()
        api.admin("POST", "/clock/advance", json={"by": "PT1H"})
        assert api.read(session["id"])["status"] == "active"
        state = api.admin("GET", "/state").json()
        state["sessions"][0]["ttl_seconds"] = 60
        refused = api.admin("PUT", "/state", json=state).json()["errors"][0]
        assert refused["pointer"] == "/sessions/0/ttl_seconds"
        assert broken(contract, api, profile="core") == []


def test_what_a_word_brings_is_refused_without_it(tmp_path: Path) -> None:
    table = json.loads(WHOLE)["x-lifecycle"]
    for word, event in (("timer", "expire"), ("idempotency", "replay")):
        document = without(word)
        document["x-lifecycle"]["events"][event] = table["events"][event]
        path = tmp_path / "openapi.yaml"
        path.write_text(json.dumps(document), encoding="utf-8")
        for load, error in ((Contract, ContractError), (load_contract, FixtureError)):
            with pytest.raises(error, match=f"as x-resource has no {word}"):
                load(path)


def test_no_word_that_can_be_left_out(tmp_path: Path) -> None:
    with served(tmp_path, *WAYS) as (api, contract):
        assert {*api.open()} == {"id", "messages", "created_time", "status"}
        assert broken(contract, api, profile="core") == []


@pytest.mark.parametrize("kept", every(4, WAYS))
def test_any_one_of_the_words_alone(kept: str, tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    needed = {"unique": "members.channel"}.get(kept)  # what is unique is so within a channel
    path.write_text(json.dumps(without(*(word for word in WAYS if word not in (kept, needed)))))
    assert Contract(path).rules
    assert [*load_contract(path).operations()]


def bare() -> dict[str, Any]:
    """A contract whose call results and webhook tell the id and the end alone."""
    document = without()
    for role in ("agent", "profile", "data", "channel", "created", "duration"):
        unleft(document, role)
    for role in ("outcome", "transcript"):
        document["x-resource"]["result"][role] = document["x-resource"]["result"][role]["member"]
        unleft(document, role)
    schemas, search = document["components"]["schemas"], document["x-resource"]["search"]
    pages = search.pop("pages")
    page = schemas["CallResultPage"]
    del page["properties"][pages], schemas["TranscriptLine"]
    page["required"].remove(pages)
    answer = document["paths"][SEARCH]["post"]["responses"]["200"]["content"]["application/json"]
    del answer["examples"]
    further = document["x-resource"]["result"]["further"]
    document["x-resource"]["result"]["further"] = [
        name for name in further if name not in ("startTime", "endTime")
    ]
    return judged(document)


@pytest.mark.slow
def test_call_results_of_an_id_and_an_end_alone(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(json.dumps(bare()), encoding="utf-8")
    with Api.of(contract=path) as api:
        id = api.end(api.open()["id"]).json()["id"]
        (row,) = api.search(callIds=[id])["results"]
        assert row.keys() == {"callId", "completedTime", "callStatus", "callType", "orgId"}
        assert api.search(callStatuses=["Failed"]) == {"results": [], "totalCount": 0}
        state = api.admin("GET", "/state").json()
        assert api.admin("PUT", "/state", json=state).status_code == 200
        assert broken(Contract(path), api, profile="core") == []
    outcomes = announced(path)
    assert {outcomes[id][0] for id in outcomes if id.startswith("HOOK")} == {"pass"}


def test_what_tells_of_no_data_is_refused(tmp_path: Path) -> None:
    rules = {rule["id"]: rule for rule in json.loads(WHOLE)["x-rules"]}
    path, says = tmp_path / "openapi.yaml", "wanted another kind, as x-resource.result has no"
    for id in ("FIN-02", "FIN-04", "FIN-05", "FIN-06", "FIN-07", "HOOK-06", "HOOK-07"):
        document = bare()
        document["x-rules"].append({**rules[id], "id": "OWN-01"})
        path.write_text(json.dumps(document), encoding="utf-8")
        for load, error in ((Contract, ContractError), (load_contract, FixtureError)):
            with pytest.raises(error, match=says):
                load(path)


@pytest.mark.session
def test_one_schema_of_a_session_in_any_state(tmp_path: Path) -> None:
    document = without("state.mirror", "members.agent")
    schemas = document["components"]["schemas"]
    for name in ("Session", "ListedSession"):
        merged = schemas[name.replace("Session", "ActiveSession")]
        merged["properties"]["status"] = {"type": "string", "enum": ["active", "final"]}
        merged["properties"]["final_reason"] = {"type": "string", "nullable": True}
        schemas[name] = merged
    path = tmp_path / "openapi.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    with Api.of(contract=path) as api:
        assert api.end(api.open()["id"]).json()["status"] == "final"
        assert broken(Contract(path), api, profile="core") == []
