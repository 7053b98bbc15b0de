"""The table of `docs/contract.md`: how each edit was taken when it was last measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .catalogue import EDITS
from .sight import FAULT, FOLLOWED, REFUSED, Sight

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"
BEGIN, END = "<!-- edits: begin -->", "<!-- edits: end -->"
FOLLOWED_AT_LEAST = 85
UNMEASURED = ("not measured", "")
HEAD = ("edit", "what an owner wants", "both programs", "told of a server of the old truth")


@dataclass(frozen=True)
class Table:
    """A verdict, and what was told, by the name of the edit."""

    rows: Mapping[str, tuple[str, str]]

    @classmethod
    def last(cls) -> Table:
        """The table as it stands, without edits that are no more or want something else."""
        text = PAGE.read_text(encoding="utf-8")
        found = (line.strip("| ").split(" | ") for line in between(text).splitlines())
        cells = [row for row in found if len(row) == len(HEAD) and row[2] != UNMEASURED[0]]
        return cls({row[0].strip("`"): (row[2], row[3]) for row in cells if _is_the_same(row)})

    def seen(self, sight: Sight) -> Table:
        """The table with what was measured now in the place of what was measured before."""
        return Table({**self.rows, sight.name: (sight.verdict, _told(sight))})

    def write(self) -> None:
        """Put it between its marks."""
        text = PAGE.read_text(encoding="utf-8")
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n{self}{END}{after}", encoding="utf-8")

    def __str__(self) -> str:
        lines = [_cells(HEAD), _cells("-" for _ in HEAD)]
        for name, edit in EDITS.items():
            verdict, told = self.rows.get(name, UNMEASURED)
            lines.append(_cells((f"`{name}`", edit.wish, verdict, told)))
        verdicts = [verdict for verdict, _ in self.rows.values()]
        words = {FOLLOWED: "followed by both", REFUSED: "refused by both", FAULT: "faults"}
        counts = [f"{verdicts.count(v)} {word}" for v, word in words.items() if v in verdicts]
        return "\n".join(
            [f"{len(EDITS)} edits: {', '.join(counts) or 'none measured'}.", "", *lines, ""]
        )


def between(text: str) -> str:
    """What stands between the marks."""
    return text.split(BEGIN)[1].split(END, maxsplit=1)[0]


def _told(sight: Sight) -> str:
    if sight.verdict == FAULT:
        return sight.faults[0].split(":")[0].replace("|", "/")
    if sight.verdict == REFUSED:
        at = re.search(r" at (\S+): ", sight.mock)
        return f"refused at `{at[1]}`" if at else "refused"
    run = sight.disobedient
    if run is None:
        return "nothing, as it breaks none of it"
    return " ".join(run.broken) or "that it cannot be judged"


def _is_the_same(row: list[str]) -> bool:
    edit = EDITS.get(row[0].strip("`"))
    return edit is not None and edit.wish == row[1]


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
