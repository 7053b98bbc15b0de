"""Under which names the two programs run: by their commands where both packages are installed
in one, by their modules in a checkout."""

import os
from collections.abc import Mapping
from pathlib import Path

SUITE = __name__.removesuffix(".config.program")
_AROUND = SUITE.rpartition(".")[0]

MOCK = f"{_AROUND}.mock_server" if _AROUND else "mock_server"
PROGRAM = "adjourn-conformance" if _AROUND else f"python -m {SUITE}"
CHECKOUT = None if _AROUND else Path(__file__).resolve().parents[2]


def importable(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a Python that is to find both packages, wherever it is started."""
    found = dict(environment)
    if CHECKOUT:
        paths = (str(CHECKOUT), environment.get("PYTHONPATH"))
        found["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return found
