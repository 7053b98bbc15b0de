"""FIN and HOOK: what the end of a session leaves, as a call result or as a webhook, as the rule's
operations have it: once, and with every turn."""

from collections.abc import Iterator
from functools import partial

from ..contract.rules import Rule
from ..judging.outcomes import NotApplicable, expect
from ..registry import kind
from ..target.api import Api
from ..target.listener import Listener
from .pipeline import (
    POLLS,
    Marked,
    closing_leaves_traces,
    ending_leaves_traces,
    expect_transcription,
    goes_on,
)
from .webhooks import Announced

Session = Marked | Announced


def finished(
    api: Api, rule: Rule, listener: Listener | None, key: str | None = None, turns: int = 0
) -> Iterator[tuple[Session, bool]]:
    """A session that was ended, and one that the agent has finished, with whether it has: each
    where that leaves anything."""
    hears = listener if "webhook_listener" in rule.needs else None
    ways = {False: ending_leaves_traces(api), True: closing_leaves_traces(api)}
    if not any(ways.values()):
        raise NotApplicable("no end leaves anything behind, as the lifecycle has it")
    for closes, leaves in ways.items():
        if leaves:
            agent, had = (api.config.closing_agent, 0) if closes else (None, turns)
            made = partial(Announced, listener=hears) if hears else Marked
            session: Session = made(api, agent=agent, turns=had)
            session.close(key) if closes else session.end()
            yield session, closes


@kind("once", sessions=2, turns=4, requests=2 * POLLS)
def check_an_end_leaves_one_thing(api: Api, rule: Rule, listener: Listener | None) -> None:
    """However often it is asked for, or the turn is repeated that was the last one."""
    sessions, key = [], api.key()
    for session, closes in finished(api, rule, listener, key):
        session.left()  # is there
        if closes:
            api.submit(session.id, api.config.closing_text, key=key)
            api.submit(session.id)
        api.end(session.id, note="again")
        if isinstance(session, Marked) and not closes and goes_on(api, session.id):
            session.end()
        sessions.append(session)
    for session in sessions:
        count = len(session.settled())
        expect(count == 1, f"one {session.leaves}", f"{count}")


@kind("transcribed", sessions=2, turns=3, requests=2 * POLLS)
def check_what_is_left_holds_every_turn(api: Api, rule: Rule, listener: Listener | None) -> None:
    for session, _ in finished(api, rule, listener, turns=2):
        expect_transcription(api, session.id, session.left())
