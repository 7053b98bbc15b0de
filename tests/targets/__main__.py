"""`python -m tests.targets`: the suite against the second server with each of its faults.

The server was written from the contract alone, and so were its faults; exit 1 when the suite
misses one of them.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any

import click
from conformance.config.settings import Config, UsageError
from conformance.contract.document import Contract, find_contract
from conformance.registry import pack_of
from conformance.run.execute import execute
from conformance.run.run import Run
from conformance.target.listener import Listener

from .process import running
from .starlette_chats.faults import FAULTS

AGENTS: dict[str, Any] = {
    "agent": "plain-1",
    "tool_agent": "tool-1",
    "closing_agent": "closer-1",
    "closing_text": "that is all",
    "disabled_agent": "off-1",
}
KEYS = {"token": "key-of-the-target", "second_token": "key-of-another-organisation"}
# A fault that shows only under another choice than the default, and the choice.
CHOICES = {"ttl-unclamped": ("ttl=clamp",), "list-from-instant": ("time=micros",)}
CORE = ("smoke", "core")


@dataclass(frozen=True)
class Sight:
    """What the suite said of one fault: every rule that fired."""

    fault: str
    fired: tuple[str, ...]

    @property
    def caught(self) -> bool:
        return bool(set(self.fired) & set(FAULTS[self.fault].rules))


@cache
def contract() -> Contract:
    return Contract(find_contract())


def serving(fault: str, hook: str | None) -> AbstractContextManager[str]:
    """The server with one fault; gives its URL."""
    options = ["--fault", fault]
    options += ["--token", KEYS["token"], "--second-token", KEYS["second_token"]]
    for choice in ("results_delay=0", *CHOICES.get(fault, ())):
        options += ["--choice", choice]
    options += ["--webhook-url", hook] if hook else []
    return running("tests.targets.starlette_chats", *options)


def look(fault: str) -> Sight:
    """Judge one fault with the packs of the rules that it breaks."""
    packs = {pack_of(contract(), rule) or "core" for rule in FAULTS[fault].rules}
    profile = tuple(sorted({"core" if pack in CORE else pack for pack in packs}))
    listener = Listener("127.0.0.1:0") if "webhooks" in profile else None
    try:
        with serving(fault, listener.url if listener else None) as url:
            config = Config(
                **AGENTS,
                **KEYS,  # type: ignore[arg-type]
                target=url,
                profile=profile,
                repeats=0,
                webhook_listen=listener.address if listener else None,
                webhook_wait=30.0,
            )
            run = Run(config, contract(), listener=listener)
            execute(run)
    except UsageError as error:
        return Sight(fault, (f"none, as the run was refused: {error}",))
    finally:
        if listener:
            listener.close()
    fired = [id for id, (what, _) in run.evidence.outcomes.items() if what in ("fail", "warn")]
    return Sight(fault, tuple(fired))


@click.command()
@click.option("--only", help="Faults whose name starts so.", default="")
@click.option("--jobs", default=2, show_default=True)
def main(only: str, jobs: int) -> None:
    """Judge every fault; exit 1 when one is missed."""
    faults = [name for name in FAULTS if name.startswith(only)]
    begun, sights = time.monotonic(), []
    with ProcessPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(look, fault) for fault in faults]):
            sight = future.result()
            sights.append(sight)
            if not sight.caught:
                wanted = ", ".join(FAULTS[sight.fault].rules)
                click.echo(f"missed {sight.fault} ({wanted}); fired: {' '.join(sight.fired)}")
    caught = sum(sight.caught for sight in sights)
    click.echo(
        f"{caught} of {len(sights)} faults of the second server caught by a rule that they break;"
        f" rules that fired a fault: median {median(len(s.fired) for s in sights):g};"
        f" {time.monotonic() - begun:.0f} s"
    )
    sys.exit(caught < len(sights))


if __name__ == "__main__":
    main()
