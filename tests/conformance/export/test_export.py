"""The contract in other formats: all of it is there, or named as left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from conformance.cli.export import FORMATS
from conformance.contract.document import Contract
from conformance.target.credentials import Scheme
from tests.contracts.edits import Entry, edited, entries
from tests.contracts.renamed import renamed
from tests.sampling import every

SOUND = entries("sound.yaml")
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "key"},
}


def made(format: str, contract: Contract) -> Any:
    """The one document of a format in JSON."""
    (text,) = FORMATS[format](contract).files.values()
    return json.loads(text)


def named(entry: Entry) -> str:
    return str(entry["name"]).replace(" ", "-")


def test_openapi_31_is_valid_and_has_webhooks_and_no_nullable(contract: Contract) -> None:
    document = made("openapi", contract)
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert document["webhooks"]["chatCompleted"]["post"]["operationId"] == "chatCompleted"
    assert "x-webhooks" not in document
    assert len(document["x-rules"]) == len(contract.rules)
    assert "nullable" not in json.dumps([document["components"], document["paths"]])
    reason = document["components"]["schemas"]["NoReason"]
    assert reason["type"] == ["string", "null"]


def test_asyncapi_describes_each_webhook_and_its_example_fits(contract: Contract) -> None:
    document = made("asyncapi", contract)
    message = document["channels"]["chatCompleted"]["messages"]["chatCompleted"]
    jsonschema_rs.validator_for(message["payload"]).validate(message["examples"][0]["payload"])
    assert document["operations"]["chatCompleted"]["action"] == "send"


def test_postman_has_each_operation_once_and_what_opens_first(contract: Contract) -> None:
    document = made("postman", contract)
    names = [item["name"] for item in document["item"]]
    assert sorted(names) == sorted(contract.operations)
    assert names[0] == "openChat"
    assert "event" in document["item"][0]
    bodies = {
        item["name"]: json.loads(item["request"]["body"]["raw"])
        for item in document["item"]
        if "body" in item["request"]
    }
    assert all(contract.takes(name, body) for name, body in bodies.items())
    assert bodies.keys() == {id for id in contract.operations if contract.body(id)}


def test_an_http_file_has_each_operation_with_its_key(contract: Contract) -> None:
    (text,) = FORMATS["http"](contract).files.values()
    names = re.findall(r"^# @name (\w+)$", text, re.MULTILINE)
    assert sorted(names) == sorted(contract.operations)
    assert text.count("Authorization: Bearer {{token}}") == len(names)


def test_bruno_has_a_file_for_each_operation(contract: Contract) -> None:
    files = FORMATS["bruno"](contract).files
    assert {f"{id}.bru" for id in contract.operations} < files.keys()
    assert "  url: {{baseUrl}}/api/v1/chats/:id/messages\n" in files["submitMessage.bru"]
    assert "  id: {{id}}\n" in files["submitMessage.bru"]


def test_mermaid_has_each_event_of_each_state(contract: Contract) -> None:
    (text,) = FORMATS["mermaid"](contract).files.values()
    arrows = dict(re.findall(r"^    (s\d --> s\d): (.*)$", text, re.MULTILINE))
    assert arrows == {
        "s0 --> s0": "submit<br/>replay without effect",
        "s0 --> s1": "finish (agent_finish)<br/>end (user_end)<br/>expire (ttl)",
        "s1 --> s1": "submit, finish refused (409, 400, 410, 422)<br/>"
        "replay, end, expire without effect",
    }


def test_arazzo_has_each_row_or_says_why_not(contract: Contract) -> None:
    view = FORMATS["arazzo"](contract)
    (text,) = view.files.values()
    told = {flow["workflowId"] for flow in json.loads(text)["workflows"]}
    left = {part.partition(":")[0].replace(" × ", "-") for part in view.left_out}
    assert told | left >= {f"{state}-{event}" for state, event in contract.lifecycle.rows}
    assert told == {f"{s}-{e}" for s in ("active", "final") for e in ("submit", "replay", "end")}


def test_arazzo_expects_that_a_reason_stays(contract: Contract) -> None:
    flows = {flow["workflowId"]: flow for flow in made("arazzo", contract)["workflows"]}
    conditions = [one["condition"] for one in flows["final-end"]["steps"][-1]["successCriteria"]]
    assert "$response.body#/final_reason == 'user_end'" in conditions


@pytest.mark.parametrize("entry", every(10, SOUND), ids=named)
def test_every_sound_contract_has_every_format(entry: Entry, tmp_path: Path) -> None:
    contract = Contract(edited(entry, tmp_path).path)
    assert all(all(make(contract).files.values()) for make in FORMATS.values())
    assert list(OpenAPIV31SpecValidator(made("openapi", contract)).iter_errors()) == []


def test_a_contract_of_other_names_is_told_by_those(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(json.dumps(renamed()), encoding="utf-8")
    contract = Contract(path)
    flows = {flow["workflowId"]: flow["steps"] for flow in made("arazzo", contract)["workflows"]}
    opening, ending, reading = flows["open-end"]
    assert opening["requestBody"]["payload"] == {"bot": "$inputs.agent"}
    assert opening["outputs"] == {"id": "$response.body#/key"}
    assert ending["operationId"] == "closeDialogue"
    conditions = [one["condition"] for one in reading["successCriteria"]]
    assert "$response.body#/over == true" in conditions
    (http,) = FORMATS["http"](contract).files.values()
    assert "/api/v9/dialogues/{{id}}/" in http
    assert 'client.global.set("id", response.body["key"])' in http
    assert "X-Dialogue-Key: {{token}}" in http


@pytest.mark.parametrize(("kind", "scheme"), SCHEMES.items())
def test_the_key_is_carried_as_the_contract_says(
    kind: str, scheme: dict[str, Any], tmp_path: Path
) -> None:
    path = edited({"set": {"/components/securitySchemes/bearer": scheme}}, tmp_path).path
    contract = Contract(path)
    assert Scheme.of(contract.resolved) == Scheme(kind, scheme.get("name", ""))
    (http,) = FORMATS["http"](contract).files.values()
    carried = {
        "bearer": "Authorization: Bearer {{token}}",
        "basic": "Authorization: Basic {{token}}",
        "header": "X-Key: {{token}}",
        "query": "?key={{token}}",
        "cookie": "Cookie: key={{token}}",
    }
    assert carried[kind] in http


def test_the_command_prints_one_file_and_says_what_is_left_out(ask: Callable[..., Any]) -> None:
    told = ask("export", "mermaid")
    assert told.code == 0
    assert told.out.startswith("stateDiagram-v2\n")
    assert "left out: x-rules (" in told.err


def test_many_files_want_a_folder(ask: Callable[..., Any], tmp_path: Path) -> None:
    told = ask("export", "bruno")
    assert told.code == 2
    assert "bruno is made of 8 files; --out says where to" in told.err
    assert ask("export", "bruno", "--out", str(tmp_path / "chats")).code == 0
    assert (tmp_path / "chats" / "environments" / "default.bru").exists()


def test_an_unknown_format_is_told_with_those_that_there_are(ask: Callable[..., Any]) -> None:
    told = ask("export", "raml")
    assert told.code == 2
    assert "'asyncapi'" in told.err
