"""Under which names the two programs run: by their commands where both packages are installed
in one, by their modules in a checkout."""

import os
import sys
from pathlib import Path

SUITE = __name__.removesuffix(".config.program")
_AROUND = SUITE.rpartition(".")[0]

MOCK = f"{_AROUND}.mock_server" if _AROUND else "mock_server"
PROGRAM = "adjourn-conformance" if _AROUND else f"python -m {SUITE}"
HOME = Path(__file__).resolve().parents[3 if _AROUND else 2]  # where both are found


# What this process found its modules by comes after all that a Python finds by itself.
_BEGIN = (
    "import os, runpy, sys; "
    "sys.path += sys.argv.pop(1).split(os.pathsep); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def run_module(name: str) -> tuple[str, ...]:
    """The command that runs one of the two programs, wherever it is started."""
    found = [str(HOME), *filter(_is_elsewhere, sys.path)]
    return sys.executable, "-P", "-c", _BEGIN, os.pathsep.join(found), name


def _is_elsewhere(path: str) -> bool:
    """Not the working directory, whose files take no module's place."""
    return bool(path) and not (os.path.exists(path) and os.path.samefile(path, os.curdir))
