"""What a run is going to do: the checks it selects, and the most that they may cost."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass
class Plan:
    """The checks of a run, and of a replay before them, with their costs."""

    config: Config
    contract: Contract
    replay: Replay | None = None

    def __post_init__(self) -> None:
        self.checks = selected_checks(self.config, self.contract)

    @property
    def packs(self) -> dict[Pack, tuple[int, Cost]]:
        """How many checks of each pack there are, and the most that they cost together. What the
        checks of a pack share costs once, whichever of them run."""
        waited = self.contract.timeouts.near(timeouts.TTL), self.config.ttl_grace
        shared = {
            "ttl": Cost(timeouts.SESSIONS, timeouts.turns(*waited), timeouts.requests(*waited)),
            "generated": Cost(generated.SESSIONS, generated.TURNS, generated.REQUESTS),
        }
        costs = {}
        for pack in PACKS:
            of = [check.cost for check in self.checks.values() if check.pack == pack]
            if of:
                costs[pack] = len(of), sum(of, shared.get(pack, Cost()))
        return costs

    @property
    def cost(self) -> Cost:
        """The most that the checks and a replay need."""
        whole = PREFLIGHT_READING if self.config.read_only else PREFLIGHT
        if self.replay:
            roles = self.replay.roles(self.contract)
            whole += Cost(roles.count("create"), roles.count("submit"), len(roles))
        return sum((of_pack for _, of_pack in self.packs.values()), whole)

    @property
    def repeats(self) -> Cost:
        """What repeating the checks may add."""
        again = [check for check in self.checks.values() if check.pack not in UNREPEATED]
        return sum((check.cost for check in again), Cost()) * self.config.repeats

    @property
    def budget(self) -> Cost:
        """The most that the run may cost: what it needs, unless a budget is configured."""
        config, most = self.config, self.cost + self.repeats
        return Cost(
            config.max_sessions or most.sessions,
            config.max_turns or most.turns,
            config.max_requests or most.requests,
        )

    def concurrency(self, pack: Pack) -> int:
        """The most requests of a pack that are under way at a time."""
        peaks: dict[Pack, int] = {"races": races.CALLS, "ttl": timeouts.PEAK}
        return min(peaks.get(pack, 1), self.config.max_concurrency)

    def waiting(self, pack: Pack) -> float:
        """The seconds that a pack waits for what takes its time, at most and at one place."""
        ttl = self.contract.timeouts.near(timeouts.TTL)
        search = self.contract.resource.operations.get("search")
        searches = any(search in self.contract.rules[id].operations for id in self.checks)
        waits: dict[Pack, float] = {
            "core": self.config.index_wait if searches else 0.0,
            "ttl": timeouts.longest(ttl, self.config.ttl_grace),
            "webhooks": self.config.webhook_wait,
        }
        return waits.get(pack, 0.0)
