"""Makes contracts of `openapi.yaml` that lack a word of `x-resource`, and all that is about it."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conformance.contract.consistency import contradictions
from conformance.contract.definition import Definition
from conformance.contract.references import Document

from .edits import WHOLE

AGENTS = {"tool_agent", "closing_agent", "disabled_agent"}

Json = dict[str, Any]


def without(*words: str) -> Json:
    """The contract as it is without these words."""
    document: Json = json.loads(WHOLE)
    for word in words:
        WAYS[word](document)
    if "x-webhooks" in words and "operations.search" in words:
        _without_event(document, "", "pipeline")
    return judged(document)


def judged(document: Json) -> Json:
    """The contract without the rules that are about what it lacks."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.yaml"
        path.write_text(json.dumps(document), encoding="utf-8")
        value = Document(path).value
    found = [*Definition().not_executed(value), *contradictions(value)]
    lost = {defect.steps[1] for defect in found if defect.steps[0] == "x-rules"}
    rules = document["x-rules"]
    document["x-rules"] = [rule for place, rule in enumerate(rules) if place not in lost]
    return document


def _without_agent(document: Json) -> None:
    name = document["x-resource"]["members"].pop("agent")
    for reason in ("unknown-agent", "agent-disabled", "agent-failed"):
        del document["x-resource"]["refusals"][reason]
    table = document["x-lifecycle"]
    del table["events"]["finish"]
    table["transitions"] = [row for row in table["transitions"] if row["event"] != "finish"]
    table["immutable"]["always"].remove(name)
    schemas = document["components"]["schemas"]
    del schemas["OpenRequest"]["required"]
    del document["x-resource"]["list"]["filters"][name]
    submit = document["paths"]["/api/v1/chats/{id}/messages"]["post"]
    answer = submit["responses"]["200"]["content"]["application/json"]
    answer["schema"] = {"$ref": "#/components/schemas/Session"}
    answer["examples"] = {"active": {"$ref": "#/components/examples/ActiveSession"}}
    for unused in ("TurnResult", "ActiveTurnResult", "FinalTurnResult"):
        del schemas[unused]
    message = document["x-resource"]["message"]
    del message["agent"]
    for member in (name, message.pop("calls")):
        _removed(document, member)
    for role in ("agent", "profile"):
        unleft(document, role)
    for rule in document["x-rules"]:
        if needs := [need for need in rule.pop("needs", ()) if need not in AGENTS]:
            rule["needs"] = needs
    rules = [one for one in document["x-rules"] if "finish" not in (one.get("by"), one.get("when"))]
    document["x-rules"] = rules


def _without_unique(document: Json) -> None:
    _removed(document, document["x-resource"].pop("unique")["key"][1])
    # What refuses a second open, or an agent that is disabled.
    opening = document["paths"]["/api/v1/chats"]["post"]["responses"]
    if "agent" not in document["x-resource"]["members"]:
        del opening["409"]


def _without_search(document: Json) -> None:
    name = document["x-resource"]["operations"].pop("search")
    del document["paths"]["/api/v1/callresults/search"]
    _unlinked(document, name)
    _without_rows(document)
    for rule in document["x-rules"]:
        rule["operations"] = [id for id in rule["operations"] if id != name]
    document["x-rules"] = [rule for rule in document["x-rules"] if rule["operations"]]


def _without_rows(document: Json) -> None:
    """Leave the names of call results to the webhook, where it has them."""
    declared, schemas = document["x-resource"], document["components"]["schemas"]
    for name in ("CallResultSearch", "CallResultPage", "CallResult"):
        del schemas[name]
    del declared["search"]
    if "x-webhooks" not in document:
        del declared["result"]
        return
    lines = schemas["TranscriptLine"]["properties"]
    held = {*schemas["CompletedWebHookPayload"]["properties"], *lines}
    result = declared["result"]
    result["further"] = [name for name in result["further"] if name in held]
    result["fixed"] = {name: text for name, text in result["fixed"].items() if name in held}


def _without_data(document: Json) -> None:
    unleft(document, "data")
    del document["x-resource"]["request"]["reserved"]
    _removed(document, document["x-resource"]["request"].pop("data"))


def _without_note(document: Json) -> None:
    del document["x-resource"]["request"]["note"]
    del document["paths"]["/api/v1/chats/{id}/end"]["post"]["requestBody"]


