"""`python -m tests.innocents`: the suite against legal servers; exit 1 when it accuses one.

Two servers, written apart from each other, each with every legal choice alone, with random
combinations of choices under changing seeds, and with what a shared staging system adds: slow
turns, rate limits, other clients, a proxy's headers.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any

import click

from conformance.config.settings import FIXTURE_AGENTS, Config
from conformance.contract.document import Contract, find_contract
from conformance.judging.verdict import judge
from conformance.run.execute import execute
from conformance.run.run import Run
from tests.legal import LEGAL
from tests.targets.process import running
from tests.targets.starlette_chats.choices import CHOICES as OTHER_CHOICES

KEYS = {"token": "key-of-the-innocent", "second_token": "key-of-another-organisation"}
OTHER_AGENTS: dict[str, Any] = {
    "agent": "plain-1",
    "tool_agent": "tool-1",
    "closing_agent": "closer-1",
    "closing_text": "that is all",
    "disabled_agent": "off-1",
}
# What costs time in every run stays out of the combinations, and is judged alone.
SLOW = ("turn_delay", "call_result_delay", "results_delay", "sweep", "hook_timeout")
NUISANCES = ("rate_limit", "busy")
PLACES = ("turn_delay=0.5", "rate_limit=60", "busy=on", "headers=proxy")
PROMPT = "results_delay=0"
# A problem document is a SHOULD, and these choices are what it is a SHOULD for.
EXPECTED = {"ERR-01"}


@dataclass(frozen=True)
class Innocent:
    """A legal server: which one, with which choices, judged with which seed."""

    server: str
    choices: tuple[str, ...]
    seed: int = 1


@dataclass(frozen=True)
class Sight:
    innocent: Innocent
    verdict: str
    accused: dict[str, str]
    seconds: float

    @property
    def wronged(self) -> bool:
        return self.verdict != "conformant" or bool(self.accused.keys() - EXPECTED)


@cache
def contract() -> Contract:
    return Contract(find_contract())


SERVERS = (
    ("mock", LEGAL),
    ("other", {name: choice.values for name, choice in OTHER_CHOICES.items()}),
)


def alone() -> Iterator[Innocent]:
    """Every value of every choice, alone; what a shared system adds, too."""
    for server, choices in SERVERS:
        for name, values in choices.items():
            for value in values[1:]:
                if value != "N" and name not in NUISANCES:
                    yield Innocent(server, (f"{name}={value}",))
    for place in PLACES:
        yield Innocent("other", (PROMPT, place))


def combined(count: int, seeds: int) -> Iterator[Innocent]:
    """Random combinations, half of them for each server, under changing seeds."""
    draw = random.Random(count)
    for place in range(count):
        server, choices = SERVERS[place % 2]
        drawn = _draw(draw, choices)
        prompt = (PROMPT,) if server == "other" else ()
        yield Innocent(server, (*prompt, *drawn), 1 + place % seeds)


def _draw(draw: random.Random, choices: Mapping[str, tuple[str, ...]]) -> list[str]:
    free = {n: values for n, values in choices.items() if n not in (*SLOW, *NUISANCES)}
    return [f"{name}={draw.choice(values)}" for name, values in free.items()]


def serving(innocent: Innocent) -> AbstractContextManager[str]:
    """The server with its choices; gives its URL."""
    own = innocent.server == "mock"
    options = ["--token", KEYS["token"]]
    options += ["--json"] if own else ["--second-token", KEYS["second_token"]]
    for choice in innocent.choices:
        options += ["--choice", choice]
    return running("mock_server" if own else "tests.targets.starlette_chats", *options)


def look(innocent: Innocent) -> Sight:
    """Judge one innocent."""
    begun = time.monotonic()
    own = innocent.server == "mock"
    with serving(innocent) as url:
        agents: dict[str, Any] = {**FIXTURE_AGENTS} if own else OTHER_AGENTS
        config = Config(
            **agents,
            target=url,
            token=KEYS["token"],
            second_token=None if own else KEYS["second_token"],
            seed=innocent.seed,
        )
        run = Run(config, contract())
        execute(run)
    outcomes = run.evidence.outcomes
    accused = {
        id: f"{outcome}: {reason}"
        for id, (outcome, reason) in outcomes.items()
        if outcome in ("fail", "warn", "error")
        or (outcome == "not-run" and contract().rules[id].level == "MUST")
    }
    verdict = judge(contract().rules, outcomes)
    return Sight(innocent, verdict, accused, time.monotonic() - begun)


@click.command()
@click.option("--combinations", default=200, show_default=True)
@click.option("--seeds", default=20, show_default=True)
@click.option("--jobs", default=6, show_default=True, help="At once; most of them wait.")
def main(combinations: int, seeds: int, jobs: int) -> None:
    """Judge every innocent; exit 1 when one is accused."""
    innocents = [*alone(), *combined(combinations, seeds)]
    begun, counts = time.monotonic(), Counter[bool]()
    with ProcessPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(look, innocent) for innocent in innocents]):
            sight = future.result()
            counts[sight.wronged] += 1
            if sight.wronged:
                words = f"{sight.innocent.server} {' '.join(sight.innocent.choices)}"
                click.echo(f"{sight.verdict}, seed {sight.innocent.seed}: {words}")
                for rule, why in sight.accused.items():
                    click.echo(f"  {rule} {why}")
    click.echo(
        f"{counts[False]} of {len(innocents)} innocents left in peace,"
        f" {time.monotonic() - begun:.0f} s"
    )
    sys.exit(counts[True] > 0)


if __name__ == "__main__":
    main()
