"""Where the contract and the fixtures lie, in a source checkout and once installed."""

from pathlib import Path

__all__ = ["resource"]

_HOME = Path(__file__).resolve().parent.parent
_PLACES = (_HOME / "adjourn_data", _HOME)


def resource(name: str) -> Path:
    """The path of a file that travels with the project, such as ``openapi.yaml``.

    Raises FileNotFoundError, naming the places that were looked at.
    """
    for place in _PLACES:
        if (path := place / name).exists():
            return path
    looked = " or ".join(str(place) for place in _PLACES)
    raise FileNotFoundError(f"{name} is missing: it is neither in {looked}; reinstall the package")
