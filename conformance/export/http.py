"""HTTP files, as the editors of JetBrains and, with httpyac, Visual Studio Code send them."""

import re
from collections.abc import Iterator

from ..contract.document import Contract
from ..target.credentials import Scheme
from .calls import Call, base_url, calls, header
from .view import View, as_json, other_parts


def http(contract: Contract) -> View:
    """One file; the request that opens keeps the id that the others name."""
    key, id = Scheme.of(contract.resolved), contract.resource.id
    head = f"@baseUrl = {base_url(contract)}\n@token = any\n"
    text = "\n".join([head, *("\n".join(_lines(call, key, id)) for call in calls(contract))])
    return View({"requests.http": text}, tuple(_left_out(contract)))


def _lines(call: Call, key: Scheme, id: str) -> Iterator[str]:
    yield f"### {call.summary}"
    yield f"# @name {call.operation}"
    query = f"?{key.name}={{{{token}}}}" if key.kind == "query" else ""
    path = re.sub(r"\{[^}]*\}", "{{id}}", call.path)  # the id that was kept
    yield f"{call.method} {{{{baseUrl}}}}{path}{query}"
    if carried := header(key, "{{token}}"):
        yield ": ".join(carried)
    if call.body is not None:
        yield "Content-Type: application/json"
        yield ""
        yield as_json(call.body).rstrip()
    yield ""
    if call.opens:
        yield f'> {{% client.global.set("id", response.body[{as_json(id).strip()}]); %}}'
        yield ""


def _left_out(contract: Contract) -> Iterator[str]:
    for call in calls(contract):
        if call.query:
            yield f"the parameters of {call.operation}: {', '.join(call.query)}"
    yield "the schemas of requests and answers: an HTTP file holds examples"
    yield from other_parts(contract, "paths")
