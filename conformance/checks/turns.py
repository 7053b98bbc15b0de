"""TURN: what a turn answers with and what it leaves in the transcript."""

from collections.abc import Iterator

from ..contract.lifecycle import TURN
from ..contract.rules import Rule
from ..judging.equivalence import same_messages
from ..judging.exchange import Json
from ..judging.outcomes import NotApplicable, expect, shown
from ..registry import kind
from ..target.api import Api


def touches(api: Api) -> bool:
    """Whether a turn is an activity."""
    return api.contract.lifecycle.does("touch", TURN)


def expect_kept(api: Api) -> None:
    """That turns stay in the transcript, by which they are told apart."""
    if not api.contract.lifecycle.keeps_turns:
        raise NotApplicable("a turn is not kept, as the lifecycle has it")


def transcript(api: Api, id: str) -> list[Json]:
    messages: list[Json] = api.get(id).session[api.resource.transcript]
    return messages


def is_users(api: Api, message: Json) -> bool:
    names = api.resource.messages
    return bool(message.get(names.role) == names.user)


# What an agent says, and which tools it calls, is told by no word of the contract.
@kind("replies", "smoke", turns=1)
def check_a_turn_answers_with_assistant_turns_only(api: Api) -> None:
    text = api.text()
    messages = api.given_turn(api.given(), text)[api.resource.transcript]
    expect(len(messages) > 0, "an assistant turn at least", messages)
    names = api.resource.messages
    roles = [message.get(names.role) for message in messages]
    expect({*roles} == {names.agent}, f"{names.agent} turns only", roles)


@kind("tools-first", turns=1)
def check_tool_turns_come_first(api: Api) -> None:
    names = api.resource.messages
    messages = api.given_turn(api.given(agent=api.config.tool_agent))[api.resource.transcript]
    calls = [bool(names.calls_of(message)) for message in messages]
    if not any(calls):
        raise NotApplicable(f"{api.config.tool_agent} called no tool")
    expect(calls == sorted(calls, reverse=True), "tool turns before the reply", calls)
    expect(calls.count(False) == 1, "one plain reply, last", f"{calls.count(False)} plain turns")
    expect(names.text_of(messages[-1]) != "", "a reply with content", messages[-1])


@kind("tools-answered", turns=1)
def check_tool_calls_are_bundled_with_their_responses(api: Api) -> None:
    names, id = api.resource.messages, api.given(agent=api.config.tool_agent)
    answered = api.given_turn(id)[api.resource.transcript]
    wanted = calls_of(api, answered)
    if not wanted:
        raise NotApplicable(f"{api.config.tool_agent} called no tool")
    kept = (transcript(api, id),) if api.contract.lifecycle.keeps_turns else ()
    for messages in (answered, *kept):
        calls = calls_of(api, messages)
        expect(all("response" in call for call in calls), "a response in every call", calls)
        expect(calls == wanted, f"the calls {shown(wanted)}", calls)
        roles = {message.get(names.role) for message in messages}
        expect("tool" not in roles, "no separate tool messages", sorted(map(str, roles)))


def calls_of(api: Api, messages: list[Json]) -> list[Json]:
    return [call for message in messages for call in api.resource.messages.calls_of(message)]


@kind("added", "smoke", sessions=2, turns=3)
def check_what_a_turn_adds(api: Api, rule: Rule) -> None:
    """The replies that it was answered with at the end, the user's text before them, or the turn
    and nothing else."""
    expect_kept(api)
    ids = [api.given()] * 2
    if api.config.tool_agent:
        ids.append(api.given(agent=api.config.tool_agent))
    for id in ids:
        before = transcript(api, id)
        answered = api.given_turn(id)[api.resource.transcript]
        replies, after = len(answered) if api.resource.replies else 0, transcript(api, id)
        if rule.sent == "replies":
            tail = after[-len(answered) :]
            same = bool(answered) and same_messages(api.resource, tail, answered)
            expect(same, f"a transcript that ends with {shown(answered)}", tail)
        elif rule.sent == "text":
            here = [place for place, message in enumerate(after) if is_users(api, message)]
            expect(len(here) > 0, "the user's turn in the transcript", after)
            first = len(after) - replies
            expect(here[-1] < first, f"the user's turn before message {first}", f"it is {here[-1]}")
        else:
            added = len(after) - len(before)
            expect(added == 1 + replies, f"{1 + replies} more messages", f"{added} more")


MANY = 30  # turns: more than a page or a model's window of messages holds


TEXTS = (
    "  two spaces, a tab\t and a\nline break, two\r\nof Windows\rand Mac  ",
    "quotes \" ' and \\ back & <b>forth</b>, {{name}} {% if %} ${x} %s {0}",
    "Grüße, 日本語, العربية, 👩‍👩‍👧‍👦",
    "decomposed e\u0301 and composed \u00e9, a ligature \ufb01 and a full-width \uff21",
    "\u00a0spaces that do not break\u00a0",
    "\ufeffa mark of the byte order, no width\u200b and \u201ccurved\u201d quotes",
    "007",
)
# A deployment may have a limit, or no place for U+0000; what it takes, it keeps.
REFUSABLE = (
    "long " * 400 + "end",
    "longer " * 700 + "end",
    "endless " * 9000 + "end",
    "null \u0000 within",
)


@kind("said", sessions=len(TEXTS + REFUSABLE), turns=max(MANY, len(TEXTS + REFUSABLE)))
def check_what_users_say_is_kept(api: Api, rule: Rule) -> None:
    """Many texts in send order, or odd ones letter for letter."""
    expect_kept(api)
    odd, text_of = rule.sent == "odd", api.resource.messages.text_of
    for texts in (
        ([text] for text in odd_texts(api)) if odd else [[api.text() for _ in range(MANY)]]
    ):
        id = api.given()
        kept = [text for text in texts if is_taken(api, id, text)]
        found = [text_of(m) for m in transcript(api, id) if is_users(api, m)]
        if kept and (not found or (not odd and {*kept}.isdisjoint(found))):
            why = "the transcript does not hold a turn as sent"
            raise api.blocked(why, "added", sent="text")
        wanted, got = (
            f"{shown(some, 80)}, {sum(map(len, some))} characters" for some in (kept, found)
        )
        expect(found == kept or not kept, f"the turns {wanted}", got)


def odd_texts(api: Api) -> Iterator[str]:
    submit, name = api.resource.operations["submit"], api.resource.text
    for text in TEXTS:
        if api.contract.takes(submit, api.contract.filled(submit, text, {name: text})):
            yield text
    yield from REFUSABLE


def is_taken(api: Api, id: str, text: str) -> bool:
    """Whether a turn is taken, as it must be unless it is one that may be refused."""
    answer = api.submit(id, text)
    if text in REFUSABLE and answer.status in (*api.refused("invalid-request"), 413):
        return False
    answer.turn  # the turn was taken
    return True
