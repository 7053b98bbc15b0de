"""The suite against servers of the tickets' contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.registry import pack_of
from conformance.run.execute import execute
from conformance.run.run import Run
from conformance.target.listener import Listener
from tests.targets.process import running

from .werkzeug_tickets.faults import FAULTS

CONTRACT = Path(__file__).parents[2] / "examples" / "tickets" / "openapi.yaml"
KEY = "key-of-the-desk"
EVALUATED = ("pass", "fail", "warn", "observed")

Outcomes = dict[str, tuple[str, str]]


@cache
def contract() -> Contract:
    return Contract(CONTRACT)


@contextmanager
def served(fault: str = "", hook: str = "") -> Iterator[str]:
    """The server that knows nothing of the project; gives its URL."""
    options = ["--token", KEY, *(["--fault", fault] if fault else [])]
    with running("tests.tickets.werkzeug_tickets", *options, *_hooked(hook)) as url:
        yield url


def _hooked(hook: str) -> list[str]:
    return ["--webhook-url", hook] if hook else []


def judged(url: str, *profile: str, rules: tuple[str, ...] = (), listener: Listener | None) -> Run:
    """A run that came to its end, of these packs."""
    config = Config(
        target=url,
        token=KEY,
        profile=profile,
        rules=rules,
        repeats=0,
        webhook_listen=urlsplit(listener.url).netloc if listener else None,
        webhook_wait=30.0,
    )
    run = Run(config, contract(), listener=listener)
    execute(run)
    assert not run.cause + run.fault, run.cause + run.fault
    return run


def broken(run: Run) -> list[str]:
    outcomes = run.evidence.outcomes.items()
    return [id for id, (outcome, _) in outcomes if outcome in ("fail", "warn", "error")]


def evaluated(run: Run) -> list[str]:
    outcomes = run.evidence.outcomes.items()
    return [id for id, (outcome, _) in outcomes if outcome in EVALUATED]


def blamed(fault: str) -> list[str]:
    """Which of the rules that a fault breaks a run of them finds broken."""
    rules = FAULTS[fault].rules
    hooks = any(pack_of(contract(), rule) == "webhooks" for rule in rules)
    listener = Listener("127.0.0.1:0") if hooks else None
    try:
        with served(fault, listener.url if listener else "") as url:
            return broken(judged(url, "extended", rules=rules, listener=listener))
    finally:
        if listener:
            listener.close()
