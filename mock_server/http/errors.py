"""What is raised on the way through the middleware, as answers.

One layer in the place of two of Connexion's, which wrap each request and response anew.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..domain.store import StoreUnavailable
from ..problems.kinds import Problem, Refusal, Reply, reply_with, store_unavailable
from .replies import send_reply
from .streams import abort

_log = logging.getLogger(__name__)


class Errors:
    """Answers an error as `refuse` has it; one that comes after the head ends the connection."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Exception, Scope], Reply]) -> None:
        self.app = app
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except asyncio.CancelledError:  # it outlasts the grace of the stopping server
            if begun:
                await abort(scope, receive)
            else:
                await send_reply(send, self.refuse(stopped(), scope))
        except Exception as error:
            if begun:
                raise
            await send_reply(send, self.refuse(error, scope))


def stopped() -> Problem:
    """The problem of a request that the mock does not answer any longer."""
    return Problem("stopped", "The mock was stopped before the request was answered.")


def refusal(error: Exception, scope: Scope, allow: str, style: str) -> Reply:
    """The answer to an error on a path that takes the methods `allow`."""
    problem = as_problem(error, scope, allow)
    if problem is None:
        return Reply(204, b"", "", ((b"allow", allow.encode("latin-1")),))
    return reply_with(problem, style)


def chosen(refusal: Refusal, statuses: Mapping[str, int]) -> Problem:
    """The problem that answers a refusal of the domain, its status as the contract has it."""
    if isinstance(refusal, Problem):
        return refusal
    return Problem(refusal.name, refusal.detail, status=statuses.get(refusal.name))


def as_problem(error: Exception, scope: Scope, allow: str) -> Problem | None:
    """The problem that answers an error; None for an OPTIONS on a path that exists."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refusal):
        return Problem(error.name, error.detail)
    if isinstance(error, HTTPException) and error.status_code == 405:
        if scope["method"] == "OPTIONS":
            return None
        detail = f"{scope['method'][:20]} is not among the methods of this path: {allow}."
        return Problem("method-not-allowed", detail, headers={"Allow": allow})
    if isinstance(error, HTTPException) and error.status_code < 500:
        return Problem("unknown-path", "There is nothing here; see /ui/.")
    if isinstance(error, StoreUnavailable):
        return store_unavailable()
    _log.error("a request failed", exc_info=error)
    return Problem("internal-error", "The mock itself is at fault; its log has the cause.")