def _without_mirror(document: Json) -> None:
    _unshown(document, document["x-resource"]["state"].pop("mirror"))


def _without_reason(document: Json) -> None:
    _unshown(document, document["x-resource"]["state"].pop("reason"))


def _without_channel(document: Json) -> None:
    name = document["x-resource"]["members"].pop("channel")
    del document["x-resource"]["list"]["filters"][name]
    unleft(document, "channel")
    _unshown(document, name)


def _without_timer(document: Json) -> None:
    names = document["x-resource"].pop("timer")
    filters = document["x-resource"]["list"]["filters"]
    parameters = [name for name, one in filters.items() if isinstance(one, dict) and "later" in one]
    for name in parameters:
        del filters[name]
    for name in (*names.values(), *parameters):
        _unshown(document, name)
    _without_event(document, "expire", "touch")


def _without_key(document: Json) -> None:
    _removed(document, document["x-resource"].pop("idempotency")["member"])
    _without_event(document, "replay", "remember")


def _without_webhook(document: Json) -> None:
    del document["x-webhooks"], document["components"]["schemas"]["CompletedWebHookPayload"]
    result = document["x-resource"].get("result", {})
    if "search" not in document["x-resource"]:
        document["x-resource"].pop("result", None)
        return
    rows = document["components"]["schemas"]["CallResult"]["properties"]
    result["further"].remove("serverJobId")
    result["fixed"] = {name: text for name, text in result["fixed"].items() if name in rows}


def _without_event(document: Json, event: str, effect: str) -> None:
    table = document["x-lifecycle"]
    table["events"].pop(event, None)
    del table["effects"][effect]
    table["transitions"] = [row for row in table["transitions"] if row["event"] != event]
    for row in table["transitions"]:
        row["effects"] = [one for one in row["effects"] if one != effect]
    document["x-rules"] = [
        one
        for one in document["x-rules"]
        if not event or event not in (one.get("by"), one.get("when"))
    ]


WAYS = {
    "members.channel": _without_channel,
    "timer": _without_timer,
    "idempotency": _without_key,
    "x-webhooks": _without_webhook,
    "members.agent": _without_agent,
    "operations.search": _without_search,
    "unique": _without_unique,
    "request.data": _without_data,
    "request.note": _without_note,
    "state.mirror": _without_mirror,
    "state.reason": _without_reason,
}


def unleft(document: Json, role: str) -> None:
    """Take a member out of what an end leaves, and out of what that is searched by."""
    declared, schemas = document["x-resource"], document["components"]["schemas"]
    if (name := declared.get("result", {}).pop(role, None)) is None:
        return
    found = declared.get("search", {"filters": {}})["filters"]
    told = {one: raw if isinstance(raw, str) else raw["member"] for one, raw in found.items()}
    for one in (one for one, member in told.items() if member == name):
        del found[one]
        _removed(schemas["CallResultSearch"], one)
        _removed(document["paths"]["/api/v1/callresults/search"], one)
    for part in (document.get("x-webhooks"), document["paths"].get("/api/v1/callresults/search")):
        _removed(part, name)
    for schema in ("CallResult", "CompletedWebHookPayload"):
        _removed(schemas.get(schema), name)


def _unshown(document: Json, name: str) -> None:
    """Take a member out of the sessions, and of what is said of them."""
    _removed(document, name)
    told = [document["x-lifecycle"]["immutable"], *document["x-rules"]]
    for part in told:
        for key in ("members", "always", "final"):
            if name in part.get(key, ()):
                part[key] = [one for one in part[key] if one != name]
    document["x-rules"] = [one for one in document["x-rules"] if one.get("members") != []]


def _unlinked(node: Any, operation: str) -> None:
    """Take the links to an operation away."""
    if isinstance(node, dict) and "links" in node:
        links = node["links"].items()
        node["links"] = {k: one for k, one in links if one.get("operationId") != operation}
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        _unlinked(inner, operation)


def _removed(node: Any, name: str) -> None:
    """Take a member out of every schema, example and list of parameters."""
    if isinstance(node, dict):
        node.pop(name, None)
        if isinstance(node.get("required"), list):
            node["required"] = [one for one in node["required"] if one != name]
        if isinstance(node.get("parameters"), list):
            node["parameters"] = [p for p in node["parameters"] if p.get("name") != name]
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        _removed(inner, name)
