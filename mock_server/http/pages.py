"""What the mock answers beside its contract: health, help pages, and the way to the UI."""

import orjson

from ..problems.kinds import KINDS, Reply, help_page

PROBES = ("/livez", "/readyz")
_HTML = "text/html; charset=utf-8"


def page(path: str, ready: bool) -> Reply | None:
    """The page at a path, or None."""
    if path == "/livez":
        return Reply(200, orjson.dumps({"status": "ok"}))
    if path == "/readyz":
        status = "ok" if ready else "starting"
        return Reply(200 if ready else 503, orjson.dumps({"status": status}))
    if path == "/":
        return Reply(307, b"", "", ((b"location", b"/ui/"),))
    kind = path.removeprefix("/problems/")
    if path.startswith("/problems/") and kind in KINDS:
        return Reply(200, help_page(kind), _HTML)
    return None
