"""The matrix in parts: what works takes turns, what waits overlaps with all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field

from tests.legal import LEGAL

from .mutants import Mutant
from .runs import Sight, Task, play, profile_of
from .serve import FAITHFUL

WAITING = ("ttl", "webhooks")  # packs whose runs hardly work
SLOW_CHOICES = ("turn_delay", "call_result_delay")
MOST_WAITING = 16  # runs that wait at once

Tell = Callable[[Sight], None]


@dataclass
class Part:
    """Tasks of one kind, and once measured, what was seen and how many seconds it took."""

    name: str
    waits: bool
    tasks: list[Task] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    seconds: float = 0.0


def mutants(found: Iterable[Mutant], *, whole: bool) -> list[tuple[str, bool, Task]]:
    """The part of each mutant, whether it waits, and its task: the whole pack of its rule, or
    the rule alone."""
    planned = []
    for mutant in found:
        profile = profile_of(mutant)
        waits = mutant.waits or profile in WAITING
        name = "mutants that wait" if waits else f"mutants of {profile}"
        rule = None if whole else mutant.rule
        planned.append((name, waits, Task(mutant.name, profile, rule=rule)))
    return planned


def choices(seeds: int, only: Iterable[str] = ()) -> list[tuple[str, bool, Task]]:
    """The same for the faithful mock under each legal choice that is not the default."""
    planned = []
    numbers = tuple(range(1, seeds + 1))
    for key, values in LEGAL.items():
        for value in values[1:]:
            if only and f"{key}={value}" not in only:
                continue
            waits = key in SLOW_CHOICES
            name = "choices that wait" if waits else "choices"
            for some in [(seed,) for seed in numbers] if waits else [numbers]:
                planned.append((name, waits, Task(FAITHFUL, "core", f"{key}={value}", some)))
    return planned


def parts_of(planned: Iterable[tuple[str, bool, Task]]) -> list[Part]:
    """The parts in the order in which they first come."""
    parts: dict[str, Part] = {}
    for name, waits, task in planned:
        parts.setdefault(name, Part(name, waits)).tasks.append(task)
    return list(parts.values())


def measure(parts: list[Part], jobs: int, tell: Tell) -> None:
    """Run every part. What waits is started first, and looked at last.

    A run idles for a third of its time, so one more than `jobs` keeps as many cores busy.
    """
    waiting = [part for part in parts if part.waits]
    count = min(MOST_WAITING, sum(len(part.tasks) for part in waiting)) or 1
    with ProcessPoolExecutor(count) as patient, ProcessPoolExecutor(jobs + 1) as busy:
        begun = time.monotonic()
        started = [(part, _start(patient, part)) for part in waiting]
        for part in parts:
            if not part.waits:
                _collect(part, _start(busy, part), time.monotonic(), tell)
        for part, futures in started:
            _collect(part, futures, begun, tell)


def _start(pool: ProcessPoolExecutor, part: Part) -> list[Future[list[Sight]]]:
    return [pool.submit(play, task) for task in part.tasks]


def _collect(part: Part, futures: list[Future[list[Sight]]], begun: float, tell: Tell) -> None:
    for future in as_completed(futures):
        for sight in future.result():
            part.sights.append(sight)
            tell(sight)
    part.seconds = time.monotonic() - begun
