"""Every test that SECURITY.md names is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\|.*\| `(tests/[^`]+)` \|$", re.MULTILINE)
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("place", ROW.findall(PAGE))
def test_a_defence_has_its_test(place: str) -> None:
    file, _, name = place.partition("::")
    found = functions(ROOT / file)
    assert name in found if name else found


def test_every_threat_has_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    heads = sum(line.startswith(("| threat", "| -")) for line in rows)
    assert len(ROW.findall(PAGE)) == len(rows) - heads > 20
