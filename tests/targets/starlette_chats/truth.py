"""What openapi.yaml settles, and what another contract may say instead: one table."""

from collections.abc import Iterable, Mapping
from typing import Any

Doc = dict[str, Any]
BEARER = "bearer"
# By its name, what this server lives by unless it is told otherwise; "" is none.
TRUTH = {
    # Bounds and defaults
    "ttl_min": "60",
    "ttl_max": "86400",
    "take_max": "200",
    "take_default": "20",
    "size_max": "200",
    "size_default": "50",
    "key_max": "128",
    "content_min": "1",
    "content_max": "",
    "note_max": "",
    "channels": "",  # those that are taken, by commas; all
    "channel_default": "web",
    "state_default": "active",
    # Words
    "final": "final",
    "ended": "user_end",
    "finished": "agent_finish",
    "expired": "ttl",
    # Names, as `old:new` by commas, of members and of parameters
    "names": "",
    "chats": "/api/v1/chats",
    "results": "/api/v1/callresults/search",
    # Behaviour
    "late_end": "",  # the status that refuses the end of a final session
    "late_replay": "",  # the same of a replay
    "touching_end": "",
    "quiet_turn": "",  # a turn that finishes nothing does not move last_activity
    "forgetful": "",  # keys are not kept, but for that of the last turn
    "quiet_finish": "",  # the agent's finish leaves no call result
    # Credentials: bearer, basic, none, or the name of a header; operations that need none
    "key": BEARER,
    "public": "",
}


def live_by(pairs: Iterable[str]) -> dict[str, str]:
    """The whole truth, what is given as `name=value` instead of what openapi.yaml says.

    Raises ValueError for a name that the table does not have.
    """
    truth = dict(TRUTH)
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in TRUTH:
            raise ValueError(f"no truth is named {name!r}: one of {', '.join(TRUTH)}")
        truth[name] = value
    return truth


def names(text: str) -> dict[str, str]:
    """New names by their old ones."""
    return dict(pair.split(":") for pair in text.split(",") if pair)


def renamed(document: Doc, names: Mapping[str, str]) -> Doc:
    """A document, and those of its page, with other names; what has such a name goes."""
    shown = {names.get(k, k): v for k, v in document.items() if k not in names.values()}
    page = {k: [renamed(v, names) for v in items] for k, items in shown.items() if paged(items)}
    return shown | (page if names else {})


def paged(items: Any) -> bool:
    """Whether these are the sessions of a page."""
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)
