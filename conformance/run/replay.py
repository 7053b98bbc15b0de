"""The requests that a report recorded, sent again: the same requests, on sessions of today."""

import gzip
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ..config.connection import TRACE_HEADERS
from ..config.settings import Config, UsageError
from ..contract.document import Contract
from ..contract.ids import canonical, mentions
from ..contract.parts import Json
from ..judging.exchange import Exchange
from ..judging.outcomes import Blocked
from ..registry import all_checks
from ..target.api import Api

LONGEST_TEXT = 2000  # characters; a longer body is kept compressed
SET_ANEW = ("accept", "content-type", *TRACE_HEADERS)
CHANNEL = re.compile(r"conf-[0-9a-f]{8}(-\d+)?")

Say = Callable[[str], None]
Steps = Sequence[Json]  # of a report


@dataclass(frozen=True)
class Replay:
    """The rules that a report has findings of, each with the steps that led to it and their paths;
    and the checks that judge afterwards: their rules, and the recorded run's seed and profile."""

    recordings: tuple[tuple[str, Steps], ...]
    rules: tuple[str, ...]
    profile: tuple[str, ...]
    seed: int
    target: str | None = None  # None where the suite had started it, and it is gone

    def roles(self, contract: Contract) -> list[str | None]:
        """What each request is to the resource."""
        roles = contract.resource.roles
        return [roles.get(step["operation"]) for _, steps in self.recordings for step in steps]

    def settings(self, config: Config) -> dict[str, Any]:
        """What a replay takes from the recorded run."""
        if config.read_only:
            raise UsageError("--replay writes, and --read-only forbids that")
        target = config.target or self.target
        return {
            "rules": self.rules, "profile": self.profile, "seed": self.seed, "target": target,
        }  # fmt: skip


def recorded(exchange: Exchange) -> dict[str, Any]:
    """The request as a report keeps it. `opened` is the id that the answer of an open gave."""
    kept: dict[str, Any] = {"headers": dict(exchange.headers), "opened": exchange.opened}
    if exchange.body is None:
        return kept
    text = exchange.body.decode(errors="replace")
    if text.encode() == exchange.body and len(text) <= LONGEST_TEXT:
        return {**kept, "body": text}
    return {**kept, "gzip": packed(exchange.body)}


def packed(body: bytes) -> str:
    """Bytes as a text, and in short: what is odd is mostly one thing over and over."""
    return b64encode(gzip.compress(body, mtime=0)).decode()


def replay_of(report: Json, contract: Contract, rules: tuple[str, ...] = ()) -> Replay:
    """The findings of a report, of these rules or of all. Raises UsageError where there is
    nothing to tell."""
    found = [
        (rule["id"], finding)
        for rule in report["rules"]
        if not rules or rule["id"] in rules
        for finding in rule["findings"]
    ]
    if not found:
        raise UsageError("the report holds no finding that could be told again")
    base = report["target"].rstrip("/")
    steps = [step for _, finding in found for step in finding["steps"]]
    if not all("request" in step and step["url"].startswith(base) for step in steps):
        raise UsageError("the report does not hold its requests; make it again")
    return Replay(
        tuple(
            (id, [{**step, "path": step["url"].removeprefix(base)} for step in finding["steps"]])
            for id, finding in found
        ),
        tuple(dict.fromkeys(_judge(contract, id, finding) for id, finding in found)),
        tuple(report["profile"]),
        report["seed"],
        report["target"] if " --target " in report.get("reproduce", "") else None,
    )


def resend(replay: Replay, api: Api, say: Say) -> None:
    """Send every recording's requests one after the other, and say how each was answered then and
    now. Neither pauses nor overlaps are repeated; the checks do that."""
    for rule, steps in replay.recordings:
        say(f"\nreplay    {rule}, {len(steps)} requests: status then → now")
        resender = Resender(api.fresh(), steps)
        for step in steps:
            name = step["operation"] or f"{step['method']} {step['path'][:40]}"
            told = f"  {name:<17}  {step['status']}"
            try:
                now = resender.send(step).status
            except Blocked as cause:
                say(f"{told} → none: {cause}")
                break
            say(f"{told} → {now}{'' if now == step['status'] else '  differs'}")


class Resender:
    """One recording that is sent again: which session of today stands for which recorded one."""

    def __init__(self, api: Api, steps: Steps) -> None:
        self.api = api
        self.today: dict[str, str] = {}
        paths = api.client.watch.contract.paths
        named = {paths.named(step["path"].partition("?")[0]) for step in steps}
        self.ids = mentions({step["request"]["opened"] or "" for step in steps} | named)

    def send(self, step: Json) -> Exchange:
        request, body = step["request"], _body(step["request"])
        headers = request["headers"]
        exchange = self.api.request(
            step["method"],
            self._current(step["path"]),
            operation=step["operation"],
            content=body and self._current(body.decode("latin-1")).encode("latin-1"),
            content_type=headers.get("content-type"),
            auth=None,  # the recorded headers hold the keys, by their names
            headers={k: v for k, v in headers.items() if k not in SET_ANEW},
        )
        if request["opened"] and exchange.opened:
            self.today.setdefault(canonical(request["opened"]), exchange.opened)
        return exchange

    def _current(self, text: str) -> str:
        """The text with today's sessions and channels. An id that no step has opened gets one
        that names nothing, so that nobody else's session is ever touched."""
        text = CHANNEL.sub(lambda found: self._channel(found.group(1)), text)
        return self.ids.sub(lambda found: self._session(canonical(unquote(found[0]))), text)

    def _channel(self, number: str | None) -> str:
        return self.api.channel + number if number else self.api.run

    def _session(self, id: str) -> str:
        if id not in self.today:
            self.today[id] = self.api.unknown_id()
        return self.today[id]


def _judge(contract: Contract, rule: str, finding: dict[str, Any]) -> str:
    """The rule whose check judges: the finding's own or, for one that is judged on every
    exchange, that of the check which met it."""
    checks = all_checks(contract)
    met = [check.rule for check in checks.values() if check.name == finding["check"]]
    return met[0] if met and rule not in checks else rule


def _body(request: Json) -> bytes | None:
    if "gzip" in request:
        return gzip.decompress(b64decode(request["gzip"]))
    return request["body"].encode() if "body" in request else None
