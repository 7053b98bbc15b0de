"""Where the contract and the fixtures lie, in a source checkout and once installed."""

from pathlib import Path

_HOME = Path(__file__).resolve().parents[2]
if (_HOME / "data" / "openapi.yaml").is_file():
    _HOME /= "data"


def resource(name: str) -> Path:
    """The path of a file that travels with the project, such as ``openapi.yaml``."""
    return _HOME / name
