"""The path of a request."""

import re
from urllib.parse import unquote

from starlette.types import Scope

_SLASH = re.compile(r"(?i)%(?=2f)")


def keep_encoded_slashes(scope: Scope) -> None:
    """Decode the path anew but for %2F, which is no separator (RFC 3986, section 2.2)."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%2F" in raw or b"%2f" in raw:
        scope["path"] = unquote(_SLASH.sub("%25", raw.decode("ascii")))
