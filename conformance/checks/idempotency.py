"""IDEM: what the same idempotency key is answered with."""

from __future__ import annotations

from ..contract.lifecycle import FINISH, TURN
from ..contract.values import fitting
from ..judging.equivalence import same_messages
from ..judging.outcomes import expect, shown
from ..registry import rule
from ..target.api import Api
from .kinds.arrange import expect_state
from .kinds.transitions import expect_replay
from .turns import expect_kept, transcript


def added_by(api: Api, id: str, before: int) -> int:
    return len(transcript(api, id)) - before


def remembers(api: Api, event: str) -> bool:
    """Whether a turn's answer is kept under its key."""
    return api.contract.lifecycle.does("remember", event)


def expect_another_turn(api: Api) -> None:
    """A key that was sent before makes a turn like any other."""
    expect_kept(api)
    id, key, text = api.given(), api.key(), api.text()
    api.given_turn(id, text, key=key)
    before = len(transcript(api, id))
    api.submit(id, text, key=key).expect_ok()
    added = added_by(api, id, before)
    expect(added > 0, "another turn, as no key is remembered", "nothing was added")


LATER = 11  # keyed turns after the one that is replayed: a cache of ten keys is no memory


@rule("IDEM-01", "smoke", sessions=2, turns=4 + LATER)
def check_the_same_key_gives_the_earlier_response(api: Api) -> None:
    if not remembers(api, TURN):
        expect_another_turn(api)
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
    expect_kept(api)
    key, (one, other) = api.key(), (api.given(), api.given())
    api.given_turn(one, "first session", key=key)
    before = len(transcript(api, other))
    api.submit(other, "second session", key=key).expect_ok()
    added = added_by(api, other, before)
    expect(added > 0, "a turn of its own in the other session", "nothing was added")
    endpoint, key = api.endpoint(), api.key()
    for id in (api.given(endpoint=endpoint), None):
        id = id or api.given(endpoint=endpoint)
        before = len(transcript(api, id))
        api.given_turn(id, "Hello", key=key)
        added = added_by(api, id, before)
        expect(added > 0, "a turn of its own in the endpoint's next session", "nothing was added")
        api.given_end(id)


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
    expect_kept(api)
    id, text = api.given(), api.text()
    api.given_turn(id, text)
    before = len(transcript(api, id))
    api.submit(id, text).expect_ok()
    expect(added_by(api, id, before) > 0, "another turn", "nothing was added")
    if not api.submit(id, text, key=None).ok:
        return  # as a deployment may have it that takes null for no text
    before = len(transcript(api, id))
    api.submit(id, text, key=None).expect_ok()
    expect(added_by(api, id, before) > 0, "another turn, null being no key", "nothing was added")


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
    expect_kept(api)
    most = api.contract.longest_key
    id, stem = api.given(turns=1), f"{api.key():k<{most}}"
    first = api.submit(id, "Hello", key=stem + "a")
    if not first.ok:
        first.expect_status(*api.refused("invalid-request"))
        return
    before = len(transcript(api, id))
    api.submit(id, "Hello again", key=stem + "b").expect_ok()
    merged = added_by(api, id, before) == 0
    expect(not merged, "two turns for two keys", f"the keys were cut at {most} and merged")


def others_than(key: str, most: int) -> tuple[str, ...]:
    """Keys that differ from this one, or from one before, in what is easily lost: case, a
    hyphen, a blank, an accent, the last of as many characters as there may be."""
    long = f"{key:x<{most - 1}}"
    accents = (f"{key}-{letter}" for letter in ("\u00e9", "e\u0301", "\u00fc"))
    return (key.upper(), key.replace("-", ""), f"{key} ", *accents, f"{long}a", f"{long}b")


@rule("IDEM-09", turns=10)
def check_another_key_is_another_turn(api: Api) -> None:
    expect_kept(api)
    id, text, key = api.given(), api.text(), api.key()
    api.given_turn(id, text, key=key)
    for other in (api.key(), *others_than(key, api.contract.longest_key)):
        before = len(transcript(api, id))
        answer = api.submit(id, text, key=other)
        if answer.status in api.refused("invalid-request") and not other.isalnum():
            continue  # what a key may hold is not documented
        answer.expect_ok()
        added = added_by(api, id, before)
        expect(added > 0, f"another turn for the key {shown(other)}", "nothing was added")


@rule("IDEM-12", turns=2)
def check_an_empty_key(api: Api) -> str:
    id = api.given()
    first = api.submit(id, key="")
    if not first.ok:
        return f"an empty key is answered {first.status}"
    before = len(transcript(api, id))
    api.submit(id, key="")
    return f"an empty key is {'no key' if added_by(api, id, before) else 'a key like any other'}"
