"""The requests that a report recorded, sent again: the same requests, on sessions of today."""

import gzip
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
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


@dataclass(frozen=True)
class Step:
    """A request as it was sent, the status it was answered with, and the session it opened."""

    operation: str | None
    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    status: int
    opened: str | None
    role: str | None = None


@dataclass(frozen=True)
class Recording:
    """The steps that led to a finding."""

    rule: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Replay:
    """What a report recorded, and the checks that judge afterwards: their rules, and
    the seed and profile of the recorded run."""

    recordings: tuple[Recording, ...]
    rules: tuple[str, ...]
    profile: tuple[str, ...]
    seed: int
    target: str | None = None  # None where the suite had started it, and it is gone

    @property
    def roles(self) -> list[str | None]:
        """What each request is to the resource."""
        return [step.role for recording in self.recordings for step in recording.steps]

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
    return {**kept, "gzip": b64encode(gzip.compress(exchange.body, mtime=0)).decode()}


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
    return Replay(
        tuple(
            Recording(id, tuple(_step(step, base, contract) for step in finding["steps"]))
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
    for recording in replay.recordings:
        say(f"\nreplay    {recording.rule}, {len(recording.steps)} requests: status then → now")
        resender = Resender(api.fresh(), recording)
        for step in recording.steps:
            try:
                now = resender.send(step).status
            except Blocked as cause:
                say(f"  {_name(step)}  {step.status} → none: {cause}")
                break
            differs = "" if now == step.status else "  differs"
            say(f"  {_name(step)}  {step.status} → {now}{differs}")


class Resender:
    """One recording that is sent again: which session of today stands for which recorded one."""

    def __init__(self, api: Api, recording: Recording) -> None:
        self.api = api
        self.today: dict[str, str] = {}
        paths = api.client.watch.contract.paths
        named = {paths.named(step.path.partition("?")[0]) for step in recording.steps}
        self.ids = mentions({step.opened or "" for step in recording.steps} | named)

    def send(self, step: Step) -> Exchange:
        body = step.body
        exchange = self.api.request(
            step.method,
            self._current(step.path),
            operation=step.operation,
            content=None
            if body is None
            else self._current(body.decode("latin-1")).encode("latin-1"),
            content_type=step.headers.get("content-type"),
            auth=None,  # the recorded headers hold the keys, by their names
            headers={k: v for k, v in step.headers.items() if k not in SET_ANEW},
        )
        opened = exchange.opened
        if step.opened and opened:
            self.today.setdefault(canonical(step.opened), opened)
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


def _step(step: dict[str, Any], base: str, contract: Contract) -> Step:
    request = step.get("request")
    if request is None or not step["url"].startswith(base):
        raise UsageError("the report does not hold its requests; make it again")
    body = request.get("body")
    content = gzip.decompress(b64decode(request["gzip"])) if "gzip" in request else None
    return Step(
        step["operation"],
        step["method"],
        step["url"].removeprefix(base),
        request["headers"],
        content if body is None else body.encode(),
        step["status"],
        request["opened"],
        contract.resource.roles.get(step["operation"]),
    )


def _name(step: Step) -> str:
    return f"{step.operation or step.method + ' ' + step.path[:40]:<17}"
