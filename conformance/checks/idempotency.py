"""IDEM: what the same idempotency key is answered with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..contract.lifecycle import FINISH, TURN
from ..contract.values import fitting
from ..judging.equivalence import same_messages
from ..judging.exchange import Json
from ..judging.outcomes import expect, shown
from ..registry import rule
from ..target.api import Api
from .kinds.arrange import expect_state
from .kinds.transitions import expect_replay
from .turns import expect_kept, transcript


def remembers(api: Api, event: str) -> bool:
    """Whether a turn's answer is kept under its key."""
    return api.contract.lifecycle.does("remember", event)


def expect_added(
    api: Api,
    id: str,
    text: str,
    wanted: str = "another turn",
    legal: Sequence[int] = (),
    **key: Any,
) -> None:
    """The turn is taken, and is one of its own; or refused with a legal status."""
    expect_kept(api)
    before = len(transcript(api, id))
    if api.submit(id, text, **key).expect_ok(*legal).ok:
        expect(len(transcript(api, id)) > before, wanted, "nothing was added")


LATER = 11  # keyed turns after the one that is replayed: a cache of ten keys is no memory


@rule("IDEM-01", "smoke", sessions=2, turns=4 + LATER)
def check_the_same_key_gives_the_earlier_response(api: Api) -> None:
    if not remembers(api, TURN):
        id, key, text = api.given(), api.key(), api.text()
        api.given_turn(id, text, key=key)
        expect_added(api, id, text, "another turn, as no key is remembered", key=key)
        return
    id, key, text = api.given(), api.key(), api.text()
    first = api.submit(id, text, key=key)
    first.turn  # the turn was taken
    for _ in range(LATER):
        api.given_turn(id, key=api.key())
    again = api.submit(id, text, key=key)
    expect_replay(first, again)
    if api.config.tool_agent:
        id, key = api.given(agent=api.config.tool_agent), api.key()
        first = api.submit(id, text, key=key)
        expect_replay(first, api.submit(id, text, key=key))
    lifecycle = api.contract.lifecycle
    expect_state(api, again.turn, lifecycle.row(lifecycle.initial, TURN).to)


@rule("IDEM-03", turns=2)
def check_the_finishing_turn_is_replayed(api: Api) -> None:
    key = api.key()
    id, first = api.given_closed(key)
    again = api.submit(id, api.config.closing_text, key=key)
    remembered = remembers(api, FINISH)
    if refused := api.contract.late_replays if remembered else api.contract.late:
        again.expect_status(*refused)
        return
    expect_replay(first, again)
    expect_state(api, again.turn, api.contract.lifecycle.closed)


@rule("IDEM-04", sessions=4, turns=4)
def check_a_key_holds_in_its_session_only(api: Api) -> None:
    endpoint: Json = {"endpoint": api.endpoint()}
    for members in ({}, endpoint):
        key, one = api.key(), api.given(**members)
        api.given_turn(one, "first session", key=key)
        if members:  # which one session has at a time
            api.given_end(one)
        other = api.given(**members)
        expect_added(api, other, "second session", "a turn of its own there", key=key)


@rule("IDEM-05", turns=2)
def check_the_same_key_with_another_content(api: Api) -> str:
    id, key = api.given(), api.key()
    first = api.given_turn(id, "one text", key=key)
    again = api.submit(id, "another text", key=key)
    if not again.ok:
        return f"the same key with another content is answered {again.status}"
    same = same_messages(first[api.resource.transcript], again.turn[api.resource.transcript])
    return f"the same key with another content is {'a replay' if same else 'a new turn'}"


@rule("IDEM-06", turns=4)
def check_without_a_key_every_submit_is_a_turn(api: Api) -> None:
    id, text = api.given(), api.text()
    api.given_turn(id, text)
    expect_added(api, id, text)
    # A deployment may have it that takes null for no text.
    if api.submit(id, text, key=None).ok:
        expect_added(api, id, text, "another turn, null being no key", key=None)


@rule("IDEM-07", turns=4)
def check_a_key_of_128_characters(api: Api) -> None:
    id, most = api.given(), api.contract.longest_key
    long = [f"{api.key():{filler}<{most}}" for filler in "ké"]
    for key in fitting(api.contract.members("submit")[api.resource.key], long):
        first = api.submit(id, "Hello", key=key).expect_ok()
        if remembers(api, TURN):
            expect_replay(first, api.submit(id, "Hello", key=key))


@rule("IDEM-08", turns=3)
def check_longer_keys_are_never_merged(api: Api) -> None:
    most, refused = api.contract.longest_key, api.refused("invalid-request")
    id, stem = api.given(turns=1), f"{api.key():k<{most}}"
    if api.submit(id, "Hello", key=stem + "a").expect_ok(*refused).ok:
        wanted = f"two turns for two keys, which are not cut at {most} characters"
        expect_added(api, id, "Hello again", wanted, key=stem + "b")


def others_than(key: str, most: int) -> tuple[str, ...]:
    """Keys that differ from this one, or from one before, in what is easily lost: case, a
    hyphen, a blank, an accent, the last of as many characters as there may be."""
    long = f"{key:x<{most - 1}}"
    accents = (f"{key}-{letter}" for letter in ("\u00e9", "e\u0301", "\u00fc"))
    return (key.upper(), key.replace("-", ""), f"{key} ", *accents, f"{long}a", f"{long}b")


@rule("IDEM-09", turns=10)
def check_another_key_is_another_turn(api: Api) -> None:
    id, text, key = api.given(), api.text(), api.key()
    api.given_turn(id, text, key=key)
    for other in (api.key(), *others_than(key, api.contract.longest_key)):
        # What else a key may hold is not documented.
        legal = () if other.isalnum() else api.refused("invalid-request")
        expect_added(api, id, text, f"another turn for the key {shown(other)}", legal, key=other)


@rule("IDEM-12", turns=2)
def check_an_empty_key(api: Api) -> str:
    id = api.given()
    first = api.submit(id, key="")
    if not first.ok:
        return f"an empty key is answered {first.status}"
    before = len(transcript(api, id))
    api.submit(id, key="")
    added = len(transcript(api, id)) > before
    return f"an empty key is {'no key' if added else 'a key like any other'}"
