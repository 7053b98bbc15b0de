"""The dashboard: a page that asks the other calls of the control plane, and what belongs to it."""

from functools import cache
from pathlib import Path

from ..problems.kinds import Reply
from .calls import AdminCall, Answer

_FOLDER = Path(__file__).parent / "dashboard"
_PAGE = "dashboard.html"
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        b"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        b"require-trusted-types-for 'script'",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


async def show_dashboard(call: AdminCall) -> Answer:
    return _file(_PAGE)


async def find_dashboard(call: AdminCall) -> Answer:
    return Reply(308, b"", "", ((b"location", b"../ui"),))


async def show_dashboard_file(call: AdminCall) -> Answer:
    return _file(call.path["file"])


async def show_contract(call: AdminCall) -> Answer:
    return 200, call.mock.contract.document


@cache
def _file(name: str) -> Reply:
    file = _FOLDER / name
    return Reply(200, file.read_bytes(), f"{_TYPES[file.suffix]}; charset=utf-8", _HEADERS)
