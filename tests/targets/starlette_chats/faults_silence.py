"""Faults of a server that closes the connection in the place of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .fault import Fault, fault

if TYPE_CHECKING:
    from .site import Site

Doc = dict[str, Any]
Met = Callable[["Site", Request, Doc], bool]
WITHOUT_A_NETWORK = 444


class HangUp(Response):
    """No answer: the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(receive, "__self__", None)  # uvicorn's
        if cycle is None:
            await Response(status_code=WITHOUT_A_NETWORK)(scope, receive, send)
            return
        cycle.transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def hanging_up(handler: str, met: Met) -> Any:
    """A deviation that closes the connection of what one operation is asked, where it is met."""

    async def deviation(site: Site, real: Any, request: Request, handlers: Any) -> Response:
        found = handlers.get(request.method)
        if found and found.__name__ == handler:
            id = request.path_params.get("id", "").upper()
            if met(site, request, site.desk.sessions.get(id, {})):
                return HangUp()
        response: Response = await real(request, handlers)
        return response

    return deviation


def hangs_up(sentence: str, handler: str, met: Met) -> Fault:
    return fault("HTTP-19", sentence, "web.answer", hanging_up(handler, met))


SILENCE_FAULTS = {
    "close-second-end": hangs_up(
        "An end of a final session closes the connection.",
        "end_chat",
        lambda site, request, session: session.get("reason") is not None,
    ),
    "close-third-turn": hangs_up(
        "A third turn closes the connection.",
        "submit_message",
        lambda site, request, session: len(session.get("log", ())) > 4,
    ),
    "close-list-of-final": hangs_up(
        "state=final closes the connection.",
        "list_chats",
        lambda site, request, session: request.query_params.get("state") == "final",
    ),
    "close-lists": hangs_up(
        "Every list closes the connection.", "list_chats", lambda site, request, session: True
    ),
    "close-opens": hangs_up(
        "Every open closes the connection.", "open_chat", lambda site, request, session: True
    ),
    "close-searches": hangs_up(
        "Every search closes the connection.",
        "search_results",
        lambda site, request, session: True,
    ),
    "close-retrieve-of-final": hangs_up(
        "A retrieve of a final session closes the connection.",
        "get_chat",
        lambda site, request, session: session.get("reason") is not None,
    ),
}
