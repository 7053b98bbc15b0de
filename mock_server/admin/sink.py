"""The sink of a sandbox: webhooks come in, tests read them."""

from typing import Any

from ..domain.instants import format_instant
from ..http.validation import Call
from ..mock import Mock
from ..sandbox.sandbox import Sandbox
from ..webhooks.sink import Received
from .calls import Answer


async def put_in_sink(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """POST /sink/{name}."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.headers}
    sandbox.sink.put(call.path["name"], Received(sandbox.clock.now(), headers, call.body))
    return 204, None


async def read_sink(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """GET /sink/{name}."""
    return 200, {"received": [_document(one) for one in sandbox.sink.take(call.path["name"])]}


async def empty_sink(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """DELETE /sink/{name}."""
    sandbox.sink.clear(call.path["name"])
    return 204, None


def _document(received: Received) -> dict[str, Any]:
    at = format_instant(received.at, "micro")
    return {"at": at, "headers": received.headers, "body": received.body}
