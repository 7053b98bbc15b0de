"""One request and its response, as the checks read them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from ..contract.document import Contract
from ..contract.resource import Resource
from .decoding import decoded
from .outcomes import Blocked, expect, listed, shown

Json = dict[str, Any]
Silence = Literal["closed", "late"]  # in the place of an answer

ABSENT = object()
WHOLE = 256 * 1024  # bytes of an answer that is kept as it is for a report, and as JSON too
TOLD = 4096  # bytes of a larger one that its summary reads
MOST_HEADERS = 200  # of an answer that a finding keeps
LONGEST_ID = 2000  # characters; what is longer fits no URL, and names no session
SILENCES: dict[Silence, str] = {
    "closed": "a connection that was closed without an answer, again and again",
    "late": "no answer in the time that --timeout gives, again and again",
}


class Members(dict[str, Any]):
    """A JSON object of the target. Asking for a member that it lacks blocks the check; `see` is
    the rule that tells of it."""

    def __init__(self, members: Json, see: str) -> None:
        super().__init__(members)
        self.see = see

    def __missing__(self, key: str) -> Any:
        raise Blocked(f"the answer has no member {key!r}", self.see)


@dataclass
class Exchange:
    """A request as it was sent and the response as it came. Times are monotonic seconds."""

    number: int
    operation: str | None
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    contract: Contract = field(repr=False)
    status: int = 0
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    garbled: bool = False  # whether the content is not what its Content-Encoding says
    started: float = 0.0
    finished: float = 0.0
    broken: tuple[str, ...] = ()  # the watched rules that this exchange broke
    silence: Silence | None = None  # where no answer came

    @property
    def resource(self) -> Resource:
        return self.contract.resource

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def role(self) -> str | None:
        """What the operation is to the resource; None of what is no operation."""
        return self.resource.role(self.operation) if self.operation else None

    @property
    def gives_session(self) -> bool:
        """Whether the operation is answered with a session."""
        turned = self.role == "submit" and not self.resource.replies
        return turned or self.role in ("create", "read", "end", "act")

    @property
    def bodies(self) -> list[Any]:
        """What stands where sessions do: the answer itself, or the items of a list."""
        if not self.ok or self.json is ABSENT:
            return []
        if self.gives_session:
            return [self.json]
        listed = self.role == "list" and isinstance(self.json, dict)
        items = self.json.get(self.resource.items) if listed else None
        return items if isinstance(items, list) else []

    @property
    def may_be_old(self) -> bool:
        """Whether the session that it is answered with may be as an earlier answer had it."""
        turned = self.role == "submit" and not self.resource.replies
        return turned and bool(self.sent.get(self.resource.key))

    @property
    def sent(self) -> Json:
        """The members of the body that was sent; none where it is no JSON object."""
        try:
            body = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}

    @property
    def opened(self) -> str | None:
        """The id of the session that an open has given, as it was written."""
        body = self.json if self.ok and self.role == "create" else None
        id = body.get(self.resource.id) if isinstance(body, dict) else None
        return id if isinstance(id, str) and 0 < len(id) <= LONGEST_ID else None

    @property
    def elapsed(self) -> float:
        return self.finished - self.started

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        return self.answer_headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def is_page(self) -> bool:
        """Whether the answer is a page for people, and no JSON that is called one."""
        return "html" in self.media_type and self.json is ABSENT

    def rest(self) -> None:
        """Keep no JSON of a large answer: whoever wants it later reads it anew."""
        if len(self.content) > WHOLE:
            self.__dict__.pop("json", None)

    def abridged(self) -> Self:
        """The exchange as a finding keeps it: of a very large answer only the beginning."""
        if len(self.content) <= WHOLE and len(self.answer_headers) <= MOST_HEADERS:
            return self
        headers = dict(islice(self.answer_headers.items(), MOST_HEADERS))
        return replace(self, content=self.content[: WHOLE + 1], answer_headers=headers)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or ABSENT where it is none."""
        if self.garbled:
            return ABSENT
        try:
            return decoded(self.content)
        except (ValueError, RecursionError):
            return ABSENT

    @property
    def session(self) -> Json:
        """The session in the answer. Blocked where there is none, so that a check whose
        precondition fails is not-run and never accuses a second time."""
        names = self.resource
        body = self._object("a session", names.id, names.transcript, names.latest)
        if not isinstance(body[names.id], str) or not isinstance(body[names.transcript], list):
            why = f"{self.name} gave a session without an id or transcript"
            raise Blocked(why, self.contract.carrier("rest"))
        return body

    @property
    def id(self) -> str:
        return str(self.session[self.resource.id])

    @property
    def turn(self) -> Json:
        """The turn's result in the answer, or Blocked."""
        names = self.resource
        flags = names.mirror or names.status
        return self._holding("a turn's result", names.transcript, flags)

    @property
    def body_object(self) -> Json:
        """The session or the turn's result in the answer, or Blocked."""
        return self._object("a JSON object")

    @property
    def page(self) -> Json:
        """The page of sessions in the answer, or Blocked."""
        names = self.resource
        return self._holding("a page", names.items, names.total)

    @property
    def results(self) -> Json:
        """The page of call results in the answer, or Blocked."""
        names = self.resource.searched
        return self._holding("a page of call results", names.items, names.total)

    @property
    def name(self) -> str:
        return self.operation or f"{self.method} {self.path}"

    def expect_status(self, *wanted: int) -> Self:
        """Raise Violation unless the status is one of these."""
        return self._expect(self.status in wanted, f"status {listed(wanted)}")

    def expect_ok(self, *others: int) -> Self:
        """Raise Violation unless the status is 2xx or one of these. Which 2xx it is, another rule
        judges."""
        wanted = f"a 2xx status or {listed(others)}" if others else "a 2xx status"
        return self._expect(self.ok or self.status in others, wanted)

    def expect_refusal(self) -> Self:
        """Raise Violation unless the status is 4xx."""
        return self._expect(400 <= self.status < 500, "a 4xx status")

    def control(self) -> Self:
        """Blocked unless the status is 2xx: where what is right is refused too, a refusal of
        what is wrong says nothing."""
        if not self.ok:
            why = f"{self.name} is answered {self.status} also where nothing is wrong"
            raise Blocked(why, self._refused)
        return self

    @property
    def summary(self) -> str:
        """The status and the start of the body, in one line."""
        if self.silence:
            return SILENCES[self.silence]
        if not self.content:
            return f"status {self.status}"
        if len(self.content) > WHOLE:
            begin = shown(self.content[:TOLD].decode("utf-8", "replace"))
            return f"status {self.status} with more than {WHOLE} bytes that begin {begin}"
        found = self.json
        body = shown(self.content.decode("latin-1") if found is ABSENT else found)
        return f"status {self.status} with {body}"

    def _expect(self, holds: bool, wanted: str) -> Self:
        """A server error or a missing response is another rule's finding, so it blocks."""
        if self.status >= 500 and not holds:
            why = f"{self.name} was answered {self.status}"
            raise Blocked(why, self.contract.carrier("no-failure"))
        expect(holds, wanted, self.summary)
        return self

    @property
    def agent_failed(self) -> bool:
        """Whether it is a turn that is stored nowhere, as its agent gave no reply."""
        statuses = self.resource.refusals.get("agent-failed", ())
        return self.role == "submit" and self.status in statuses

    @property
    def _refused(self) -> str:
        """The rule that tells of a refusal; an agent that fails breaks none."""
        if self.agent_failed:
            return ""
        if self.status >= 500:
            return self.contract.carrier("no-failure")
        if self.status < 400:
            return self.contract.carrier("listed-status")
        return self.contract.accepting(self.operation) if self.operation else ""

    @property
    def misshapen(self) -> str:
        """The rule that tells of a success whose body is not what it is to be."""
        if self.json is ABSENT:
            said = "json" in self.media_type and self.content
            return self.contract.carrier("well-formed" if said else "json")
        if self.gives_session:
            return self.contract.carrier("complete" if isinstance(self.json, dict) else "rest")
        return self.contract.carrier("result" if self.role == "submit" else "page", self.role or "")

    def _holding(self, what: str, name: str, *others: str) -> Json:
        body = self._object(what, name, *others)
        if not isinstance(body[name], list):
            raise Blocked(f"{self.name} gave {what} without {name}", self.misshapen)
        return body

    def _object(self, what: str, *members: str) -> Json:
        if not self.ok:
            words = f"{self.name} gave no {what.split(' ', 1)[1]} but status {self.status}"
            raise Blocked(words, self._refused)
        if not isinstance(self.json, dict) or not all(member in self.json for member in members):
            words = f"{self.name} was answered {self.status} without {what}"
            raise Blocked(words, self.misshapen)
        return Members(self.json, self.misshapen)
