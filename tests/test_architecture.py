"""ARCHITECTURE.md and the floors that the linter holds are the same, and its paths are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def drawn(package: str) -> list[str]:
    """The floors of a package in the drawing, the highest first."""
    found = re.search(rf"subgraph {package}\n(.*?)\n  end", PAGE, re.DOTALL)
    assert found
    return re.findall(r'\["(.*?)"\]', found[1])


def held(package: str) -> list[str]:
    """The floors of a package as the import linter has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c.get("containers") == [package])
    return [*layers]


@pytest.mark.parametrize("package", ["mock_server", "conformance"])
def test_the_drawing_has_the_linters_floors(package: str) -> None:
    assert drawn(package) == held(package)


def test_every_path_of_the_page_exists() -> None:
    """A path may be told from the root, or from within either package."""
    homes = (ROOT, ROOT / "mock_server", ROOT / "conformance")
    told = {*re.findall(r"`([\w./]+(?:\.py|\.yaml|\.txt|\.toml|/))`", PAGE)}
    assert len(told) > 30
    assert [path for path in sorted(told) if not any((h / path).exists() for h in homes)] == []


def test_it_is_a_page() -> None:
    assert len(PAGE.splitlines()) <= 120
