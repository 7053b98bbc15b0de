"""The model beside the target: Hypothesis draws any sequence of operations, and shrinks the
first one that the model cannot explain to the shortest trace."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ..judging.equivalence import reordered
from ..judging.exchange import Exchange, Json
from ..judging.model import Mismatch, Model, Session
from ..judging.outcomes import Blocked
from ..judging.trace import Trace
from ..target.api import Api
from ..target.operations import UNSET

Lived = tuple[Mismatch, Trace]
KEYS = ("", "key-a", "key-b")
AGENTS = ("agent", "tool_agent", "closing_agent")  # as the settings name them
PLACES = st.sampled_from((0, 0, 0, 1, 2, 3))  # the first session goes through the most
PICKED = 4  # sessions that are spoken to
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Co", "Cn"))
# Hypothesis prefers short texts, so that each length has a share of its own.
SHARES = ((0, 12), (13, 36), (37, 90))  # letters
TEXTS = st.one_of([st.text(LETTERS, min_size=least, max_size=most) for least, most in SHARES])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from(["a", "b", ""]))
PARTS = st.recursive(
    LEAVES, lambda inner: st.dictionaries(st.sampled_from(["x", "y", "z"]), inner, max_size=2)
)


def quiet_settings(**more: Any) -> settings:
    """Hypothesis' settings of a run that keeps nothing and says nothing."""
    return settings(
        deadline=None,
        database=None,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        **more,
    )


def first_mismatch(
    api: Api,
    *,
    sequences: int,
    steps: int,
    sessions: int,
    turns: int,
    without: Collection[str] = (),
) -> Lived | None:
    """The first trace that the model cannot explain, shrunk as far as sessions and turns go.
    So many sequences are drawn, each of so many operations at most, `without` those that may
    show these rules broken."""
    lived: list[Lived] = []
    budget = Counter(sessions=sessions, turns=turns)

    class Bound(Machine):
        def __init__(self) -> None:
            super().__init__(api.fresh(), budget, without, lived)

    phases = (Phase.generate, Phase.shrink)
    told = quiet_settings(max_examples=sequences, stateful_step_count=steps, phases=phases)
    try:
        run_state_machine_as_test(seed(api.config.seed)(Bound), settings=told)
    except (Mismatch, Flaky, ExceptionGroup) as error:
        causes = [*_causes(error)]
        if not all(isinstance(cause, Mismatch | Flaky | Blocked) for cause in causes):
            raise  # a fault of the suite's own
        if not lived:  # what kept the sequences from being told is no mismatch, and no pass either
            reasons = "; ".join(dict.fromkeys(str(cause).partition("\n")[0] for cause in causes))
            raise Blocked(f"the sequences could not be told to their end: {reasons}") from error
    return lived[-1] if lived else None


def _causes(error: Exception) -> Iterator[Exception]:
    """What Hypothesis has put into groups."""
    if isinstance(error, ExceptionGroup):
        for inner in error.exceptions:
            yield from _causes(inner)
    else:
        yield error


