"""A Postman collection (v2.1): a request for each operation."""

from typing import Any

from ..contract.document import Contract
from ..contract.parts import Json
from ..target.credentials import Scheme
from .calls import SHOWN, Call, base_url, calls, header, variables
from .view import View, as_json, other_parts

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def postman(contract: Contract) -> View:
    """Sent in their order, the requests are about the session that the first one opens."""
    info = contract.spec["info"]
    document = {
        "info": {"name": info["title"], "version": info["version"], "schema": SCHEMA},
        "item": [_item(call, contract.resource.id) for call in calls(contract)],
        "variable": [
            {"key": "baseUrl", "value": base_url(contract)},
            {"key": "token", "value": ""},
        ],
    }
    if (key := Scheme.of(contract.resolved)).kind:
        document["auth"] = _auth(key)
    return View.of("postman.json", document, SHOWN, *other_parts(contract, "paths"))


def _item(call: Call, id: str) -> Json:
    item: Json = {"name": call.operation, "request": _request(call)}
    if call.opens:
        lines = [f'pm.collectionVariables.set("id", pm.response.json()[{as_json(id).strip()}]);']
        item["event"] = [{"listen": "test", "script": {"type": "text/javascript", "exec": lines}}]
    return item


def _request(call: Call) -> Json:
    segments = call.path.replace("{", ":").replace("}", "").strip("/").split("/")
    query = [{"key": name, "value": value, "disabled": True} for name, value in call.query.items()]
    url: Json = {
        "raw": "{{baseUrl}}/" + "/".join(segments),
        "host": ["{{baseUrl}}"],
        "path": segments,
        "query": query,
        "variable": [{"key": name, "value": "{{id}}"} for name in variables(call.path)],
    }
    request: Json = {"description": call.summary, "method": call.method, "url": url}
    if call.body is not None:
        options = {"raw": {"language": "json"}}
        request["body"] = {"mode": "raw", "raw": as_json(call.body), "options": options}
    return request


def _auth(key: Scheme) -> Json:
    def values(**given: Any) -> list[Json]:
        return [{"key": name, "value": value, "type": "string"} for name, value in given.items()]

    if key.kind == "bearer":
        return {"type": "bearer", "bearer": values(token="{{token}}")}
    if key.kind == "basic":
        return {"type": "basic", "basic": values(username="{{user}}", password="{{token}}")}
    place = "query" if key.kind == "query" else "header"
    name, value = header(key, "{{token}}") or (key.name, "{{token}}")
    return {"type": "apikey", "apikey": values(key=name, value=value, **{"in": place})}
