"""The one name that is claimed where Adjourn is installed: `adjourn.mock_server` and
`adjourn.conformance`. A checkout has both beside this folder, where this finds them too."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

if not _HERE.is_dir():
    raise ImportError(f"adjourn cannot be run from within {_HERE.parent}; install it with pip")
if not (_HERE / "mock_server").is_dir():
    __path__.append(str(_HERE.parent))
