"""Under which names the two programs run: by their commands where both packages are installed
in one, by their modules in a checkout."""

from __future__ import annotations

from pathlib import Path

_SUITE = __name__.removesuffix(".config.program")
_AROUND = _SUITE.rpartition(".")[0]

MOCK = f"{_AROUND}.mock_server" if _AROUND else "mock_server"
PROGRAM = "adjourn-conformance" if _AROUND else f"python -m {_SUITE}"
CHECKOUT = None if _AROUND else Path(__file__).resolve().parents[2]