class Machine(RuleBasedStateMachine):
    """One sequence of operations, in a channel of its own. Each mismatch is noted in `lived` with
    its trace, the shrunk one last."""

    def __init__(
        self, api: Api, budget: Counter[str], without: Collection[str], lived: list[Lived]
    ) -> None:
        super().__init__()
        self.api = api
        self.model = Model(api.contract)
        self.endpoints: list[Json] = []
        every = api.resource.all
        self.states = sorted(api.contract.listed_states, key=lambda word: word == every)
        self.acts = api.contract.lifecycle.acts
        self.budget = budget
        self.without = without
        self.lived = lived

    @property
    def spent(self) -> bool:
        """Whether the budget is used up: what is left of the trace then does nothing."""
        return min(self.budget.values()) <= 0

    @property
    def takes_more(self) -> bool:
        """Whether another session is of use. Where none are listed, opens would take the turn of
        each list, and more sessions than there are to spend."""
        return bool(self.api.resource.channel) or len(self.model.sessions) < PICKED

    @precondition(lambda self: self.spent)
    @rule()
    def rest(self) -> None:
        """Hypothesis wants something to do in every state."""

    def judge(self, step: Any, *args: Any, shows: str = "") -> None:
        """`shows` is the rule that the step may show broken, and that is avoidable so."""
        try:
            step(*args)
        except Mismatch as mismatch:
            mismatch.avoidable = mismatch.rule == shows
            self.lived.append((mismatch, [*self.api.trace]))
            raise

    def pick(self, place: int) -> Session:
        return self.model.sessions[place % len(self.model.sessions)]

    @precondition(lambda self: not self.spent and self.takes_more)
    @rule(
        part=st.none() | PARTS,
        ttl=st.sampled_from([None, 60, 3600]),
        agent=st.sampled_from(AGENTS),
        known=st.none() | st.integers(0, 3),
    )
    def open(self, part: Any, ttl: int | None, agent: str, known: int | None) -> None:
        """At an endpoint that is `known`, else at none, where there is no `part`, or a new one."""
        if known is not None and self.endpoints:
            endpoint = self.endpoints[known % len(self.endpoints)]
            self._open(endpoint if part is None else reordered(endpoint), ttl, "agent")
        elif part is None:
            self._open(None, ttl, agent)
        else:
            endpoint = {"line": len(self.endpoints), "part": part, "run": self.api.channel}
            self.endpoints.append(endpoint)
            self._open(endpoint, ttl, agent)

    def _open(self, endpoint: Json | None, ttl: int | None, agent: str) -> None:
        canonical = None if endpoint is None else json.dumps(endpoint, sort_keys=True)
        shows = self.model.open_shows(canonical)
        if shows in self.without:
            return
        self.budget["sessions"] -= 1
        ttl = None if ttl is None else self.api.contract.timeouts.near(ttl)
        bound = self._agent(agent)
        answer = self.api.open(endpoint=endpoint, timeout=ttl, agent=bound)
        self.judge(self.model.open, canonical, ttl, bound, answer, shows=shows)

    def _agent(self, name: str) -> str:
        """The agent of this name; the plain one where the target has none."""
        return str(getattr(self.api.config, name) or self.api.config.agent)

    @precondition(lambda self: not self.spent and self.model.sessions)
    @rule(place=PLACES, key=st.sampled_from(KEYS), text=TEXTS)
    def submit(self, place: int, key: str, text: str) -> None:
        self._submit(self.pick(place), f"text {text}.", key)

    @precondition(lambda self: not self.spent and self.model.sessions)
    @rule(place=PLACES, texts=st.lists(TEXTS, min_size=2, max_size=4))
    def submit_several(self, place: int, texts: list[str]) -> None:
        """Turns in a row: what goes wrong in a longer talk is reached by no luck."""
        for text in texts:
            self._submit(self.pick(place), f"text {text}.", "")

    @precondition(lambda self: not self.spent and self.model.sessions)
    @rule(place=PLACES)
    def submit_again(self, place: int) -> None:
        """Every key that the session has had."""
        session = self.pick(place)
        for key, text in [*session.texts.items()]:
            self._submit(session, text, key)

    @precondition(lambda self: not self.spent and self.model.sessions)
    @rule(place=PLACES, key=st.sampled_from(KEYS))
    def submit_closing_text(self, place: int, key: str) -> None:
        self._submit(self.pick(place), self.api.config.closing_text or "done", key)

    def _submit(self, session: Session, text: str, key: str) -> None:
        shows = self.model.submit_shows(session, key or None)
        if shows in self.without:
            return
        # An old key comes with its old text: with another one the contract leaves it open.
        text = session.texts.setdefault(key, text) if key else text
        self.budget["turns"] -= 1
        answer = self.api.submit(session.id, text, key=key or UNSET)
        self.judge(self.model.submit, session, text, key or None, answer, shows=shows)

    @precondition(lambda self: not self.spent and self.model.sessions)
    @rule(place=PLACES)
    def end(self, place: int) -> None:
        session = self.pick(place)
        self.judge(self.model.end, session, self.api.end(session.id))

    @precondition(lambda self: not self.spent and self.model.sessions and self.acts)
    @rule(place=PLACES, act=st.integers(0, 3))
    def act(self, place: int, act: int) -> None:
        """An event of the contract's own."""
        session, event = self.pick(place), self.acts[act % len(self.acts)]
        answer = self.api.send(str(self.api.contract.lifecycle.causes[event]), id=session.id)
        self.judge(self.model.act, session, event, answer)

    @precondition(lambda self: not self.spent and self.model.sessions)
    @rule(place=PLACES)
    def get(self, place: int) -> None:
        session = self.pick(place)
        self.judge(self.model.get, session, self.api.get(session.id))

    @precondition(lambda self: not self.spent and self.states and self.api.resource.channel)
    @rule(
        state=st.integers(0, 5),
        offset=st.integers(0, 4),
        limit=st.integers(1, 4),
        agent=st.sampled_from(["", *AGENTS]),
        after=st.none() | st.integers(0, 3),
    )
    def list(self, state: int, offset: int, limit: int, agent: str, after: int | None) -> None:
        names, word = self.api.resource, self.states[state % len(self.states)]
        if after is not None and self.model.sessions and {names.touched} <= names.filtering.keys():
            self._list_later(word, after)
            return
        bound = self._agent(agent) if agent and names.agent in names.filtering else None
        answer = self._listed(state=word, offset=offset, limit=limit, agent=bound)
        self.judge(self.model.list, word, bound, offset, limit, answer)

    def _list_later(self, state: str, place: int) -> None:
        most, every = self.api.contract.page_sizes.most, self.states[-1]
        whole = self._listed(state=every, limit=most)
        self.judge(self.model.list, every, None, 0, most, whole)
        items = whole.page[self.api.resource.items]
        if every not in (state, self.api.resource.all) or not items:
            return
        instant = items[place % len(items)][self.api.resource.touched]
        answer = self._listed(state=state, limit=most, later=instant)
        self.judge(self.model.list_later, items, instant, state, answer)

    def _listed(self, **members: Any) -> Exchange:
        return self.api.list(channel=self.api.channel, **members)

    def teardown(self) -> None:
        """Look at every session once more, and leave none open."""
        for session in self.model.sessions:
            if not self.spent:
                self.judge(self.model.get, session, self.api.get(session.id))
            if not session.final:
                self.api.end(session.id)
