"""What a run is going to do: the checks it selects, and the most that they may cost."""

from __future__ import annotations

from dataclasses import replace

from ..checks import generated, races, timeouts
from ..config.profiles import PACKS, Pack
from ..config.settings import Config, UsageError
from ..contract.document import Contract
from ..contract.words import did_you_mean
from ..registry import Check, Cost, all_checks, is_watched
from .replay import Replay
from .scope import selected_packs

# Packs whose checks are not repeated when they fail: one waits for minutes, the others draw
# so many traces that a failure was seen again and again as it was shrunk or counted.
UNREPEATED = ("ttl", "model", "generated")


def selected_checks(config: Config, contract: Contract) -> dict[str, Check]:
    """The checks that the configuration asks for and the target can take, by rule."""
    packs = selected_packs(config)
    checks = {
        id: check
        for id, check in all_checks(contract).items()
        if check.pack in packs and id in contract.judged
    }
    if config.rules:
        unknown = [id for id in config.rules if id not in contract.rules]
        if unknown:
            hint = did_you_mean(unknown[0], contract.rules, "--list shows them all")
            raise UsageError(f"the contract has no rule {unknown[0]!r}; {hint}")
        # What is watched needs the traffic of the smoke checks.
        watched = any(is_watched(contract, id) for id in config.rules)
        checks = {
            id: check
            for id, check in checks.items()
            if id in config.rules or (watched and check.pack == "smoke")
        }
    if config.read_only:
        checks = {id: check for id, check in checks.items() if check.reads}
    if not checks:
        raise UsageError(f"nothing is selected, so nothing could be judged{_why(config, contract)}")
    return checks


def _why(config: Config, contract: Contract) -> str:
    """Why rules that were named select no check, and how to mend it."""
    reasons, checks = [], all_checks(contract)
    for id in config.rules:
        if contract.rules[id].unchecked:
            reasons.append(f"{id} is not checked: {contract.rules[id].unchecked}")
        elif is_watched(contract, id):
            reasons.append(f"{id} is judged on what the pack smoke sends; add --profile smoke")
        elif checks[id].pack not in selected_packs(config):
            reasons.append(
                f"{id} is of the pack {checks[id].pack}; add --profile {checks[id].pack}"
            )
        elif config.read_only:
            reasons.append(f"{id} wants to write; leave --read-only out")
    return "".join(f"; {line}" for line in reasons)


PREFLIGHT_READING = Cost(requests=4)
PREFLIGHT = Cost(sessions=4, requests=8)


def by_pack(
    config: Config, contract: Contract, checks: dict[str, Check]
) -> dict[Pack, tuple[int, Cost]]:
    """How many checks of each pack there are, and the most that they cost together. What the
    checks of a pack share costs once, whichever of them run."""
    waited = contract.timeouts.near(timeouts.TTL), config.ttl_grace
    shared = {
        "ttl": Cost(timeouts.SESSIONS, timeouts.turns(*waited), timeouts.requests(*waited)),
        "generated": Cost(generated.SESSIONS, generated.TURNS, generated.REQUESTS),
    }
    costs = {}
    for pack in PACKS:
        of = [check for check in checks.values() if check.pack == pack]
        if of:
            costs[pack] = len(of), sum((check.cost for check in of), shared.get(pack, Cost()))
    return costs


def cost(
    config: Config, contract: Contract, checks: dict[str, Check], replay: Replay | None = None
) -> tuple[Cost, Cost]:
    """The most that the checks and a replay need, then what repeating the checks may add."""
    again = [check for check in checks.values() if check.pack not in UNREPEATED]
    whole = PREFLIGHT_READING if config.read_only else PREFLIGHT
    for _, of_pack in by_pack(config, contract, checks).values():
        whole += of_pack
    if replay:
        whole += Cost(replay.sessions, replay.turns, replay.requests)
    return whole, sum((check.cost for check in again), Cost()) * config.repeats


def with_budgets(
    config: Config, contract: Contract, checks: dict[str, Check], replay: Replay | None = None
) -> Config:
    """The configuration with what the plan needs as the most that the run may cost, unless
    it names a smaller or larger budget itself."""
    whole, more = cost(config, contract, checks, replay)
    most = whole + more
    return replace(
        config,
        max_sessions=config.max_sessions or most.sessions,
        max_turns=config.max_turns or most.turns,
        max_requests=config.max_requests or most.requests,
    )


def concurrency(config: Config, pack: Pack) -> int:
    """The most requests of a pack that are under way at a time."""
    peaks: dict[Pack, int] = {"races": races.CALLS, "ttl": timeouts.PEAK}
    return min(peaks.get(pack, 1), config.max_concurrency)


def waiting(config: Config, contract: Contract, checks: dict[str, Check], pack: Pack) -> float:
    """The seconds that a pack waits for what takes its time, at most and at one place."""
    waits: dict[Pack, float] = {
        "core": config.index_wait if any(id.startswith("FIN-") for id in checks) else 0.0,
        "ttl": timeouts.longest(contract.timeouts.near(timeouts.TTL), config.ttl_grace),
        "webhooks": config.webhook_wait,
    }
    return waits.get(pack, 0.0)
