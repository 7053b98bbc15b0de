"""What an edit is: a change of openapi.yaml that an owner wants, and how to see it lived by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.contracts.edits import Entry
from tests.serving import Api, Receiver

Values = Mapping[str, Any]


class Client(Api):
    """A client of a mock of the new truth, and the receiver of its webhooks."""

    hook: Receiver

    def opened(self, agent_id: str = "agent-echo", **members: Any) -> int:
        """The status of an open."""
        return self.post("/api/v1/chats", json={"agent_id": agent_id, **members}).status_code

    def ended(self, **members: Any) -> Any:
        """A session that was opened and ended."""
        return self.end(self.open(**members)["id"]).raise_for_status().json()

    def act(self, session: str, what: str) -> Any:
        """What an operation of the contract's own answers."""
        return self.post(f"/api/v1/chats/{session}/{what}")

    def listed(self, **query: Any) -> int:
        """The status of a list."""
        return self.get("/api/v1/chats", params=query).status_code


Probe = Callable[[Client], None]


@dataclass(frozen=True)
class Edit:
    """One edit. `entry` is the change, as tests/contracts has it; `lived` fails on a mock that
    does not live by it. `blames` are rules by which a server of the old truth is told of, none
    where it breaks none; that server is the mock with `old_choices`, under the contract of the
    edit `old` where one is named. `second` is what the second server lives by instead of
    openapi.yaml; None where it cannot, so that the mock of the new truth stands for who obeys. A
    run is told of a target below the path `base`."""

    name: str
    wish: str
    entry: Entry
    lived: Probe
    blames: tuple[str, ...]
    second: tuple[str, ...] | None
    choices: tuple[str, ...]  # of the second server
    profile: tuple[str, ...]
    old: str | None
    old_choices: tuple[str, ...]
    base: str


EDITS: dict[str, Edit] = {}


def edit(
    wish: str,
    values: Values | None = None,
    *,
    blames: str = "",
    second: str | None = None,
    choices: str = "",
    profile: str = "core",
    old: str | None = None,
    old_choices: str = "",
    base: str = "",
    **change: Any,
) -> Callable[[Probe], Probe]:
    """Make an edit of a probe: its name is the function's. Lists are words with blanks between."""

    def enter(lived: Probe) -> Probe:
        name = lived.__name__.replace("_", "-")
        assert name not in EDITS, f"there are two edits {name}"
        EDITS[name] = Edit(
            name,
            wish,
            {"name": name, "blames": [], "set": dict(values or {}), **change},
            lived,
            tuple(blames.split()),
            None if second is None else tuple(second.split()),
            tuple(choices.split()),
            tuple(profile.split()),
            old,
            tuple(old_choices.split()),
            base,
        )
        return lived

    return enter
