"""Runs of the suite against faulty and innocent mocks, each a task for a worker process."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache

from conformance.config.settings import FIXTURE_AGENTS, Config
from conformance.contract.document import Contract, find_contract
from conformance.judging.verdict import judge
from conformance.registry import pack_of
from conformance.run.execute import execute
from conformance.run.run import Run
from conformance.target.listener import Listener

from .mutants import Mutant
from .serve import FAITHFUL
from .target import serving

FAULT = "harness-fault"
CORE_PACKS = ("smoke", "core")
PROMPT_WEBHOOKS = ("--webhook-timeout", "1", "--webhook-backoff", "0.2")  # seconds
WEBHOOK_WAIT = 20.0  # seconds, as the webhooks are prompt


@dataclass(frozen=True)
class Task:
    """One mock, and the runs against it: a profile, once with each seed. Where it names a
    rule, the profile is narrowed to that rule, and run whole only when the rule does not fire."""

    mutant: str
    profile: str = "core"
    choice: str | None = None
    seeds: tuple[int, ...] = (1,)
    rule: str | None = None


@dataclass(frozen=True)
class Sight:
    """What one run said: its verdict, and the outcome and reason of every rule that fired."""

    task: Task
    seed: int
    verdict: str
    seconds: float = 0.0
    fired: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


@cache
def contract() -> Contract:
    return Contract(find_contract())


def profile_of(mutant: Mutant) -> str:
    """The profile that must kill a mutant: the pack of its rule."""
    pack = pack_of(contract(), mutant.rule)
    if pack is None:
        raise ValueError(f"{mutant.name}: no check evaluates {mutant.rule}")
    return "core" if pack in CORE_PACKS else pack


def play(task: Task) -> list[Sight]:
    """Serve the mock and run the suite against it; a mock that does not start is a fault."""
    try:
        sights = _played(task)
        if task.rule and not all(task.rule in sight.fired for sight in sights):
            return _played(replace(task, rule=None))
        return sights
    except RuntimeError as error:
        return [Sight(task, seed, FAULT, reasons={"": str(error)}) for seed in task.seeds]


def _played(task: Task) -> list[Sight]:
    with ExitStack() as stack:
        options = ["--choice", task.choice] if task.choice else []
        listener = None
        if task.profile == "webhooks":
            listener = Listener("127.0.0.1:0")
            stack.callback(listener.close)
            options += ["--webhook-url", listener.url, *PROMPT_WEBHOOKS]
        target = stack.enter_context(serving(task.mutant, *options))
        config = replace(
            Config(target=target.url, token=target.token, profile=(task.profile,), repeats=0),
            agent=FIXTURE_AGENTS["agent"],
            tool_agent=FIXTURE_AGENTS["tool_agent"],
            closing_agent=FIXTURE_AGENTS["closing_agent"],
            closing_text=FIXTURE_AGENTS["closing_text"],
            disabled_agent=FIXTURE_AGENTS["disabled_agent"],
            webhook_listen=listener.address if listener else None,
            webhook_wait=WEBHOOK_WAIT,
            rules=(task.rule,) if task.rule else (),
        )
        return [_run(task, replace(config, seed=seed), listener) for seed in task.seeds]


def _run(task: Task, config: Config, listener: Listener | None) -> Sight:
    begun = time.monotonic()
    run = Run(config, contract(), embedded=task.mutant == FAITHFUL, listener=listener)
    execute(run)
    outcomes = run.evidence.outcomes
    fired = {id: pair for id, pair in outcomes.items() if pair[0] in ("fail", "warn", "error")}
    return Sight(
        task,
        config.seed,
        judge(contract().rules, outcomes),
        time.monotonic() - begun,
        {id: outcome for id, (outcome, _) in fired.items()},
        {id: reason for id, (_, reason) in fired.items()},
    )
