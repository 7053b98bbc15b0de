"""Files that a run is told of. Raises UsageError for one that cannot be read."""

import tomllib
from pathlib import Path
from typing import Any

from .settings import UsageError


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
