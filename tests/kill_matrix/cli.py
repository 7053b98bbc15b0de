"""The command line of the kill matrix."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import replace
from statistics import median

import click

from tests.legal import LEGAL

from . import matrix
from .catalogue import MUTANTS
from .fast import FAST_CHOICES, FAST_MUTANTS
from .matrix import Part
from .mutants import Mutant
from .page import PAGE, Page
from .runs import Sight
from .score import KILLED, accused, choice_figures, fate, figures, line
from .vanilla import caught


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--fast", is_flag=True, help="A fixed part, of all areas but the timeouts.")
@click.option("--whole", is_flag=True, help="Every rule of a pack, to count what else fires.")
@click.option("--only", default="", metavar="WORD[,WORD]", help="Mutants, rules or choices.")
@click.option("--jobs", default=2, show_default=True, help="Cores to keep busy.")
@click.option("--seeds", default=5, show_default=True, help="Seeds for each legal choice.")
@click.option("--vanilla", is_flag=True, help="Run plain schemathesis on the same mutants too.")
@click.option("--new", is_flag=True, help="The mutants that docs/kill-matrix.md lacks.")
@click.option("--write-docs", is_flag=True, help="Write docs/kill-matrix.md with what was seen.")
def main(
    fast: bool,
    whole: bool,
    only: str,
    jobs: int,
    seeds: int,
    vanilla: bool,
    new: bool,
    write_docs: bool,
) -> None:
    """Measure the suite: it must kill every mutant by the rule that names it, and accuse no
    legal choice. Exit 1 when it does not."""
    whole = whole or vanilla or write_docs
    parts = planned(fast, only, seeds, new=new, whole=whole)
    matrix.measure(parts, jobs, lambda sight: click.echo(line(sight)))
    sights = [sight for part in parts for sight in part.sights]
    faulty = [sight for sight in sights if sight.task.choice is None]
    innocent = choice_figures(sight for sight in sights if sight.task.choice)
    page = Page.last().seen(faulty)
    if len(faulty) < len(sights):
        page = replace(page, innocent=innocent)
    if vanilla:
        budget = plain_seconds(faulty) if len(faulty) == len(MUTANTS) else page.seconds
        page = page.compared(compared(faulty, budget, jobs), budget)
    for part in parts:
        click.echo(f"{part.name}: {len(part.tasks)} in {part.seconds:.0f} s")
    fired = [len(sight.fired) for sight in faulty] if whole else []
    for told in (figures([fate(sight) for sight in faulty], fired), innocent):
        click.echo(told)
    if write_docs:
        PAGE.write_text(str(page), encoding="utf-8")
    sys.exit(any(failed(sight) for sight in sights))


def plain_seconds(sights: list[Sight]) -> int:
    """What a run of the core rules takes, in whole seconds."""
    core = [sight.seconds for sight in sights if sight.task.profile == "core"]
    return math.ceil(median(core)) if core else 5


def compared(sights: list[Sight], budget: int, jobs: int) -> dict[str, bool]:
    """Whether the plain run fails on each mutant; prints its figures."""
    begun = time.monotonic()
    names = [sight.task.mutant for sight in sights]
    told = caught(names, budget, jobs, click.echo)
    took = time.monotonic() - begun
    click.echo(f"vanilla: {len(told)} of {len(names)} mutants, {budget} s each, in {took:.0f} s")
    return {name: name in told for name in names}


def planned(fast: bool, only: str, seeds: int, *, new: bool, whole: bool) -> list[Part]:
    """What the options ask for. A usage error where that is nothing."""
    known = Page.last().rows if new else {}
    names = [name for name in (FAST_MUTANTS if fast else MUTANTS) if name not in known]
    wanted = [word for word in only.split(",") if word]
    chosen = [mutant for name in names if _is_wanted(mutant := MUTANTS[name], wanted)]
    some = wanted or (FAST_CHOICES if fast else ())
    innocents = [] if new else matrix.choices(1 if fast else seeds, some)
    parts = matrix.parts_of([*matrix.mutants(chosen, whole=whole), *innocents])
    if not parts or not all(_is_known(word) for word in wanted):
        raise click.UsageError(f"no mutant, no rule with one and no choice: {only}")
    return parts


def _is_wanted(mutant: Mutant, wanted: list[str]) -> bool:
    return not wanted or mutant.name in wanted or mutant.rule in wanted


def _is_known(word: str) -> bool:
    key, _, value = word.partition("=")
    is_choice = value in LEGAL.get(key, ())
    return is_choice or any(_is_wanted(mutant, [word]) for mutant in MUTANTS.values())


def failed(sight: Sight) -> bool:
    """Whether a run is one that the suite should have judged otherwise."""
    return bool(accused(sight)) if sight.task.choice else fate(sight) != KILLED
