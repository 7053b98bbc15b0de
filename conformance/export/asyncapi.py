"""AsyncAPI 3.0: the webhooks, as messages that the API sends."""

from collections.abc import Iterator
from typing import Any

from ..contract.document import Contract
from ..contract.parts import Json
from ..contract.schemas import json_schema
from .view import View, other_parts


def asyncapi(contract: Contract) -> View:
    """A channel, a message and an operation for each webhook; its address is the receiver's."""
    hooks = {name: item["post"] for name, item in contract.resolved.get("x-webhooks", {}).items()}
    document = {
        "asyncapi": "3.0.0",
        "info": {name: contract.spec["info"][name] for name in ("title", "version")},
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, hook) for name, hook in hooks.items()},
        "operations": {name: _operation(name, hook) for name, hook in hooks.items()},
    }
    return View.of("asyncapi.json", document, *_left_out(contract, hooks))


def _channel(name: str, hook: Json) -> Json:
    content = hook["requestBody"]["content"]["application/json"]
    message: dict[str, Any] = {"name": name, "payload": json_schema(content["schema"])}
    if "example" in content:
        message["examples"] = [{"payload": content["example"]}]
    return {"address": None, "messages": {name: message}}


def _operation(name: str, hook: Json) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        **{word: hook[word] for word in ("summary", "description") if word in hook},
        "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
    }


def _left_out(contract: Contract, hooks: dict[str, Json]) -> Iterator[str]:
    for name, hook in hooks.items():
        statuses = ", ".join(hook["responses"])
        yield f"the answers to {name} ({statuses}): a message that is sent has none"
    yield from other_parts(contract, "x-webhooks")
