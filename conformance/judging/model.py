"""A reference model of the resource: what each operation may be answered with, given all
that was answered before. Pure: it is fed with exchanges and raises Mismatch.

Where the contract leaves a choice, the model takes what the target chose and holds it to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..contract.document import Contract
from ..contract.lifecycle import END, FINISH, REPLAY, TURN
from .equivalence import change, goes_back, same_id, same_messages
from .exchange import Exchange, Json
from .history import Said, State, said
from .outcomes import Violation, shown


class Mismatch(Violation):
    """The target left the model; `rule` is the rule that says so, empty where the contract has
    none. It is `avoidable` where sequences can go on without what shows it."""

    def __init__(self, rule: str, expected: str, actual: object) -> None:
        super().__init__(expected, actual if isinstance(actual, str) else shown(actual))
        self.rule = rule
        self.avoidable = False


@dataclass
class Session:
    """A session as the model has it `now`. `texts` maps each key to what was sent with it,
    `replies` to the messages that it was answered with."""

    id: str
    endpoint: str | None
    agent: str
    timeout: int | None
    now: State
    replies: dict[str, list[Json]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    finishing_key: str | None = None

    @property
    def final(self) -> bool:
        return self.now.final


class Model:
    """All sessions of one channel, in the order in which they were opened."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.resource = contract.resource
        self.rule = contract.carrier
        self.sessions: list[Session] = []

    def holder(self, endpoint: str | None) -> Session | None:
        """The session that has an endpoint for itself; `endpoint` is its value in canonical
        form."""
        states = self.resource.unique.get("while", ())
        holding = [s for s in self.sessions if s.endpoint == endpoint and s.now.state in states]
        return holding[0] if holding and endpoint is not None else None

    def _is_known(self, endpoint: str | None) -> bool:
        return endpoint is not None and any(s.endpoint == endpoint for s in self.sessions)

    def open_shows(self, endpoint: str | None) -> str:
        """The rule that an open of this endpoint may show broken now, while no other one is in
        question."""
        if self.holder(endpoint):
            return self.rule("reused", members=())
        return self._freed() if self._is_known(endpoint) else ""

    def submit_shows(self, session: Session, key: str | None) -> str:
        """The same of a submit with this key."""
        if not session.final or (key in session.replies and key == session.finishing_key):
            return ""
        return self._replayed(session, key) if key in session.replies else self._of(session, TURN)

    def open(self, endpoint: str | None, timeout: int | None, agent: str, answer: Exchange) -> None:
        holder = self.holder(endpoint)
        if holder is None:
            self._new(endpoint, timeout, agent, answer)
        elif answer.status not in self.resource.conflict:
            rule, fine = self.rule("endpoint", sent="same"), answer.ok and self.resource.reuses
            expect(rule, fine, "what a second open may be answered with", answer.summary)
            same = same_id(answer.id, holder.id)
            expect(rule, same, f"the endpoint's session {holder.id}", answer.id)
            self._compare(self.open_shows(endpoint), holder, answer.session)

    def _new(self, endpoint: str | None, timeout: int | None, agent: str, answer: Exchange) -> None:
        if self._is_known(endpoint):
            accepted = distinct = self._freed()
        elif endpoint is None:
            accepted = self.rule("result", "create")
            distinct = self.rule("endpoint", sent="nothing")
        else:
            accepted = distinct = self.rule("endpoint", sent="another-part")
        expect(accepted, answer.ok, "a new session", answer.summary)
        twins = [s.id for s in self.sessions if same_id(s.id, answer.id)]
        expect(distinct, not twins, "a new session", twins)
        rule = self.rule("new", members=(self.resource.status,))
        active = self.resource.final(answer.session) is False
        expect(rule, active, "an active session", "a final one")
        now = State(self.contract, self._said(answer.session), self.contract.lifecycle.initial)
        self.sessions.append(Session(answer.id, endpoint, agent, timeout, now))

    def submit(self, session: Session, text: str, key: str | None, answer: Exchange) -> None:
        if key and key in session.replies:
            self._replay(session, key, answer)
        elif answer.status == 413:
            return  # there is no room for the turn, whatever the state
        elif refusals := session.now.refused(TURN):
            self._refused(self._of(session, TURN), refusals, answer)
        elif answer.status in session.now.refused(FINISH):
            return  # the agent wanted to finish
        elif not answer.agent_failed:
            expect(self.rule("result", "submit"), answer.ok, "a 2xx status", answer.summary)
            self._take(session, text, key, answer)

    def _take(self, session: Session, text: str, key: str | None, answer: Exchange) -> None:
        told, event = answer.turn[self.resource.transcript], TURN
        if self.resource.replies:
            roles = [role for role, _ in said(self.resource, told)]
            agent = self.resource.messages.agent
            fine = bool(roles) and {*roles} == {agent}
            expect(self.rule("replies"), fine, f"{agent} turns only, one at least", roles)
            if self.resource.final(answer.turn):
                event, session.finishing_key = FINISH, key
        after = session.now.turned(event, text, key, said(self.resource, told))
        if key and after.replies != session.now.replies:
            session.replies[key] = told if self.resource.replies else [answer.session]
        session.now = after.then(event)
        if not self.resource.replies:
            self._compare(self.rule("added", sent="turn"), session, answer.session)

    def _refused(self, rule: str, statuses: tuple[int, ...], answer: Exchange) -> None:
        fine = answer.status in statuses
        expect(rule, fine, "a refusal, as the state of the session has it", answer.summary)

    def _replay(self, session: Session, key: str, answer: Exchange) -> None:
        rule = self._replayed(session, key)
        if refusals := session.now.refused(REPLAY):
            self._refused(rule, refusals, answer)
            return
        wanted = session.replies[key]
        expect(rule, answer.ok, "the earlier response", answer.summary)
        if self.resource.replies:
            got = answer.turn[self.resource.transcript]
            same = same_messages(self.resource, wanted, got)
            expect(rule, same, f"the earlier messages {shown(wanted)}", got)
        elif change(self.resource, wanted[0], answer.session):  # or the session as it is
            self._compare(rule, session, answer.session)

    def end(self, session: Session, answer: Exchange) -> None:
        self._act(session, END, answer, self.rule("unchanged", given=session.now.state, when=END))

    def act(self, session: Session, event: str, answer: Exchange) -> None:
        """An event of the contract's own."""
        self._act(session, event, answer, self._of(session, event))

    def _act(self, session: Session, event: str, answer: Exchange, kept: str) -> None:
        """Follow an event that is answered with the session; the rule `kept` tells of the rest of
        that."""
        rule, row = self._of(session, event), session.now.row(event)
        if refusals := session.now.refused(event):
            self._refused(rule, refusals, answer)
            return
        expect(rule, answer.ok, "a 2xx status", answer.summary)
        was_final, session.now = session.final, session.now.then(event)
        if (name := self.resource.reason) and row.reason:
            got, wanted = answer.session[name], session.now.reason
            expect(kept if was_final else rule, got == wanted, f"{wanted}", got)
        self._compare(kept, session, answer.session)

    def get(self, session: Session, answer: Exchange) -> None:
        expect(self.rule("alike", "create"), answer.ok, "a 2xx status", answer.summary)
        self._compare(self.rule("sequences"), session, answer.session)

    def list(self, state: str, agent: str | None, skip: int, take: int, answer: Exchange) -> None:
        page = answer.page
        wanted = [
            s
            for s in self.sessions
            if self._selects(state, s.now.state) and agent in (None, s.agent)
        ]
        whole = self.rule("listed", sent="all") if state == self.resource.all else ""
        rule = self.rule("filter", "list", sent="together") if agent else whole
        rule = rule or self.rule("listed", given=state)
        ids = {s.id.lower() for s in wanted}
        got = self._ids(page[self.resource.items])
        strangers = [id for id in got if id not in ids]
        kind = f"{state} sessions" if agent is None else f"{state} sessions of {agent}"
        expect(rule, not strangers, f"{kind} only", strangers)
        total, told = page[self.resource.total], f"{self.resource.total} {len(wanted)}"
        expect(self.rule("total"), total == len(wanted), told, total)
        count = max(0, min(take, len(wanted) - skip))
        fits = len(got) == count
        expect(self.rule("paged", sent="limit"), fits, f"{count} items", f"{len(got)} items")
        once = len({*got}) == len(got)
        expect(self.rule("paged", sent="walk"), once, "each session once", got)
        for item in page[self.resource.items]:
            session = next(s for s in wanted if same_id(s.id, item[self.resource.id]))
            if name := self.resource.reason:
                told, fine = f"{session.now.reason}", item[name] == session.now.reason
                expect(self.rule("alike", "list"), fine, told, item[name])

    def list_later(self, items: Sequence[Json], instant: str, state: str, answer: Exchange) -> None:
        """A list of what was active after an instant, beside the list of all `items`. Whether
        one that was active at the instant itself is listed is another rule's."""
        at = self.resource.touched
        selecting = self.rule("filter", "list", members=(at,), sent="")
        items = [item for item in items if self._selects(state, self.contract.state_of(item))]
        later = self._ids(item for item in items if goes_back(item[at], instant))
        older = {*self._ids(item for item in items if goes_back(instant, item[at]))}
        got, known = self._ids(answer.page[self.resource.items]), {*self._ids(items)}
        listed = {*got}
        missing = [id for id in later if id not in listed]
        wanted = f"what was active after {instant}"
        expect(selecting, not missing, wanted, f"a list without {missing}")
        early = [id for id in got if id in older]
        expect(selecting, not early, f"nothing older than {instant}", early)
        strangers = [id for id in got if id not in known]
        rule = self.rule("filter", "list", sent="together")
        expect(rule, not strangers, f"{state} sessions only", strangers)

    def _of(self, session: Session, event: str) -> str:
        """The rule that tells what an event makes of the session now."""
        return self.rule("transition", given=session.now.state, when=event)

    def _freed(self) -> str:
        """The rule that tells of an endpoint whose session holds it no more."""
        finals = (self.rule("endpoint", given=one, sent="same") for one in self.resource.finals)
        return next(filter(None, finals), "")

    def _replayed(self, session: Session, key: str | None) -> str:
        by = FINISH if key == session.finishing_key else ""
        return self.rule("replayed", given=session.now.state, by=by)

    def _compare(self, rule: str, session: Session, body: Json) -> None:
        told = {self.resource.mirror: session.final, self.resource.reason: session.now.reason}
        known = [name for name in told if name]
        wanted, shows = (", ".join(f"{n} {one[n]}" for n in known) for one in (told, body))
        expect(rule, wanted == shows, wanted, shows)
        state, now = self.contract.state_of(body), session.now
        expect(rule, state in (None, now.state), f"the state {now.state}", state)
        wanted = f"the transcript {shown(now.said)}"
        expect(rule, self._said(body) == now.said, wanted, self._said(body))
        if name := self.resource.timeout:
            fine = body[name] == session.timeout
            expect(rule, fine, f"{name} {session.timeout}", body[name])

    def _selects(self, state: str, own: str | None) -> bool:
        return state in (self.resource.all, own)

    def _ids(self, items: Iterable[Json]) -> Sequence[str]:
        return [str(item[self.resource.id]).lower() for item in items]

    def _said(self, body: Json) -> tuple[Said, ...]:
        return said(self.resource, body[self.resource.transcript])


def expect(rule: str, holds: bool, wanted: str, got: Any) -> None:
    if not holds:
        raise Mismatch(rule, wanted, got)
