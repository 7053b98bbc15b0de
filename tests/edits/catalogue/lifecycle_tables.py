"""x-lifecycle: tables that lack something or say too much, and what never changes."""

from __future__ import annotations

from typing import Any

from ..edit import Client, edit
from ..places import ROWS, SCHEMAS, at
from .lifecycle_states import KEPT, OVER, TABLE


def row(state: str, event: str, **values: Any) -> dict[str, Any]:
    """The values of a row, in the place of all that it had."""
    return {ROWS[state, event]: {"state": state, "event": event, "effects": [], **values}}


@edit(
    "A final session takes turns", row("final", "submit", to="final", effects=["append", "touch"])
)
def late_turns(api: Client) -> None:
    assert api.submit(api.ended()["id"]).status_code == 200


@edit(
    "A session cancelled is final too, and told apart",
    {
        "/x-resource/state/final": ["final", "cancelled"],
        "/x-lifecycle/states/cancelled": "Given up.",
        f"{SCHEMAS}/StatusFinal/enum": ["final", "cancelled"],
    },
)
def two_final_states(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "An end may cancel: a second event of one operation",
    {
        "/x-lifecycle/events/cancel": {"operation": "endChat", "text": "an end that cancels"},
        TABLE: [
            *at(TABLE),
            {"state": "active", "event": "cancel", **OVER, "reason": "cancelled"},
            {"state": "final", "event": "cancel", "to": "final", "effects": []},
        ],
    },
)
def second_event_of_an_operation(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "A session drowses after a while: a second timer",
    {
        "/x-lifecycle/events/drowse": {"operation": None, "text": "half of the timeout"},
        TABLE: [
            *at(TABLE),
            {"state": "active", "event": "drowse", "to": "active", "effects": []},
            {"state": "final", "event": "drowse", "to": "final", "effects": []},
        ],
    },
)
def second_timer(api: Client) -> None:
    assert api.opened() == 201


@edit("A row has a guard", {f"{ROWS['active', 'submit']}/guard": "content != ''"})
def guard(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "A row has an effect that nothing does",
    {f"{ROWS['active', 'submit']}/effects": [*KEPT, "notify"]},
)
def unknown_effect(api: Client) -> None:
    assert api.submit(api.open()["id"]).status_code == 200


@edit(
    "A session becomes final without being finalised",
    {f"{ROWS['active', 'end']}/effects": ["pipeline"]},
)
def final_without_finalise(api: Client) -> None:
    assert api.ended()["is_final"] is True


@edit("A state lacks a row", drop=[ROWS["final", "expire"]])
def row_lacking(api: Client) -> None:
    assert api.opened() == 201


@edit("There are no rows", {TABLE: []})
def no_rows(api: Client) -> None:
    assert api.opened() == 201


@edit("What is new is final", {"/x-lifecycle/initial": "final"})
def final_at_first(api: Client) -> None:
    assert api.open()["is_final"] is True


@edit("A state that no row leads to", {"/x-lifecycle/states/lost": "Nobody gets here."})
def unreachable_state(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "The timeout of a session may change",
    {"/x-lifecycle/immutable/always": ["id", "agent_id", "channel", "created_time"]},
)
def timeout_may_change(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "last_activity never changes",
    {"/x-lifecycle/immutable/always": [*at("/x-lifecycle/immutable/always"), "last_activity"]},
)
def activity_never_changes(api: Client) -> None:
    session = api.open()
    api.submit(session["id"])
    assert api.read(session["id"])["last_activity"] == session["last_activity"]


@edit(
    "Events are told in other words",
    {
        "/x-lifecycle/events/end/text": "somebody hangs up",
        "/x-lifecycle/states/active": "It listens.",
    },
    second="",
)
def other_words(api: Client) -> None:
    assert api.opened() == 201
