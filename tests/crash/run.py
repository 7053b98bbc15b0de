"""Rounds of load, each cut off by a kill, and the figures that they come to."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.serving import Api, Receiver, receiving, wait_until

from .checks import final_ids, lost
from .load import Load
from .story import Story
from .victims import VICTIMS, Victim

_ANSWERS = (20, 120)  # that the clients get before a kill
_ANNOUNCED_SECONDS = 120.0


@dataclass
class Figures:
    """What one victim's kills came to."""

    victim: str
    kills: int = 0
    sessions: int = 0
    acknowledged: int = 0
    final: int = 0
    announced: int = 0
    again: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def measure(name: str, kills: int, seed: int, tell: Callable[[str], None]) -> Figures:
    """Kill a victim so many times under load, and look for what was lost."""
    figures, begun = Figures(name), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, receiving() as receiver:
        options = ("--webhook-url", receiver.url, "--webhook-backoff", "0.2")
        with VICTIMS[name](Path(folder), options) as victim:
            stories: list[Story] = []
            for number in range(kills):
                stories += _round(victim, number, seed + number, figures)
                tell(f"{name}: kill {number + 1} of {kills}, {len(figures.faults)} faults")
            _look_at_all(victim, stories, receiver, figures)
    figures.seconds = time.monotonic() - begun
    return figures


def _round(victim: Victim, number: int, seed: int, figures: Figures) -> list[Story]:
    goal = random.Random(seed).randint(*_ANSWERS)
    with Load(victim.urls, seed) as load:
        wait_until(lambda: load.answers >= goal)
        victim.kill(number)
    victim.mend(number)
    victim.wait()
    figures.kills += 1
    with Api.at(victim.urls[0]) as api:
        for story in load.stories:
            figures.faults += lost(api, story)
    figures.sessions += len(load.stories)
    figures.acknowledged += sum(story.acknowledged for story in load.stories)
    return load.stories


def _look_at_all(
    victim: Victim, stories: list[Story], receiver: Receiver, figures: Figures
) -> None:
    """After the last kill: every session once more, and the webhooks of all."""
    with Api.at(victim.urls[0]) as api:
        for story in stories:
            figures.faults += lost(api, story)
        final = final_ids(api)
    try:
        wait_until(lambda: final <= _announced(receiver).keys(), _ANNOUNCED_SECONDS)
    except AssertionError:
        unheard = final - _announced(receiver).keys()
        figures.faults += [f"{id}: its end was never announced" for id in sorted(unheard)]
    counts = _announced(receiver)
    figures.faults += [f"{id}: announced, and not final" for id in sorted(counts.keys() - final)]
    figures.final, figures.announced = len(final), len(counts)
    figures.again = counts.total() - len(counts)


def _announced(receiver: Receiver) -> Counter[str]:
    """How often each session's end has come in; not what a dying mock sent half of."""
    counts: Counter[str] = Counter()
    for body in [*receiver.bodies]:
        with suppress(ValueError):
            counts[json.loads(body)["callId"]] += 1
    return counts
