"""The operations of the contract as requests, and the trace of what they did."""

import itertools
import json
import random
from collections.abc import Iterable, Mapping
from typing import Any, Self
from urllib.parse import quote, urlencode

from ..contract.document import Contract
from ..contract.ids import canonical
from ..contract.resource import Resource
from ..judging.evidence import Finding, Observation
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import NotApplicable, Violation
from ..judging.trace import Trace, relevant
from .client import Client
from .credentials import BEARER

NOBODY = "00000000-0000-4000-8000-000000000000"
FILLER = "of the suite"  # the text of a member that must be there
UNSET: Any = object()
ABSENT: Any = object()

Observations = list[Observation]
WORDS = (
    "Hello",
    "Grüße aus Köln",
    "Where is order 17?",
    "¿Qué tal?",
    "日本語のテスト",
    "thanks 🙂",
)

_counter = itertools.count(1)


class Operations:
    """Sends operations for one check. The sessions that it opens carry the run's tag, in a
    channel that nobody else uses, so that lists can be judged on a shared deployment; where there
    are no channels, they are told by their ids."""

    def __init__(self, client: Client, run: str, check: str = "", seed: int = 0) -> None:
        self.client = client
        self.config = client.config
        self.run = run
        self.check = check
        self.judged = True  # whether the exchanges are evidence
        self.trace: Trace = []
        self.channel = f"{run}-{next(_counter)}"
        self.own: set[str] = set()  # the sessions that were opened
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

    def fresh(self) -> Self:
        """The same operations with a trace and a channel of their own."""
        return type(self)(self.client, self.run, self.check, self.config.seed)

    # The operations. Members that are given as UNSET are left out of the body where they may be,
    # those that are given as ABSENT anyhow.

    def open(
        self,
        *,
        agent: Any = None,
        channel: Any = None,
        data: Any = None,
        endpoint: Any = UNSET,
        timeout: Any = UNSET,
        further: Json | None = None,
        auth: str | None = BEARER,
    ) -> Exchange:
        """An open, with `further` members by names that `x-resource` does not have."""
        names = self.resource
        body = {
            names.agent: self.config.agent if agent is None else agent,
            names.channel: self.channel if channel is None else channel,
            names.data: {"conformance_run": self.run} if data is None else data,
            names.endpoint: endpoint,
            names.timeout: timeout,
            **(further or {}),
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
        filters: Json | None = None,
        auth: str | None = BEARER,
    ) -> Exchange:
        """A page of sessions; `filters` are others, by their parameters."""
        names = self.resource
        channel = channel if names.channel else None
        members = (names.channel, names.agent, names.status, names.touched)
        given = zip(members, (channel, agent, state, later), strict=True)
        query = {self.filter_of(member): value for member, value in given if value is not None}
        query |= {names.offset: offset, names.limit: limit, **(filters or {})}
        return self.send(names.operations["list"], query=query, auth=auth)

    def filter_of(self, member: str) -> str:
        """The parameter of a list that is compared with a member."""
        if member not in self.resource.filtering:
            raise NotApplicable(f"no list is filtered by {member}")
        return self.resource.filtering[member]

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
        """Send the operation of this role, without the members that are not set, and with
        what the contract wants beside those that are named here."""
        operation = self.resource.operations[role]
        body = {name: value for name, value in body.items() if name}  # that the contract has
        whole = self.contract.filled(operation, FILLER, self._needed(role, body))
        given = {name: value for name, value in whole.items() if value not in (UNSET, ABSENT)}
        taken = self.contract.body(operation) is not None
        return self.send(operation, id=id, body=given if taken else UNSET, auth=auth)

    def look(self, role: str) -> Exchange:
        """Ask by the operation of this role; where there is none, for what nobody has."""
        known = role in self.resource.operations
        return self._send(role, body={}) if known else self.get(NOBODY)

    def needs(self, role: str, member: str) -> bool:
        """Whether a body of this role must hold a member."""
        body = self.contract.body(self.resource.operations[role]) or {}
        return member in body.get("required", ())

    def _needed(self, role: str, body: Json) -> Json:
        """The body, with values of members that are not set and must be, or have a default."""
        names, made = self.resource, {**body}
        for name in (name for name in body if body[name] is UNSET and name != names.text):
            if name == names.timeout and self.contract.timeouts.default is not None:
                made[name] = None  # no timeout, unless a check is about it
            elif not self.needs(role, name):
                continue
            elif name == names.key:
                made[name] = self.key()
            elif self.contract.members(role)[name].get("nullable"):
                made[name] = None
            elif name == names.endpoint:
                made[name] = self.endpoint()
            elif name not in (names.agent, names.channel):
                del made[name]  # as an example has it
        return made

    def text(self) -> str:
        """A user's text that nobody else sends."""
        return f"{self.random.choice(WORDS)} {self.random.getrandbits(40):010x}"

    def key(self) -> str:
        return f"key-{self.random.getrandbits(64):016x}"

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
        asked = {k: v for k, v in (query or {}).items() if v is not None}
        asked = {k: str(v).lower() if isinstance(v, bool) else v for k, v in asked.items()}
        if asked:
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
        draft = Exchange(0, operation, method, url, headers, content, self.contract)
        return self.client.send(draft, self._heard) if self.judged else self.client.look(draft)

    def _heard(self, exchange: Exchange, seen: Observations) -> None:
        self.trace.append(exchange)
        if exchange.opened:
            self.own.add(canonical(exchange.opened))
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
