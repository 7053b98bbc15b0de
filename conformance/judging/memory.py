"""What the suite has seen of each session, and what must not change of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..contract.ids import canonical
from .equivalence import goes_back, same_messages, same_time
from .evidence import Observation
from .exchange import Exchange, Json
from .outcomes import Violation, shown

FROZEN = {
    "agent_id": "LIFE-06",
    "channel": "LIFE-07",
    "created_time": "LIFE-07",
    "ttl_seconds": "LIFE-07",
}


@dataclass
class Snapshot:
    """A session as it was last seen. `at` is when its response had come, monotonic seconds."""

    session: Json
    at: float
    messages: list[Any] | None
    messages_at: float


class Memory:
    """Compares each snapshot of a session with the one before."""

    def __init__(self) -> None:
        self.snapshots: dict[str, Snapshot] = {}

    def compare(self, session: Json, exchange: Exchange) -> Iterator[Observation]:
        """What the new snapshot says of the rules on change. Snapshots that overlap in time have
        no order, so the rules that need one are left out for them."""
        before = self.snapshots.get(canonical(session.get("id")))
        messages = session.get("messages")
        yield "TIME-01", _later("created_time", session, session)
        if isinstance(messages, list):
            yield "MSG-03", _ordered(messages)
        if before is not None:
            yield from _frozen(before.session, session)
            if exchange.started > before.at:
                yield from _onward(before.session, session)
            if isinstance(messages, list) and before.messages is not None:
                if exchange.started > before.messages_at:
                    yield "LIFE-10", _kept(before.messages, messages)
        self._remember(before, session, exchange)

    def _remember(self, before: Snapshot | None, session: Json, now: Exchange) -> None:
        messages = session.get("messages")
        fresh = messages if isinstance(messages, list) else None
        if before is None:
            key = canonical(session.get("id"))
            self.snapshots[key] = Snapshot(session, now.finished, fresh, now.finished)
            return
        if now.started > before.at:
            before.session, before.at = session, now.finished
        if fresh is not None and now.started > before.messages_at:
            before.messages, before.messages_at = fresh, now.finished


def _later(member: str, old: Json, new: Json) -> Violation | None:
    if not goes_back(old.get(member), new.get("last_activity")):
        return None
    wanted = f"a last_activity not before {member} {old.get(member)}"
    return Violation(wanted, shown(new.get("last_activity")))


def _frozen(old: Json, new: Json) -> Iterator[Observation]:
    for member, rule in FROZEN.items():
        if member in old and member in new:
            same = old[member] == new[member]
            if member == "created_time":
                same = same_time(old[member], new[member])
            wanted = f"{member} to stay {shown(old[member])}"
            yield rule, None if same else Violation(wanted, shown(new[member]))
    if old.get("is_final") is True is new.get("is_final") and old.get("final_reason"):
        same = new.get("final_reason") == old["final_reason"]
        wanted = f"final_reason to stay {shown(old['final_reason'])}"
        yield "LIFE-05", None if same else Violation(wanted, shown(new.get("final_reason")))


def _onward(old: Json, new: Json) -> Iterator[Observation]:
    if old.get("is_final") is True:
        fine = new.get("is_final") is True
        yield "LIFE-02", None if fine else Violation("the session to stay final", "it is active")
    yield "TIME-04", _later("last_activity", old, new)


def _kept(old: list[Any], new: list[Any]) -> Violation | None:
    if same_messages(old, new[: len(old)]):
        return None
    if len(new) < len(old):
        return Violation(f"the {len(old)} messages seen before", f"{len(new)} messages")
    place = next(i for i in range(len(old)) if not same_messages([old[i]], [new[i]]))
    return Violation(f"message {place} to stay {shown(old[place])}", shown(new[place]))


def _ordered(messages: list[Any]) -> Violation | None:
    times = [m.get("time") for m in messages if isinstance(m, dict)]
    for earlier, later in pairwise(times):
        if goes_back(earlier, later):
            return Violation("times that never go back", f"{earlier} and then {later}")
    return None
