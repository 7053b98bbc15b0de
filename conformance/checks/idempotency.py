"""IDEM: what a key makes of a turn: one of its own, or a replay of the one that had it before."""

import re
from collections.abc import Iterator
from typing import Any

from ..contract.lifecycle import REPLAY, TURN
from ..contract.rules import Rule
from ..contract.values import fitting
from ..judging.exchange import Exchange
from ..judging.outcomes import expect, shown
from ..registry import kind
from ..target.api import Api
from ..target.operations import UNSET
from .kinds.arrange import Subject, brought, contradiction, count, expect_state, subjects
from .kinds.transitions import expect_replay
from .timeouts import Timeouts
from .turns import expect_kept, transcript

LATER = 11  # keyed turns after the one that is replayed: a cache of ten keys is no memory
REPEATING = ("another-text", "longest")
Turn = tuple[str, str, Any]  # its session, its text and its key


def remembers(api: Api, event: str) -> bool:
    """Whether a turn's answer is kept under its key."""
    return api.contract.lifecycle.does("remember", event)


def expect_added(api: Api, turn: Turn, wanted: str, *legal: int) -> None:
    """The turn is taken, and is one of its own; or refused with a legal status."""
    expect_kept(api)
    id, text, key = turn
    before = len(transcript(api, id))
    if api.submit(id, text, key=key).expect_ok(*legal).ok:
        expect(len(transcript(api, id)) > before, wanted, "nothing was added")


@kind("replayed", "smoke", sessions=2, turns=8 + LATER, subjects=count)
def check_a_replay(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """A repeated key is answered with the earlier response, or refused, as the table has it; on
    the first session after many others where turns leave the state as it is."""
    lifecycle, row = api.contract.lifecycle, api.contract.row_of(rule)
    turn = lifecycle.row(rule.given, TURN)
    later = 0 if row.refusal or turn.refusal or turn.to != rule.given else LATER
    for subject in subjects(api, rule, timeouts):
        for _ in range(later):
            api.given_turn(subject.id, key=api.key())
        expect_repeated(subject, rule)
        later = 0
    if api.config.tool_agent and rule.given == lifecycle.initial:
        subject = brought(api, rule.given, agent=api.config.tool_agent)
        subject.turn()
        expect_repeated(subject, rule)


def expect_repeated(subject: Subject, rule: Rule) -> None:
    """The state is told as in the earlier response where that is the state still."""
    assert subject.keyed
    api, (key, text, first) = subject.api, subject.keyed
    row = api.contract.row_of(rule)
    if row.refusal:
        subject.meet(REPLAY).expect_status(*api.contract.refused(row.state, row.event))
    elif row.event != REPLAY:
        expect_added(api, (subject.id, text, key), "another turn, as no key is remembered")
    else:
        again = subject.meet(REPLAY)
        expect_replay(first, again)
        if not contradiction(api, first.turn, rule.given):
            expect_state(api, again.turn, rule.given)


@kind("key", sessions=4, turns=11)
def check_what_a_key_makes_of_a_turn(api: Api, rule: Rule) -> None:
    """Each turn is one of its own, also beside those before it; or a replay of the one before it.
    What is not documented of a key may be refused."""
    first: Exchange | None = None
    for id, text, key in turns(api, rule.sent):
        if rule.sent not in REPEATING:
            legal = api.refused("invalid-request") if is_odd(api, key) else []
            wanted = f"another turn for the key {shown(None if key is UNSET else key, 80)}"
            expect_added(api, (id, text, key), wanted, *legal)
            continue
        answer = api.submit(id, text, key=key).expect_ok()
        if first and remembers(api, TURN):
            expect_replay(first, answer)
        first = None if first else answer


def turns(api: Api, sent: str) -> Iterator[Turn]:
    """One after another, in one session unless another one is tried."""
    if sent == "another-session":
        yield from in_two_sessions(api)
        return
    id, text, key, most = api.given(), api.text(), api.key(), api.contract.longest_key
    long = [f"{key:{filler}<{most}}" for filler in "ké"]
    keys: dict[str, list[Any]] = {
        "nothing": [UNSET, UNSET, None, None],
        "empty": ["", ""],
        "another": [key, api.key(), *others_than(key, most)],
        "another-text": [key, key],
        "longer": [f"{long[0]}a", f"{long[0]}b"],
    }
    if sent == "longest":
        schema = api.contract.members("submit")[api.resource.key]
        keys[sent] = [one for one in fitting(schema, long) for _ in "12"]
    for place, one in enumerate(keys[sent]):
        yield id, f"{text} {place}" if sent == "another-text" else text, one


def in_two_sessions(api: Api) -> Iterator[Turn]:
    """The same key; in sessions that follow each other at one endpoint, too."""
    nowhere: dict[str, Any] = {}
    for members in (nowhere, {"endpoint": api.endpoint()}):
        key, text, one = api.key(), api.text(), api.given(**members)
        yield one, text, key
        if members:  # which one session has at a time
            api.given_end(one)
        yield api.given(**members), text, key


def is_odd(api: Api, key: Any) -> bool:
    """Whether a key is one that a deployment may have no place for, or none in the contract."""
    schema = api.contract.members("submit")[api.resource.key]
    return key is None or (
        isinstance(key, str)
        and (not re.fullmatch(r"[\w-]*", key, re.ASCII) or not fitting(schema, [key]))
    )


def others_than(key: str, most: int) -> tuple[str, ...]:
    """Keys that differ from this one, or from one before, in what is easily lost: case, a
    hyphen, a blank, an accent, the last of as many characters as there may be."""
    long = f"{key:x<{most - 1}}"
    accents = (f"{key}-{letter}" for letter in ("\u00e9", "e\u0301", "\u00fc"))
    return (key.upper(), key.replace("-", ""), f"{key} ", *accents, f"{long}a", f"{long}b")
