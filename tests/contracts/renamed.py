"""The contract with every name another one and every number shifted, at once.

`python -m tests.contracts.renamed` writes it. Whatever a program takes from anywhere but the
contract shows: it asks for what is not there, or gives what nobody has named.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from .edits import CONTRACT, Entry

# By what is exactly such a word, wherever it stands.
NAMES = {
    "openChat": "startDialogue",
    "getChat": "showDialogue",
    "listChats": "findDialogues",
    "submitMessage": "say",
    "endChat": "closeDialogue",
    "searchCallResults": "findOutcomes",
    "agent_id": "bot",
    "channel": "medium",
    "messages": "lines",
    "created_time": "begun",
    "last_activity": "moved",
    "ttl_seconds": "patience",
    "is_final": "over",
    "final_reason": "cause",
    "external_id": "endpoint_id",
    "additional_data": "context",
    "idempotency_key": "request_id",
    "note": "remark",
    "total_count": "matches",
    "skip": "offset",
    "take": "limit",
    "updated_after": "moved_since",
    "active": "open",
    "final": "closed",
    "all": "any",
    # What is said in a session, and by whom.
    "role": "author",
    "tool_calls": "tools",
    "time": "at",
    "user": "customer",
    "assistant": "machine",
    # What an end leaves, and how it is searched.
    "callId": "outcome_id",
    "agentId": "bot_id",
    "agentAdditionalData": "bot_context",
    "callAdditionalData": "kept_context",
    "endpoint": "wire",
    "createdTime": "begun_at",
    "completedTime": "closed_at",
    "durationSeconds": "lasted",
    "result": "ending",
    "finishReason": "why",
    "postCallAnalysis": "findings",
    "transcription": "said",
    "speaker": "who",
    "callStatus": "outcome",
    "callType": "sort",
    "orgId": "house",
    "sip": "trunk",
    "score": "grade",
    "endTime": "said_until",
    "aggregations": "sums",
    "results": "outcomes",
    "totalCount": "found",
    "totalPages": "sheets",
    "page": "sheet",
    "size": "on_a_sheet",
    "callIds": "outcome_ids",
    "agentIds": "bots",
    "callStatuses": "outcomes_of",
    "fromDate": "closed_from",
    "toDate": "closed_until",
    "additionalDataFilters": "holding",
}
# By what stands in a session, in a turn or in a page alone.
IN_SESSION = {"id": "key", "status": "phase"}
TEXT = "words"
SAID = "utterance"  # the text of a message
ITEMS = "rows"
STATE = "only"
NUMBERS = {60: 61, 86400: 86000, 200: 210, 20: 23, 128: 100, 50: 51}
PATHS = {"/api/v1/chats": "/api/v9/dialogues", "/api/v1/callresults": "/api/v9/outcomes"}
ROLES = (
    *(
        "operations",
        "members",
        "message",
        "request",
        "state",
        "unique",
        "idempotency",
        "timer",
        "list",
    ),
    *("result", "search"),
)
# What is fixed in what an end leaves, and what it is called and is told instead.
FIXED = {
    "type": ("told", "DialogueClosed"),
    "status": ("how", "Done"),
    "callStatus": ("outcome", "Over"),
    "callType": ("sort", "Talk"),
    "orgId": ("house", "ours"),
}
LINE = "line"  # the text of a line


def renamed(contract: Entry = CONTRACT) -> Entry:
    """A contract like ours, renamed and shifted."""
    document: Entry = copy.deepcopy(contract)
    declared = document.pop("x-resource")
    rules = document.pop("x-rules")
    _rename_state_filter(document)
    document = _exactly(document)
    document["x-resource"] = _declaration(declared)
    document["x-rules"] = [_rule(rule) for rule in rules]
    _outcomes(document)
    _sessions(document)
    _turns_and_pages(document)
    _numbers(document)
    _paths(document)
    document["components"]["securitySchemes"]["bearer"] = {
        "type": "apiKey",
        "in": "header",
        "name": "X-Dialogue-Key",
    }
    return document


def _exactly(node: Any) -> Any:
    if isinstance(node, dict):
        return {NAMES.get(name, name): _exactly(part) for name, part in node.items()}
    if isinstance(node, list):
        return [_exactly(part) for part in node]
    return NAMES.get(node, node) if isinstance(node, str) else node


def _declaration(declared: dict[str, Any]) -> dict[str, Any]:
    made = {part: _values(declared[part]) for part in ROLES}
    made["members"]["identity"] = IN_SESSION["id"]
    made["state"]["member"] = IN_SESSION["status"]
    made["message"]["text"] = SAID
    made["request"]["text"] = TEXT
    made["list"]["items"] = ITEMS
    made["list"]["filters"] = _exactly(declared["list"]["filters"])
    found = made["list"]["filters"]
    found[STATE] = {"member": IN_SESSION["status"], "all": NAMES["all"]}
    del found["state"]
    found["moved_since"] = {"member": NAMES["last_activity"], "later": True}
    made["result"]["fixed"] = dict(FIXED.values())
    made["result"]["transcript"]["text"] = LINE
    made["search"]["filters"] = _exactly(declared["search"]["filters"])
    late = [410, 409, 400, 422]
    return {**made, "refusals": {**declared["refusals"], "session-final": late}}


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """The rule, with what it names in the contract by the new names."""
    named = {name: rule[name] for name in ("operations", "given", "members") if name in rule}
    made: dict[str, Any] = {**rule, **_exactly(named)}
    if "members" in made:
        others = {"content": TEXT, "state": STATE, **IN_SESSION}
        made["members"] = [others.get(name, name) for name in made["members"]]
    return made


def _values(node: Any) -> Any:
    if isinstance(node, dict):
        return {role: _values(part) for role, part in node.items()}
    if isinstance(node, list):
        return [_values(part) for part in node]
    return NAMES.get(node, node) if isinstance(node, str) else node


def _rename_state_filter(document: dict[str, Any]) -> None:
    for parameter in document["paths"]["/api/v1/chats"]["get"]["parameters"]:
        if parameter["name"] == "state":
            parameter["name"] = STATE
    end = document["paths"]["/api/v1/chats/{id}/end"]["post"]["responses"]["200"]
    parameters = end["links"]["ListFinal"]["parameters"]
    parameters[STATE] = parameters.pop("state")


def _sessions(node: Any) -> None:
    """Rename what sessions and turns hold, in their schemas and in values of them."""
    if isinstance(node, list):
        for place, part in enumerate(node):
            node[place] = _expression(part) if isinstance(part, str) else part
            _sessions(part)
    if not isinstance(node, dict):
        return
    if NAMES["is_final"] in node:
        for old, new in IN_SESSION.items():
            if old in node:
                node[new] = node.pop(old)
    if NAMES["role"] in node:
        node[SAID] = node.pop("content")
    if isinstance(required := node.get("required"), list):
        node["required"] = _required(required)
    for name, part in node.items():
        if name == "always" or (name == NAMES["final"] and isinstance(part, list)):
            node[name] = [IN_SESSION.get(one, one) for one in part]
        elif isinstance(part, str):
            node[name] = _expression(part)
        else:
            _sessions(part)


def _required(names: list[str]) -> list[str]:
    if NAMES["is_final"] in names:
        return [IN_SESSION.get(name, name) for name in names]
    return [SAID if NAMES["role"] in names and name == "content" else name for name in names]


def _expression(text: str) -> str:
    """An expression that a link follows into a session or a page, by the new names."""
    if not text.startswith("$response.body#/"):
        return text
    names = {**NAMES, **IN_SESSION, "items": ITEMS}
    return "/".join(names.get(step, step) for step in text.split("/"))


def _outcomes(document: dict[str, Any]) -> None:
    """Rename what an end leaves where its words have other meanings elsewhere."""
    schemas, hook = document["components"]["schemas"], document["x-webhooks"]["chatCompleted"]
    search = document["paths"]["/api/v1/callresults/search"]["post"]["responses"]["200"]
    found = search["content"]["application/json"]["examples"][NAMES["page"]]["value"]
    sent = hook["post"]["requestBody"]["content"]["application/json"]["example"]
    payload = schemas["CompletedWebHookPayload"]
    for old in ("type", "status"):
        new, told = FIXED[old]
        payload["properties"].pop(old)
        payload["properties"][new] = {"type": "string", "enum": [told]}
        sent.pop(old)
    payload["required"] = [FIXED.get(name, [name])[0] for name in payload["required"]]
    for left in (sent, *found["outcomes"]):
        left.update({name: told for name, told in FIXED.values() if name in left or left is sent})
        for line in left["said"]:
            line[LINE] = line.pop("text")
    line = schemas["TranscriptLine"]
    line["properties"][LINE] = line["properties"].pop("text")
    line["required"] = ["who", LINE]
    sent.pop("outcome")


def _turns_and_pages(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    body = schemas["SubmitRequest"]
    body["properties"][TEXT] = body["properties"].pop("content")
    body["required"] = [TEXT]
    page = schemas["SessionPage"]
    page["properties"][ITEMS] = page["properties"].pop("items")
    page["required"] = [ITEMS if name == "items" else name for name in page["required"]]
    say = document["paths"]["/api/v1/chats/{id}/messages"]["post"]
    for example in say["requestBody"]["content"]["application/json"]["examples"].values():
        example["value"][TEXT] = example["value"].pop("content")
    listed = document["paths"]["/api/v1/chats"]["get"]["responses"]["200"]["content"]
    value = listed["application/json"]["examples"][NAMES["page"]]["value"]
    value[ITEMS] = value.pop("items")


def _numbers(node: Any) -> None:
    for name, part in node.items() if isinstance(node, dict) else enumerate(node):
        if name in ("minimum", "maximum", "default", "maxLength", "maxItems", NAMES["take"]):
            node[name] = NUMBERS.get(part, part) if isinstance(part, int) else part
        if isinstance(part, dict | list):
            _numbers(part)


def _paths(document: dict[str, Any]) -> None:
    moved = {}
    for path, item in document["paths"].items():
        for old, new in PATHS.items():
            path = path.replace(old, new)
        moved[re.sub(r"\{id\}", "{key}", path)] = item
    document["paths"] = moved
    document["components"]["parameters"]["SessionId"]["name"] = "key"
    for link in _links(document):
        parameters = link.get("parameters", {})
        if "id" in parameters:
            where = parameters.pop("id")
            parameters["key"] = where.replace("$request.path.id", "$request.path.key")


def _links(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [link for part in node for link in _links(part)]
    if not isinstance(node, dict):
        return []
    own = [link for link in node.get("links", {}).values() if isinstance(link, dict)]
    return own + [link for name, part in node.items() for link in _links(part)]


if __name__ == "__main__":
    print(json.dumps(renamed(), indent=1))
