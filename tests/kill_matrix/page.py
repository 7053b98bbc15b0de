"""`docs/kill-matrix.md`: what was measured, as a page that depends on nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from .catalogue import MUTANTS
from .runs import Sight, contract
from .score import KILLED, fate, figures

__all__ = ["PAGE", "last_measured", "rendered"]

PAGE = Path(__file__).parent.parent.parent / "docs" / "kill-matrix.md"
INTRODUCTION = """\
# The kill matrix

A suite that finds nothing may be right, or blind. So the conformance suite is run against faulty
mocks, each of which has one small patch: a *mutant*. Every mutant names the rule that must catch
it, and counts as killed only when the check of that very rule fires, with the outcome fail or
warn. The suite is also run against the mock without a fault, under every legal choice that the
contract leaves open, one at a time and with several seeds: there it must find nothing.

    python -m tests.kill_matrix --vanilla --write-docs

measures all of it and writes this page; without `--vanilla` the column of that name stays as it
was last measured. `nox -s kill_matrix` looks at each mutant with the check of
its rule alone, which takes minutes, and `--fast` at a part of them.
A race mutant is right as long as one request follows another, and has a window of 5 ms. A mutant
of a timeout waits for the shortest timeout that the contract allows, a minute.
"""
VANILLA = """\
The column *vanilla* says whether plain `schemathesis run openapi.yaml`, with its default checks,
the API key and {seconds} s, reports a failure on the mutant that it does not report on the mock
without a fault. Such a run takes a mutant for killed whatever the failure is called.
"""

_COLUMNS = 6
_FATES = {True: KILLED, False: "survived", None: "not measured"}


def last_measured() -> tuple[dict[str, bool], int]:
    """Whether the plain run failed on each mutant that is left of the page as it stands, and
    the seconds that it was given."""
    page = PAGE.read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines()]
    told = {row[1].strip("`"): row[-1] for row in rows if len(row) == _COLUMNS}
    seconds = int(re.findall(r"the API key and (\d+) s", page)[0])
    return {name: told[name] == KILLED for name in MUTANTS.keys() & told.keys()}, seconds


def rendered(
    sights: Iterable[Sight], innocent: str, vanilla: Mapping[str, bool], seconds: int
) -> str:
    """The page. `vanilla` says of each mutant whether the plain run failed."""
    order = {id: place for place, id in enumerate(contract().rules)}
    names = {name: place for place, name in enumerate(MUTANTS)}
    rows = sorted(sights, key=lambda s: (order[MUTANTS[s.task.mutant].rule], names[s.task.mutant]))
    parts = [INTRODUCTION, VANILLA.format(seconds=seconds)]
    parts += ["## Score\n", _score(rows, innocent, vanilla), "## Mutants\n", _table(rows, vanilla)]
    missing = [f"- {id}: {why}" for id, why in without_mutant().items()]
    return "\n".join([*parts, "## Rules without a mutant\n", *missing, ""])


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


def _score(rows: list[Sight], innocent: str, vanilla: Mapping[str, bool]) -> str:
    lines = [f"- {figures(rows)}.", f"- {innocent}."]
    lines.append(f"- vanilla: {sum(vanilla.values())} of {len(vanilla)} mutants.")
    return "\n".join([*lines, ""])


def _table(rows: list[Sight], vanilla: Mapping[str, bool]) -> str:
    head = ["rule", "mutant", "what is wrong", "suite", "rules", "vanilla"]
    lines = [_cells(head)]
    lines.append(_cells("-" for _ in lines[0].split("|")[1:-1]))
    for sight in rows:
        mutant = MUTANTS[sight.task.mutant]
        cells = [mutant.rule, f"`{mutant.name}`", mutant.text, fate(sight), str(len(sight.fired))]
        cells.append(_FATES[vanilla.get(mutant.name)])
        lines.append(_cells(cells))
    return "\n".join([*lines, ""])


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
