"""A Bruno collection: a folder with a file for each operation."""

from collections.abc import Iterator

from ..contract.document import Contract
from ..target.credentials import Scheme
from .calls import SHOWN, Call, base_url, calls, header, variables
from .view import View, as_json, other_parts


def bruno(contract: Contract) -> View:
    """Run in their order, the requests are about the session that the first one opens."""
    key, id = Scheme.of(contract.resolved), contract.resource.id
    title = contract.spec["info"]["title"]
    files = {
        "bruno.json": as_json({"version": "1", "name": title, "type": "collection"}),
        "environments/default.bru": _block(
            "vars", (f"baseUrl: {base_url(contract)}", "token: any")
        ),
    }
    for place, call in enumerate(calls(contract), 1):
        files[f"{call.operation}.bru"] = "\n".join(_blocks(place, call, key, id))
    return View(files, (SHOWN, *other_parts(contract, "paths")))


def _blocks(place: int, call: Call, key: Scheme, id: str) -> Iterator[str]:
    yield _block("meta", (f"name: {call.operation}", "type: http", f"seq: {place}"))
    kind = key.kind if key.kind in ("bearer", "basic") else "none"
    body = "none" if call.body is None else "json"
    names = variables(call.path)
    url = f"url: {{{{baseUrl}}}}{call.path.replace('{', ':').replace('}', '')}"
    yield _block(call.method.lower(), (url, f"body: {body}", f"auth: {kind}"))
    query = [f"~{name}: {value}" for name, value in call.query.items()]
    if key.kind == "query":
        query.append(f"{key.name}: {{{{token}}}}")
    yield from _filled("params:query", query)
    yield from _filled("params:path", [f"{name}: {{{{id}}}}" for name in names])
    carried = header(key, "{{token}}") if kind == "none" else None
    yield from _filled("headers", [": ".join(carried)] if carried else [])
    if kind == "bearer":
        yield _block("auth:bearer", ("token: {{token}}",))
    elif kind == "basic":
        yield _block("auth:basic", ("username: {{user}}", "password: {{token}}"))
    if call.body is not None:
        yield _block("body:json", as_json(call.body).splitlines())
    if call.opens:
        yield _block("vars:post-response", (f"id: res.body.{id}",))


def _filled(name: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield _block(name, lines)


def _block(name: str, lines: tuple[str, ...] | list[str]) -> str:
    return f"{name} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"
