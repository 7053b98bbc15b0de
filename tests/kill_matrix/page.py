"""`docs/kill-matrix.md`: what was measured, as a page that depends on nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .catalogue import MUTANTS
from .runs import Sight, contract
from .score import KILLED, fate, figures

PAGE = Path(__file__).parent.parent.parent / "docs" / "kill-matrix.md"
INTRODUCTION = """\
# The kill matrix

A suite that finds nothing may be right, or blind. So the conformance suite is run against faulty
mocks, each of which has one small patch: a *mutant*. Every mutant names the rule that must catch
it, and counts as killed only when the check of that very rule fires, with the outcome fail or
warn. The suite is also run against the mock without a fault, under every legal choice that the
contract leaves open, one at a time and with several seeds: there it must find nothing.

    python -m tests.kill_matrix --vanilla --write-docs

measures all of it and writes this page. With `--new` it measures the mutants alone that the page
lacks; what is not measured stays on the page as it was last measured, and so does the column
*vanilla* without `--vanilla`. `nox -s kill_matrix` looks at each mutant with the check of
its rule alone, which takes minutes, and `--fast` at a part of them.
A race mutant is right as long as one request follows another, and has a window of 5 ms. A mutant
of a timeout waits for the shortest timeout that the contract allows, a minute.
"""
VANILLA = """\
The column *vanilla* says whether plain `schemathesis run openapi.yaml`, with its default checks,
the API key and {seconds} s, reports a failure on the mutant that it does not report on the mock
without a fault. Such a run takes a mutant for killed whatever the failure is called.
"""

_HEAD = ("rule", "mutant", "what is wrong", "suite", "rules", "vanilla")
_PLAIN = {True: KILLED, False: "survived", None: "not measured"}


@dataclass(frozen=True)
class Row:
    """What was last measured of one mutant: its fate, how many rules fired, and whether the
    plain run failed on it."""

    fate: str
    fired: int
    plain: bool | None = None


@dataclass(frozen=True)
class Page:
    """What the page says: a row a mutant, the runs against innocents, the plain runs' seconds."""

    rows: Mapping[str, Row]
    innocent: str
    seconds: int

    @classmethod
    def last(cls) -> Page:
        """The page as it stands, without mutants that are no more or have become others."""
        text = PAGE.read_text(encoding="utf-8")
        told = [line.strip("| ").split(" | ") for line in text.splitlines()]
        rows = {
            cells[1].strip("`"): Row(cells[3], int(cells[4]), _plain(cells[5]))
            for cells in told
            if len(cells) == len(_HEAD) and cells[4].isdigit() and _is_the_same(cells)
        }
        (innocent,) = re.findall(r"^- (.* legal choices: .*)\.$", text, re.MULTILINE)
        (seconds,) = re.findall(r"the API key and (\d+) s", text)
        return cls(rows, innocent, int(seconds))

    def seen(self, sights: Iterable[Sight]) -> Page:
        """The page with what was measured now in the place of what was measured before."""
        rows = dict(self.rows)
        for sight in sights:
            name = sight.task.mutant
            plain = rows[name].plain if name in rows else None
            rows[name] = Row(fate(sight), len(sight.fired), plain)
        return replace(self, rows=rows)

    def compared(self, plain: Mapping[str, bool], seconds: int) -> Page:
        """The page with what plain runs of so many seconds made of these mutants."""
        rows = {n: replace(r, plain=plain.get(n, r.plain)) for n, r in self.rows.items()}
        return replace(self, rows=rows, seconds=seconds)

    def __str__(self) -> str:
        parts = [INTRODUCTION, VANILLA.format(seconds=self.seconds)]
        parts += ["## Score\n", self._score(), "## Mutants\n", self._table()]
        missing = [f"- {id}: {why}" for id, why in without_mutant().items()]
        return "\n".join([*parts, "## Rules without a mutant\n", *missing, ""])

    def _score(self) -> str:
        rows = self.rows.values()
        plain = [row.plain for row in rows if row.plain is not None]
        return "\n".join(
            [
                f"- {figures([row.fate for row in rows], [row.fired for row in rows])}.",
                f"- {self.innocent}.",
                f"- vanilla: {sum(plain)} of {len(plain)} mutants.",
                "",
            ]
        )

    def _table(self) -> str:
        order = {id: place for place, id in enumerate(contract().rules)}
        names = sorted(
            (name for name in MUTANTS if name in self.rows),
            key=lambda name: order[MUTANTS[name].rule],
        )
        lines = [_cells(_HEAD), _cells("-" for _ in _HEAD)]
        for name in names:
            row, mutant = self.rows[name], MUTANTS[name]
            told = (mutant.rule, f"`{name}`", mutant.text, row.fate, str(row.fired))
            lines.append(_cells([*told, _PLAIN[row.plain]]))
        return "\n".join([*lines, ""])


def without_mutant() -> dict[str, str]:
    """Every rule that no mutant names, with the reason."""
    named = {mutant.rule for mutant in MUTANTS.values()}
    return {id: _reason(id) for id in contract().rules if id not in named}


def _reason(id: str) -> str:
    rule = contract().rules[id]
    if rule.unchecked:
        return f"it cannot be checked, as {rule.unchecked}."
    if rule.level == "MAY":
        return "it may be kept or not, and its check only observes."
    if "second_token" in rule.needs:
        return "it needs a second organisation, and the mock has one."
    return "none yet."


def _is_the_same(cells: list[str]) -> bool:
    mutant = MUTANTS.get(cells[1].strip("`"))
    return mutant is not None and (mutant.rule, mutant.text) == (cells[0], cells[2])


def _plain(cell: str) -> bool | None:
    return next(value for value, word in _PLAIN.items() if word == cell)


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
