"""A reference model of the resource: what each operation may be answered with, given all
that was answered before. Pure: it is fed with exchanges and raises Mismatch.

Where the contract leaves a choice, the model takes what the target chose and holds it to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..contract.document import Contract
from ..contract.lifecycle import FINISH, REPLAY, TURN, Transition
from .equivalence import change, goes_back, same_id, same_messages
from .exchange import Exchange, Json
from .history import Said, said
from .outcomes import Violation, shown

# What a deployment may do otherwise without another rule's being out of question: where it
# does, sequences go on without what shows it.
AVOIDABLE = ("DEDUP-03", "DEDUP-08", "TURN-15", "IDEM-10")


class Mismatch(Violation):
    """The target left the model; `rule` is the rule that says so."""

    def __init__(self, rule: str, expected: str, actual: object) -> None:
        super().__init__(expected, actual if isinstance(actual, str) else shown(actual))
        self.rule = rule


@dataclass
class Session:
    """A session as the model has it. `texts` maps each key to what was sent with it,
    `replies` to the messages that it was answered with."""

    id: str
    endpoint: str | None
    agent: str
    timeout: int | None
    said: list[Said]
    state: str
    reason: str | None = None
    replies: dict[str, list[Json]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    finishing_key: str | None = None

    @property
    def final(self) -> bool:
        return self.reason is not None

    def follow(self, row: Transition, *, reopens: bool = False) -> None:
        """Become what a row of the lifecycle has; a reason once told stays until it `reopens`."""
        self.state, self.reason = row.to, None if reopens else self.reason or row.reason


class Model:
    """All sessions of one channel, in the order in which they were opened."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.resource = contract.resource
        self.lifecycle = contract.lifecycle
        self.sessions: list[Session] = []

    def holder(self, endpoint: str | None) -> Session | None:
        """The session that has an endpoint for itself; `endpoint` is its value in canonical
        form."""
        states = self.resource.unique.get("while", ())
        holding = [s for s in self.sessions if s.endpoint == endpoint and s.state in states]
        return holding[0] if holding and endpoint is not None else None

    def _is_known(self, endpoint: str | None) -> bool:
        return endpoint is not None and any(s.endpoint == endpoint for s in self.sessions)

    def open_shows(self, endpoint: str | None) -> str | None:
        """The avoidable rule that an open of this endpoint may show broken now."""
        if self.holder(endpoint):
            return "DEDUP-08"
        return "DEDUP-03" if self._is_known(endpoint) else None

    def submit_shows(self, session: Session, key: str | None) -> str | None:
        """The avoidable rule that a submit with this key may show broken now."""
        if not session.final:
            return None
        if key not in session.replies:
            return "TURN-15"
        return None if key == session.finishing_key else "IDEM-10"

    def open(self, endpoint: str | None, timeout: int | None, agent: str, answer: Exchange) -> None:
        holder = self.holder(endpoint)
        if holder is None:
            self._new(endpoint, timeout, agent, answer)
        elif answer.status not in self.resource.conflict:
            fine = answer.ok and self.resource.reuses
            expect("DEDUP-01", fine, "what a second open may be answered with", answer.summary)
            wanted = f"the endpoint's session {holder.id}"
            expect(
                "DEDUP-01", same_id(answer.session[self.resource.id], holder.id), wanted, answer.id
            )
            self._compare("DEDUP-08", holder, answer.session)

    def _new(self, endpoint: str | None, timeout: int | None, agent: str, answer: Exchange) -> None:
        known = self._is_known(endpoint)
        rule = "DEDUP-03" if known else "OPEN-01" if endpoint is None else "DEDUP-06"
        expect(rule, answer.ok, "a new session", answer.summary)
        body = answer.session
        twins = [s.id for s in self.sessions if same_id(s.id, body[self.resource.id])]
        expect("DEDUP-04" if endpoint is None else rule, not twins, "a new session", twins)
        expect("OPEN-04", self.resource.final(body) is False, "an active session", "a final one")
        initial, texts = self.lifecycle.initial, [*self._said(body)]
        self.sessions.append(
            Session(body[self.resource.id], endpoint, agent, timeout, texts, initial)
        )

    def submit(self, session: Session, text: str, key: str | None, answer: Exchange) -> None:
        if key and key in session.replies:
            self._replay(session, key, answer)
        elif refusals := self.contract.refused(session.state, TURN):
            self._refused("TURN-15" if session.final else "LIFE-14", refusals, answer)
        elif answer.status in self.contract.refused(session.state, FINISH):
            return  # the agent wanted to finish
        elif answer.status not in (502, 503):  # the agent failed: nothing was stored
            expect("TURN-01", answer.ok, "a 2xx status", answer.summary)
            self._take(session, text, key, answer)

    def _take(self, session: Session, text: str, key: str | None, answer: Exchange) -> None:
        turn = answer.turn
        if not self.resource.replies:
            self._follow_turn(session, text, key, [answer.session])
            self._compare("TURN-07", session, answer.session)
            return
        replies = self._said(turn)
        roles = [role for role, _ in replies]
        fine = bool(roles) and set(roles) == {"assistant"}
        expect("TURN-02", fine, "assistant turns only, one at least", roles)
        finished = self.resource.final(turn) is True
        self._follow_turn(session, text, key, turn[self.resource.transcript], finished)
        if finished:
            session.finishing_key = key

    def _follow_turn(
        self,
        session: Session,
        text: str,
        key: str | None,
        replies: list[Json],
        finished: bool = False,
    ) -> None:
        row = self.lifecycle.row(session.state, FINISH if finished else TURN)
        if "append" in row.effects:
            session.said += [("user", text), *(said(replies) if self.resource.replies else ())]
        if key and "remember" in row.effects:
            session.replies[key] = replies
        session.follow(row)

    def _refused(self, rule: str, statuses: tuple[int, ...], answer: Exchange) -> None:
        fine = answer.status in statuses
        expect(rule, fine, "a refusal, as the state of the session has it", answer.summary)

    def _replay(self, session: Session, key: str, answer: Exchange) -> None:
        rule = "IDEM-10" if session.final else "IDEM-01"
        if session.finishing_key == key:
            rule = "IDEM-03"
        if refusals := self.contract.refused(session.state, REPLAY):
            self._refused(rule, refusals, answer)
            return
        wanted = session.replies[key]
        expect(rule, answer.ok, "the earlier response", answer.summary)
        if not self.resource.replies:  # the earlier answer, or the session as it is
            if change(self.resource, wanted[0], answer.session):
                self._compare(rule, session, answer.session)
            return
        got = answer.turn[self.resource.transcript]
        expect(rule, same_messages(wanted, got), f"the earlier messages {shown(wanted)}", got)

    def end(self, session: Session, answer: Exchange) -> None:
        rule = "END-02" if session.final else "END-01"
        row = self.lifecycle.row(session.state, self.lifecycle.of(self.resource.operations["end"]))
        if refusals := self.contract.refused(row.state, row.event):
            self._refused(rule, refusals, answer)
            return
        expect(rule, answer.ok, "a 2xx status", answer.summary)
        wanted = str(session.reason or row.reason)
        if name := self.resource.reason:
            got = answer.session[name]
            expect("END-03" if session.final else "END-01", got == wanted, wanted, got)
        session.follow(row)
        self._compare("END-03" if rule == "END-02" else "END-06", session, answer.session)

    def act(self, session: Session, event: str, answer: Exchange) -> None:
        """An event of the contract's own."""
        row = self.lifecycle.row(session.state, event)
        if refusals := self.contract.refused(row.state, row.event):
            self._refused("LIFE-14", refusals, answer)
            return
        expect("LIFE-14", answer.ok, "a 2xx status", answer.summary)
        session.follow(row, reopens=row in self.contract.reopening)
        self._compare("LIFE-14", session, answer.session)

    def get(self, session: Session, answer: Exchange) -> None:
        expect("GET-01", answer.ok, "a 2xx status", answer.summary)
        self._compare("LIFE-13", session, answer.session)

    def list(self, state: str, agent: str | None, skip: int, take: int, answer: Exchange) -> None:
        page = answer.page
        wanted = [
            s for s in self.sessions if self._selects(state, s.state) and agent in (None, s.agent)
        ]
        rule = "LIST-04" if state in self.resource.finals else "LIST-03"
        rule = "LIST-05" if state == self.resource.all else rule
        ids = {s.id.lower() for s in wanted}
        got = self._ids(page[self.resource.items])
        strangers = [id for id in got if id not in ids]
        kind = f"{state} sessions" if agent is None else f"{state} sessions of {agent}"
        expect("LIST-08" if agent else rule, not strangers, f"{kind} only", strangers)
        total = page[self.resource.total]
        expect("LIST-17", total == len(wanted), f"{self.resource.total} {len(wanted)}", total)
        count = max(0, min(take, len(wanted) - skip))
        expect("LIST-13", len(got) == count, f"{count} items", f"{len(got)} items")
        expect("LIST-19", len(set(got)) == len(got), "each session once", got)
        for item in page[self.resource.items]:
            session = next(s for s in wanted if same_id(s.id, item[self.resource.id]))
            if name := self.resource.reason:
                fine = item[name] == session.reason
                expect("LIST-25", fine, f"{session.reason}", item[name])

    def list_later(self, items: Sequence[Json], instant: str, state: str, answer: Exchange) -> None:
        """A list of what was active after an instant, beside the list of all `items`. Whether
        one that was active at the instant itself is listed is LIST-10's."""
        at = self.resource.touched
        items = [item for item in items if self._selects(state, self.contract.state_of(item))]
        later = self._ids(item for item in items if goes_back(item[at], instant))
        older = {*self._ids(item for item in items if goes_back(instant, item[at]))}
        got, known = self._ids(answer.page[self.resource.items]), {*self._ids(items)}
        listed = {*got}
        missing = [id for id in later if id not in listed]
        expect(
            "LIST-09", not missing, f"what was active after {instant}", f"a list without {missing}"
        )
        early = [id for id in got if id in older]
        expect("LIST-09", not early, f"nothing older than {instant}", early)
        strangers = [id for id in got if id not in known]
        expect("LIST-08", not strangers, f"{state} sessions only", strangers)

    def _compare(self, rule: str, session: Session, body: Json) -> None:
        told = {self.resource.mirror: session.final, self.resource.reason: session.reason}
        known = [name for name in told if name]
        wanted, shows = (", ".join(f"{n} {one[n]}" for n in known) for one in (told, body))
        expect(rule, wanted == shows, wanted, shows)
        differs = self.contract.state_of(body) not in (None, session.state)
        expect(rule, not differs, f"the state {session.state}", self.contract.state_of(body))
        wanted = f"the transcript {shown(session.said)}"
        expect(rule, [*self._said(body)] == session.said, wanted, self._said(body))
        if name := self.resource.timeout:
            fine = body[name] == session.timeout
            expect(rule, fine, f"{name} {session.timeout}", body[name])

    def _selects(self, state: str, own: str | None) -> bool:
        return state in (self.resource.all, own)

    def _ids(self, items: Iterable[Json]) -> Sequence[str]:
        return [str(item[self.resource.id]).lower() for item in items]

    def _said(self, body: Json) -> Sequence[Said]:
        return said(body[self.resource.transcript])


def expect(rule: str, holds: bool, wanted: str, got: Any) -> None:
    if not holds:
        raise Mismatch(rule, wanted, got)
