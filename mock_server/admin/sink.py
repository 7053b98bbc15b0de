"""The sink of a sandbox: webhooks come in, tests read them."""

from orjson import Fragment

from ..codec import encode
from ..domain.instants import format_instant
from .calls import AdminCall, Answer


async def put_in_sink(call: AdminCall) -> Answer:
    at = format_instant(call.sandbox.clock.now(), "micro")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.headers}
    received = encode({"at": at, "headers": headers, "body": call.body})
    call.sandbox.sink.put(call.path["name"], received)
    return 204, None


async def read_sink(call: AdminCall) -> Answer:
    return 200, {"received": [*map(Fragment, call.sandbox.sink.take(call.path["name"]))]}


async def empty_sink(call: AdminCall) -> Answer:
    call.sandbox.sink.clear(call.path["name"])
    return 204, None
