"""What a run is going to do: the checks it selects, and the most that they may cost."""

from __future__ import annotations

from dataclasses import replace

from conformance import timeouts
from conformance.checks import generated
from conformance.config import Config, UsageError
from conformance.contract import Contract
from conformance.replay import Replay
from conformance.rules import Check, all_checks
from conformance.scope import selected_packs
from conformance.watch import WATCHED

__all__ = ["UNREPEATED", "cost", "selected_checks", "with_budgets"]

PREFLIGHT_SESSIONS = 1
# Packs whose checks are not repeated when they fail: one waits for minutes, the others draw
# so many stories that a failure was seen again and again as it was shrunk or counted.
UNREPEATED = ("ttl", "model", "generated")


def selected_checks(config: Config, contract: Contract) -> dict[str, Check]:
    """The checks that the configuration asks for and the target can take, by rule."""
    packs = selected_packs(config)
    checks = {id: check for id, check in all_checks().items() if check.pack in packs}
    if config.rules:
        unknown = [id for id in config.rules if id not in contract.rules]
        if unknown:
            raise UsageError(f"the contract has no rule {unknown[0]!r}; --list shows them all")
        # What is watched needs the traffic of the smoke checks.
        watched = any(id in WATCHED for id in config.rules)
        checks = {
            id: check
            for id, check in checks.items()
            if id in config.rules or (watched and check.pack == "smoke")
        }
    if config.read_only:
        checks = {id: check for id, check in checks.items() if check.reads}
    if not checks:
        raise UsageError("nothing is selected, so nothing could be judged")
    return checks


def cost(
    config: Config, checks: dict[str, Check], replay: Replay | None = None
) -> tuple[int, int, int, int]:
    """The most sessions and turns that the checks and a replay need, then what repeating the
    checks may add."""
    sessions, turns = _arranged(config, checks)
    again = [check for check in checks.values() if check.pack not in UNREPEATED]
    return (
        PREFLIGHT_SESSIONS
        + sessions
        + sum(check.sessions for check in checks.values())
        + (replay.sessions if replay else 0),
        turns + sum(check.turns for check in checks.values()) + (replay.turns if replay else 0),
        config.repeats * sum(check.sessions for check in again),
        config.repeats * sum(check.turns for check in again),
    )


def _arranged(config: Config, checks: dict[str, Check]) -> tuple[int, int]:
    """What the checks of a pack share costs once, whichever of them run."""
    packs = {check.pack for check in checks.values()}
    shared = []
    if "ttl" in packs:
        shared.append((timeouts.SESSIONS, timeouts.turns(config.ttl_grace)))
    if "generated" in packs:
        shared.append((generated.SESSIONS, generated.TURNS))
    return sum(sessions for sessions, _ in shared), sum(turns for _, turns in shared)


def with_budgets(config: Config, checks: dict[str, Check], replay: Replay | None = None) -> Config:
    """The configuration with what the plan needs as the most that the run may cost, unless
    it names a smaller or larger budget itself."""
    sessions, turns, more_sessions, more_turns = cost(config, checks, replay)
    return replace(
        config,
        max_sessions=config.max_sessions or sessions + more_sessions,
        max_turns=config.max_turns or turns + more_turns,
    )
