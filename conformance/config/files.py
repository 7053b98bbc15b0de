"""Files that a run is told of. Raises UsageError for one that cannot be read."""

import os
import tempfile
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from .settings import UsageError


def cache_directory() -> Path:
    """Ours in the user's cache; one among the temporary files for a user without a home."""
    if given := os.environ.get("XDG_CACHE_HOME"):
        return Path(given) / "adjourn"
    with suppress(RuntimeError):  # a user whom this machine does not know
        cache = Path.home() / ".cache"
        if os.access(cache if cache.exists() else cache.parent, os.W_OK):
            return cache / "adjourn"
    user = os.getuid() if hasattr(os, "getuid") else ""  # others have their own beside it
    return Path(tempfile.gettempdir()) / f"adjourn{user}"


def read_text(path: Path, what: str, cure: str) -> str:
    """What a file holds; `what` it should be and the `cure` are told where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read {what} {path}: {error.strerror}; {cure}") from error


def read_toml(path: Path, what: str, cure: str) -> dict[str, Any]:
    """The same of a TOML file."""
    try:
        return tomllib.loads(read_text(path, what, cure))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{what} {path} is not TOML: {error}") from error
