"""The agents: what each answers to a user's text."""

from typing import Any

Doc = dict[str, Any]
CLOSING = "that is all"
AGENTS = {
    "plain-1": "Talks.",
    "tool-1": "Looks the ledger up, then talks.",
    "closer-1": f"Talks until it is told `{CLOSING}`.",
    "off-1": "Is switched off.",
}
PLAIN = "Understood. What else can we do for you?"
FAREWELL = "Then we are done here, have a good day."


def takes_sessions(agent: str) -> bool:
    """Whether the agent is enabled."""
    return agent != "off-1"


def answer(agent: str, text: str, data: Doc, count: int | None) -> tuple[list[Doc], bool]:
    """The turns that answer `text`, and whether the agent finishes the session.

    `count` numbers the plain reply; None leaves it the same every time.
    """
    if agent == "closer-1" and CLOSING in text.casefold():
        return [plain(FAREWELL)], True
    reply = plain(PLAIN if count is None else f"{PLAIN} ({count})")
    return ([lookup(data), reply] if agent == "tool-1" else [reply]), False


def plain(text: str) -> Doc:
    return {"content": text, "calls": []}


def lookup(data: Doc) -> Doc:
    call = {
        "id": "toolu_01",
        "name": "ledger.lookup",
        "arguments": {"known": sorted(data)},
        "response": {"entries": [], "complete": True},
    }
    return {"content": None, "calls": [call]}
