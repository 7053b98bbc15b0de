"""Telling faults, to be found with the suite: `--demo-fault NAME` plants one in this process."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from .http import lazy  # noqa: F401  (loads Connexion, for less than it costs alone)

# isort: split
from . import mock
from .domain import chats
from .domain.chats import Chats
from .domain.lifecycle import Lifecycle
from .domain.render import Renderer
from .domain.session import Session
from .http import security
from .http.handlers import Answer, Handler
from .http.validation import Call
from .problems.kinds import Refusal
from .sandbox.sandbox import Sandbox
from .webhooks.dispatcher import Dispatcher

_Row = dict[str, Any]


class Fault(NamedTuple):
    """What is wrong, in a sentence, what puts it into the place of what is right, and the profile
    of the suite that finds it."""

    text: str
    owner: Any
    name: str
    wrong: Callable[[Any], Any]
    profile: str = "core"


def plant(name: str) -> None:
    """Break every mock that this process makes from now on."""
    fault = FAULTS[name]
    setattr(fault.owner, fault.name, fault.wrong(getattr(fault.owner, fault.name)))


def _rows(change: Callable[[_Row, _Row], _Row]) -> Callable[[Any], Any]:
    """Follow other rows: `change` is given each, and that of the same event at first."""

    def wrong(load: Any) -> Any:
        def changed(table: Mapping[str, Any], resource: Any) -> Lifecycle:
            first = {r["event"]: r for r in table["transitions"] if r["state"] == table["initial"]}
            rows = [change(row, first[row["event"]]) for row in table["transitions"]]
            lifecycle: Lifecycle = load({**table, "transitions": rows}, resource)
            return lifecycle

        return changed

    return wrong


def _second_end(row: _Row, first: _Row) -> _Row:
    """As backends do that write the row again, and with it when they did."""
    if row["event"] != "end" or row is first:
        return row
    return {**first, "state": row["state"], "effects": ["touch", "finalise"]}


def _final_turn(row: _Row, first: _Row) -> _Row:
    if row["event"] != "submit":
        return row
    return {**row, "effects": first["effects"], "refusal": None}


def _no_pipeline(row: _Row, first: _Row) -> _Row:
    if row["event"] != "end":
        return row
    return {**row, "effects": [effect for effect in row["effects"] if effect != "pipeline"]}


def _asked(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Ask for something else: `change` is given the last argument."""

    def wrong(method: Any) -> Any:
        async def changed(self: Chats, *asked: Any) -> Any:
            return await method(self, *asked[:-1], change(asked[-1]))

        return changed

    return wrong


def _listed(change: Callable[[list[Session], int], tuple[list[Session], int]]) -> Any:
    def wrong(list_sessions: Any) -> Any:
        async def changed(self: Chats, query: Any) -> Any:
            return change(*await list_sessions(self, query))

        return changed

    return wrong


def _unknown_id(handlers: Mapping[str, Handler]) -> Mapping[str, Handler]:
    async def invented(sandbox: Sandbox, renderer: Renderer, call: Call) -> Answer:
        try:
            return await handlers["read"](sandbox, renderer, call)
        except Refusal:
            agent = next(iter(sandbox.chats.behaviour.agents.values()))
            return 200, renderer.session(replace(sandbox.chats.new_session(agent, {}), id=call.id))

    return {**handlers, "read": invented}


def _webhook_twice(retry_at: Any) -> Any:
    def again(self: Dispatcher, delivery: Any, outcome: str) -> Any:
        first = outcome == "delivered" and delivery.attempts == 0
        return self.clock.now() if first else retry_at(self, delivery, outcome)

    return again


FAULTS = {
    "second-end": Fault(
        "Ending a session that is final ends it once more.",
        *(Lifecycle, "load", _rows(_second_end)),
    ),
    "final-turn": Fault(
        "A session that is final goes on taking turns.",
        *(Lifecycle, "load", _rows(_final_turn)),
    ),
    "lost-result": Fault(
        "A session that a user ends leaves no call result.",
        *(Lifecycle, "load", _rows(_no_pipeline)),
    ),
    "no-timeout": Fault(
        "A session stays active, however long it is silent.",
        *(Session, "expires", lambda _: property(lambda session: None)),
        profile="ttl",
    ),
    "duplicate-open": Fault(
        "A second open of an endpoint makes a second session.",
        *(chats, "external_hash", lambda _: lambda external_id: None),
    ),
    "forgotten-key": Fault(
        "A turn that is sent again under its key runs again.",
        *(Chats, "submit", _asked(lambda body: {**body, "idempotency_key": None})),
    ),
    "webhook-twice": Fault(
        "A webhook that was taken is sent again.",
        *(Dispatcher, "retry_at", _webhook_twice),
        profile="webhooks",
    ),
    "filter-ignored": Fault(
        "A list of one agent's sessions holds those of others.",
        *(Chats, "list_sessions", _asked(lambda query: replace(query, agent_id=None))),
    ),
    "wrong-total": Fault(
        "The total of a list counts the page alone.",
        *(Chats, "list_sessions", _listed(lambda page, total: (page, len(page)))),
    ),
    "oldest-first": Fault(
        "A page of a list begins with the oldest session.",
        *(Chats, "list_sessions", _listed(lambda page, total: (page[::-1], total))),
    ),
    "unknown-id": Fault(
        "An id that nobody has is answered with a session.",
        *(mock, "HANDLERS", _unknown_id),
    ),
    "any-key": Fault(
        "Every key is taken for the right one.",
        *(security, "same_key", lambda _: lambda key, token: True),
    ),
}
