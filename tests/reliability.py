"""`docs/reliability.md`: each command writes its own section, between its markers."""

from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "reliability.md"


def write(name: str, section: str) -> None:
    """Put a section between its markers, or at the end of a page that lacks them."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = PAGE.read_text("utf-8") if PAGE.exists() else "# Reliability\n"
    before, found, rest = text.partition(begin)
    after = rest.partition(end)[2] if found else "\n"
    before = before if found else f"{before.rstrip()}\n\n"
    PAGE.write_text(f"{before}{begin}\n{section}{end}{after}", "utf-8")


def table(columns: str, rows: Iterable[Iterable[object]]) -> list[str]:
    """A table in Markdown; the names of its columns stand between bars."""
    bars = f"|{' - |' * len(columns.split('|'))}"
    return [f"| {columns} |", bars, *(f"| {' | '.join(map(str, row))} |" for row in rows)]
