"""Where the contract and the fixtures lie, in a source checkout and once installed."""

from pathlib import Path

__all__ = ["resource"]

_HOME = Path(__file__).resolve().parents[2]
_DATA = _HOME / "data"
_PLACE = _DATA if (_DATA / "openapi.yaml").is_file() else _HOME


def resource(name: str) -> Path:
    """The path of a file that travels with the project, such as ``openapi.yaml``."""
    return _PLACE / name
