"""The six operations as a check calls them, and the trace of what it did."""

from __future__ import annotations

import itertools
import json
import random
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

from ..contract.declaration import Resource
from ..contract.document import Contract
from ..contract.ids import Paths, canonical, mentions
from ..judging.equivalence import same_time, tick
from ..judging.evidence import Finding, Observation
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import Blocked, Violation
from .client import Client
from .credentials import BEARER

UNSET: Any = object()

Sessions = list[Json]
Trace = list[Exchange]
Observations = list[Observation]
WORDS = (
    "Hello",
    "Grüße aus Köln",
    "Where is order 17?",
    "¿Qué tal?",
    "日本語のテスト",
    "thanks 🙂",
)
TELLING = ("create", "list")  # roles of operations

_counter = itertools.count(1)


class Api:
    """One check's view of the target. Every session it opens carries the run's tag, in a
    channel that nobody else uses, so that lists can be judged on a shared deployment."""

    def __init__(self, client: Client, run: str, check: str = "", seed: int = 0) -> None:
        self.client = client
        self.config = client.config
        self.run = run
        self.check = check
        self.judged = True  # whether the exchanges are evidence
        self.trace: Trace = []
        self.channel = f"{run}-{next(_counter)}"
        self.random = random.Random(f"{seed}/{check}")

    @property
    def contract(self) -> Contract:
        return self.client.watch.contract

    @property
    def resource(self) -> Resource:
        return self.contract.resource

    def refused(self, reason: str) -> list[int]:
        """The statuses that may refuse for this reason."""
        return self.resource.refusals[reason]

    def fresh(self) -> Api:
        """The same view with a trace and a channel of its own."""
        return Api(self.client, self.run, self.check, self.config.seed)

    # The operations. Members that are given as UNSET are left out of the body.

    def open(
        self,
        *,
        agent: Any = None,
        channel: Any = None,
        data: Any = None,
        endpoint: Any = UNSET,
        timeout: Any = UNSET,
        auth: str | None = BEARER,
    ) -> Exchange:
        names = self.resource
        body = {
            names.agent: self.config.agent if agent is None else agent,
            names.channel: self.channel if channel is None else channel,
            names.data: {"conformance_run": self.run} if data is None else data,
            names.endpoint: endpoint,
            names.timeout: timeout,
        }
        return self._send("create", body=body, auth=auth)

    def list(
        self,
        *,
        channel: Any = None,
        agent: Any = None,
        state: Any = None,
        later: Any = None,
        offset: Any = None,
        limit: Any = None,
        auth: str | None = BEARER,
    ) -> Exchange:
        names = self.resource
        query = {
            names.filtering[names.channel]: channel,
            names.filtering[names.agent]: agent,
            names.filtering[names.status]: state,
            names.filtering[names.touched]: later,
            names.offset: offset,
            names.limit: limit,
        }
        return self.send(names.operations["list"], query=query, auth=auth)

    def get(self, id: str, auth: str | None = BEARER) -> Exchange:
        return self.send(self.resource.operations["read"], id=id, auth=auth)

    def submit(
        self,
        id: str,
        text: Any = None,
        *,
        key: Any = UNSET,
        data: Any = UNSET,
        auth: str | None = BEARER,
    ) -> Exchange:
        names = self.resource
        body = {names.text: self.text() if text is None else text, names.key: key, names.data: data}
        return self._send("submit", id=id, body=body, auth=auth)

    def end(self, id: str, *, note: Any = UNSET, auth: str | None = BEARER) -> Exchange:
        return self._send("end", id=id, body={self.resource.note: note}, auth=auth)

    def search(self, auth: str | None = BEARER, **members: Any) -> Exchange:
        return self._send("search", body=members, auth=auth)

    def _send(self, role: str, *, body: Json, id: str = "", auth: str | None = BEARER) -> Exchange:
        """Send the operation of this role, without the members that are not set."""
        told = {name: value for name, value in body.items() if value is not UNSET}
        return self.send(self.resource.operations[role], id=id, body=told, auth=auth)

    # Arrangements: what a check builds on. Blocked where the target does not give it.

    def given(self, *, turns: int = 0, **members: Any) -> str:
        """The id of a new active session with this many turns."""
        id = self.open(**members).id
        for _ in range(turns):
            self.given_turn(id)
        return id

    def given_turn(self, id: str, text: Any = None, **members: Any) -> Json:
        """The result of a turn that the target took."""
        return self.submit(id, text, **members).turn

    def given_final(self, *, turns: int = 0, **members: Any) -> str:
        """The id of a session that was ended."""
        id = self.given(turns=turns, **members)
        self.given_end(id)
        return id

    def given_end(self, id: str) -> None:
        """End a session."""
        if self.end(id).session.get(self.resource.mirror) is not True:
            raise Blocked("an end left the session active, see END-01")

    @property
    def has_closer(self) -> bool:
        """Whether the suite was given an agent that finishes, and the text that makes it."""
        return "closing_agent" in self.config.capabilities

    def given_closed(self, key: str | None = None, **members: Any) -> tuple[str, Exchange]:
        """The id of a session that the closing agent finished, and the turn that did it."""
        id = self.given(agent=self.config.closing_agent, **members)
        return id, self.given_close(id, key)

    def given_close(self, id: str, key: str | None = None) -> Exchange:
        """The turn in which the closing agent finishes its session."""
        turn = self.submit(id, self.config.closing_text, key=key or UNSET)
        if turn.turn.get(self.resource.mirror) is not True:
            raise Blocked("the closing agent did not finish on the closing text, see LIFE-08")
        return turn

    @property
    def active(self) -> str | None:
        """What a list is asked for to have active sessions; None where it has them by default."""
        initial = self.contract.lifecycle.initial
        return None if self.contract.default_state == initial else initial

    def listed(self, **query: Any) -> Sessions:
        """The items of a list narrowed to this check's channel, the active ones unless told.
        Blocked where the target does not keep to the channel (LIST-07 reports that)."""
        told = {"state": self.active, "channel": self.channel, **query}
        answer, name = self.list(**told), self.resource.channel
        items: Sessions = answer.page[self.resource.items]
        if any(not isinstance(item, dict) or item.get(name) != self.channel for item in items):
            raise Blocked(f"{answer.name} does not keep to the channel, see LIST-07")
        return items

    def still(self, id: str) -> Json:
        """The session as it stays while it is only looked at, until a change would show:
        without its last activity where a look alone moves it (TIME-03 reports that)."""
        name = self.resource.touched
        before = self.get(id).session[name]
        self.pass_time(before)
        sights = [self.get(id).session for _ in range(2)]
        if not all(same_time(before, sight[name]) for sight in sights):
            del sights[-1][name]
        return sights[-1]

    def pass_time(self, instant: object) -> None:
        """Wait until the deployment would tell a later time than this one: it may tell whole
        seconds, and a change within one of them does not show."""
        time.sleep(max(0.02, 1.1 * tick(instant).total_seconds()))

    def text(self) -> str:
        """A user's text that nobody else sends."""
        return f"{self.random.choice(WORDS)} {self.random.getrandbits(40):010x}"

    def key(self) -> str:
        return f"key-{self.random.getrandbits(64):016x}"

    def unknown_id(self) -> str:
        """A well-formed id that names no session, and that may be written to."""
        return self.unknown(str(uuid.UUID(int=self.random.getrandbits(128), version=4)))

    def malformed_id(self) -> str:
        """What is no UUID and names no session, and so may be written to."""
        return self.unknown(f"not-a-uuid-{self.random.getrandbits(32):08x}")

    def unknown(self, id: str) -> str:
        """The id, noted as one that nobody has and that may be written to."""
        self.client.ledger.unknown_ids |= {canonical(id), canonical(unquote(id))}
        return id

    def endpoint(self) -> Json:
        """An endpoint that nobody else uses."""
        number = f"+1555{self.random.randrange(10**7):07}"
        return {"from": number, "to": "+15550100", "provider": {"id": "sms-1", "region": "eu"}}

    # The wire.

    def send(
        self,
        operation: str,
        *,
        id: str = "",
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
        auth: str | None = BEARER,
        content: bytes | None = None,
        content_type: str | None = "application/json",
    ) -> Exchange:
        """Send one operation. `content` gives raw bytes in the place of a JSON body."""
        found = self.contract.operations[operation]
        path = self.contract.paths.to(found.path, quote(id, safe=""))
        if asked := {k: v for k, v in (query or {}).items() if v is not None}:
            path += "?" + urlencode(asked)
        if body is not UNSET:
            content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode(
                "utf-8", "surrogatepass"
            )
        return self.request(
            found.method,
            path,
            operation=operation,
            content=content,
            content_type=content_type,
            auth=auth,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        operation: str | None = None,
        content: bytes | None = None,
        content_type: str | None = "application/json",
        auth: str | None = BEARER,
        headers: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Send any request. `auth` is as `Credentials.carry` has it."""
        headers = {"accept": "application/json, application/problem+json", **(headers or {})}
        path = self.client.credentials.carry(auth, headers, path)
        if content is not None and content_type is not None:
            headers["content-type"] = content_type
        url = self.client.base + path
        draft = Exchange(0, operation, method, url, headers, content, self.resource)
        return self.client.send(draft, self._heard) if self.judged else self.client.look(draft)

    def _heard(self, exchange: Exchange, seen: Observations) -> None:
        self.trace.append(exchange)
        for rule, violation in seen:
            if violation:
                self.report(rule, violation, relevant(self.trace, self.contract.paths))

    def report(self, rule: str, violation: Violation, trace: Iterable[Exchange] = ()) -> None:
        """Enter a finding with its trace, all of the check's unless told: what is wrong with one
        session may come of what was done to another. No finding is of a rule that is not judged.
        """
        if rule not in self.contract.judged:
            return
        kept = tuple(exchange.abridged() for exchange in trace or self.trace)
        finding = Finding(rule, violation.expected, violation.actual, kept, self.check)
        self.client.evidence.add(finding)


def relevant(trace: Trace, paths: Paths) -> tuple[Exchange, ...]:
    """What leads to an answer that is wrong in itself: all that concerns the same session.
    A last exchange that names no session may build on every one before it."""
    id = paths.named(trace[-1].path) if trace else ""
    if not id:
        return tuple(trace)
    return tuple(e for e in trace if paths.named(e.path) == id or _tells(e, id))


def _tells(exchange: Exchange, id: str) -> bool:
    """Whether the answer of an open or a list holds the session."""
    if exchange.role not in TELLING:
        return False
    text = exchange.content.decode("latin-1")
    if id.lower() not in text.lower() and quote(id, safe="") not in text:
        return False  # seen at once, however large the answer
    return any(canonical(found[0]) == id for found in mentions([id]).finditer(text))
