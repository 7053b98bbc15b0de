"""Which sandbox a request acts on: found, or made, and put into its scope."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from ..domain.store import StoreUnavailable
from ..problems.kinds import Problem, reply_with, store_unavailable
from ..problems.violations import quote, violation
from ..sandbox.pool import DEFAULT, Sandboxes
from .replies import send_reply

HEADER = "X-Mock-Sandbox"
PARAMETER = "sandbox"
SANDBOX = "adjourn.sandbox"
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_FIELD = HEADER.lower().encode()


class InSandbox:
    """Puts the sandbox that a request acts on into its scope.

    With `in_query` a parameter names it too: links and event streams have no headers of their own.
    """

    def __init__(
        self,
        app: ASGIApp,
        sandboxes: Sandboxes,
        style: str,
        in_query: bool = False,
        may_create: Callable[[Scope], bool] = lambda _: True,
    ) -> None:
        self.may_create = may_create
        self.app = app
        self.sandboxes = sandboxes
        self.style = style
        self.in_query = in_query

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            name = sandbox_name(scope, self.in_query)
            if name is None or name == DEFAULT or not self._may_enter(name, scope):
                scope.setdefault("extensions", {})[SANDBOX] = self.sandboxes.default
                await self.app(scope, receive, send)
                return
            async with self.sandboxes.visit(name) as sandbox:
                scope.setdefault("extensions", {})[SANDBOX] = sandbox
                await self.app(scope, receive, send)
        except Problem as problem:
            await send_reply(send, reply_with(problem, self.style))
        except StoreUnavailable:
            await send_reply(send, reply_with(store_unavailable(), self.style))

    def _may_enter(self, name: str, scope: Scope) -> bool:
        """Whether the sandbox is there, or may be made; else the default one refuses."""
        return name in self.sandboxes.others or self.may_create(scope)


def sandbox_name(scope: Scope, in_query: bool = False) -> str | None:
    """The sandbox that a request names, or None.

    Raises Problem for an impossible name, and for two of them: the wrong one might be reset.
    """
    names = [
        _checked(value.decode("latin-1"), "header", HEADER)
        for field, value in scope["headers"]
        if field == _FIELD
    ]
    if in_query:
        names += _queried(scope["query_string"])
    for name in names:
        if name != names[0]:
            detail = f"wanted one sandbox, got {quote(names[0])} and {quote(name)}; name it once"
            raise _impossible("header", HEADER, detail)
    return names[0] if names else None


def _queried(query: bytes) -> list[str]:
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    names = [_checked(value, "query", PARAMETER) for name, value in given if name == PARAMETER]
    if len(names) > 1:
        detail = f"wanted the parameter once, got it {len(names)} times"
        raise _impossible("query", PARAMETER, detail)
    return names


def _checked(name: str, place: str, member: str) -> str:
    if not NAME.fullmatch(name):
        detail = f"wanted 1 to 64 letters, digits, - or _, got {quote(name)}"
        raise _impossible(place, member, detail, "pattern")
    return name


def _impossible(place: str, member: str, detail: str, keyword: str | None = None) -> Problem:
    errors = [violation(place, f"/{member}", detail, keyword)]
    return Problem("invalid-request", f"{member} does not name a sandbox.", errors=errors)
