"""The sink of a sandbox: webhooks come in, tests read them."""

from orjson import Fragment

from ..codec import encode
from ..domain.instants import format_instant
from ..http.validation import Call
from ..mock import Mock
from ..sandbox.sandbox import Sandbox
from .calls import Answer


async def put_in_sink(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """POST /sink/{name}."""
    at = format_instant(sandbox.clock.now(), "micro")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.headers}
    received = encode({"at": at, "headers": headers, "body": call.body})
    sandbox.sink.put(call.path["name"], received)
    return 204, None


async def read_sink(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """GET /sink/{name}."""
    return 200, {"received": [*map(Fragment, sandbox.sink.take(call.path["name"]))]}


async def empty_sink(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """DELETE /sink/{name}."""
    sandbox.sink.clear(call.path["name"])
    return 204, None
