"""A request may ask for its answer: forced replies, delays and faults.

A request that asks for nothing costs one look at its headers.
"""

from connexion.operations import AbstractOperation
from starlette.types import ASGIApp, Receive, Scope, Send

from ..faults.kinds import read_fault
from ..problems.kinds import Problem, Reply, reply_with
from .forced import Forced
from .injection import inject
from .replies import send_reply
from .sandboxes import SANDBOX

_HEADERS = frozenset([b"prefer", b"x-mock-delay", b"x-mock-fault"])


class OverriddenOperation:
    """One operation, with the replies that it can be made to give."""

    def __init__(self, next_app: ASGIApp, operation: AbstractOperation, error_body: str) -> None:
        self.next_app = next_app
        self.name = operation.operation_id
        self.forced = Forced(operation.responses)
        self.error_body = error_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = [header for header in scope["headers"] if header[0] in _HEADERS]
        rules = scope["extensions"][SANDBOX].faults
        if not asked and not rules.rules:
            await self.next_app(scope, receive, send)
            return
        preferences = [value.decode("latin-1") for name, value in asked if name == b"prefer"]
        fault = read_fault(_last(asked, b"x-mock-fault"), _last(asked, b"x-mock-delay"))
        reply = self.forced.reply(preferences)
        if reply is None:  # a forced reply wins over the rules, and counts for none
            fault = fault or rules.draw(self.name)
        app = self.next_app if reply is None else _answering(reply)
        if fault is None:
            await app(scope, receive, send)
        else:
            await inject(fault, self.sending_problems(app), scope, receive, send)

    def sending_problems(self, app: ASGIApp) -> ASGIApp:
        """The app with its problems sent as responses, so that a fault applies to them too."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await app(scope, receive, send)
            except Problem as problem:
                await send_reply(send, reply_with(problem, self.error_body))

        return answer


def _last(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str | None:
    found = [value.decode("latin-1") for name, value in headers if name == wanted]
    return found[-1] if found else None


def _answering(reply: Reply) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send_reply(send, reply)

    return answer
