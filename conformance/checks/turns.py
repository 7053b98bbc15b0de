"""TURN: what a turn answers with and what it leaves in the transcript."""

from __future__ import annotations

from ..contract.lifecycle import TURN
from ..judging.equivalence import same_messages, text_of
from ..judging.exchange import Json
from ..judging.outcomes import Blocked, NotApplicable, expect, shown
from ..registry import rule
from ..target.api import Api
from ..target.operations import UNSET


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


@rule("TURN-01", "smoke", turns=1)
def check_a_turn_is_answered_with_its_result(api: Api) -> None:
    answer = api.submit(api.given(), "Hello").expect_ok()
    schema = api.contract.answer(api.resource.operations["submit"])
    wanted = {name for form in schema.get("oneOf", [schema]) for name in form["properties"]}
    members = sorted(answer.json) if isinstance(answer.json, dict) else answer.summary
    expect(members == sorted(wanted), ", ".join(wanted), members)


@rule("TURN-02", "smoke", turns=1)
def check_a_turn_answers_with_assistant_turns_only(api: Api) -> None:
    text = api.text()
    messages = api.given_turn(api.given(), text)[api.resource.transcript]
    expect(len(messages) > 0, "an assistant turn at least", messages)
    roles = [message.get("role") for message in messages]
    expect(all(role == "assistant" for role in roles), "assistant turns only", roles)


@rule("TURN-03", turns=1)
def check_tool_turns_come_first(api: Api) -> None:
    messages = api.given_turn(api.given(agent=api.config.tool_agent))[api.resource.transcript]
    calls = [bool(message.get("tool_calls")) for message in messages]
    if not any(calls):
        raise NotApplicable(f"{api.config.tool_agent} called no tool")
    expect(calls == sorted(calls, reverse=True), "tool turns before the reply", calls)
    expect(calls.count(False) == 1, "one plain reply, last", f"{calls.count(False)} plain turns")
    expect(text_of(messages[-1]) != "", "a reply with content", messages[-1])


@rule("TURN-04", turns=1)
def check_tool_calls_are_bundled_with_their_responses(api: Api) -> None:
    id = api.given(agent=api.config.tool_agent)
    answered = api.given_turn(id)[api.resource.transcript]
    wanted = calls_of(answered)
    if not wanted:
        raise NotApplicable(f"{api.config.tool_agent} called no tool")
    kept = (transcript(api, id),) if api.contract.lifecycle.keeps_turns else ()
    for messages in (answered, *kept):
        calls = calls_of(messages)
        expect(all("response" in call for call in calls), "a response in every call", calls)
        expect(calls == wanted, f"the calls {shown(wanted)}", calls)
        roles = {message.get("role") for message in messages}
        expect("tool" not in roles, "no separate tool messages", sorted(map(str, roles)))


def calls_of(messages: list[Json]) -> list[Json]:
    return [call for message in messages for call in message.get("tool_calls") or ()]


@rule("TURN-05", "smoke", sessions=2, turns=3)
def check_the_transcript_ends_with_the_answer(api: Api) -> None:
    expect_kept(api)
    ids = [api.given()] * 2
    if api.config.tool_agent:
        ids.append(api.given(agent=api.config.tool_agent))
    for id in ids:
        answered = api.given_turn(id)[api.resource.transcript]
        tail = transcript(api, id)[-len(answered) :]
        same = bool(answered) and same_messages(tail, answered)
        expect(same, f"a transcript that ends with {shown(answered)}", tail)


@rule("TURN-06", "smoke", turns=1)
def check_the_transcript_holds_the_user_turn(api: Api) -> None:
    expect_kept(api)
    id, text = api.given(), api.text()
    replied = api.given_replies(id, text)
    messages = transcript(api, id)
    here = [i for i, message in enumerate(messages) if message.get("role") == "user"]
    expect(len(here) > 0, "the user's turn in the transcript", messages)
    replies = len(messages) - len(replied)
    expect(here[-1] < replies, f"the user's turn before message {replies}", f"it is {here[-1]}")


@rule("TURN-07", turns=2)
def check_a_turn_adds_itself_and_nothing_else(api: Api) -> None:
    expect_kept(api)
    id = api.given()
    for _ in range(2):
        before = len(transcript(api, id))
        turn = 1 + len(api.given_replies(id))
        added = len(transcript(api, id)) - before
        expect(added == turn, f"{turn} more messages", f"{added} more")


def texts_of_the_user(api: Api, id: str) -> list[str]:
    return [text_of(m) for m in transcript(api, id) if m.get("role") == "user"]


LONG = 30  # turns: more than a page or a model's window of messages holds


@rule("TURN-08", turns=LONG)
def check_the_transcript_holds_every_turn_in_order(api: Api) -> None:
    expect_kept(api)
    id = api.given()
    texts = [api.text() for _ in range(LONG)]
    for text in texts:
        api.given_turn(id, text)
        if text is texts[0] and texts_of_the_user(api, id) != [text]:
            raise Blocked("the transcript does not hold a turn as sent, see TURN-06 and TURN-09")
    found = texts_of_the_user(api, id)
    lost = sum(text not in found for text in texts)
    expect(lost == 0, f"{LONG} turns", f"{lost} of them are not in the transcript")
    expect(found == texts, "the turns in send order", found)


TEXTS = (
    "  two spaces, a tab\t and a\nline break, two\r\nof Windows\rand Mac  ",
    "quotes \" ' and \\ back & <b>forth</b>, {{name}} {% if %} ${x} %s {0}",
    "Grüße, 日本語, العربية, 👩‍👩‍👧‍👦",
    "decomposed e\u0301 and composed \u00e9, a ligature \ufb01 and a full-width \uff21",
    "\u00a0spaces that do not break\u00a0",
    "long " * 400 + "end",
    "007",
)
# A deployment may have a limit, or no place for U+0000; what it takes, it keeps.
REFUSABLE = ("longer " * 700 + "end", "endless " * 9000 + "end", "null \u0000 within")


@rule("TURN-09", sessions=len(TEXTS + REFUSABLE), turns=len(TEXTS + REFUSABLE))
def check_the_text_is_kept_letter_for_letter(api: Api) -> None:
    expect_kept(api)
    submit, name = api.resource.operations["submit"], api.resource.text
    fitting = [
        text
        for text in TEXTS
        if api.contract.takes(submit, api.contract.filled(submit, text, {name: text}))
    ]
    for text in (*fitting, *REFUSABLE):
        id = api.given()
        answer = api.submit(id, text)
        if text in REFUSABLE and answer.status in (*api.refused("invalid-request"), 413):
            continue
        answer.turn  # the turn was taken
        found = texts_of_the_user(api, id)
        if not found:
            raise Blocked("the transcript holds no user turn, see TURN-06")
        got = f"{shown(found[-1], 80)}, {len(found[-1])} characters"
        expect(found[-1] == text, f"the text {shown(text, 80)}, {len(text)} characters", got)


@rule("TURN-17", turns=6)
def check_a_refused_turn_leaves_no_trace(api: Api) -> None:
    id = api.given(turns=1)
    before = transcript(api, id)
    refused = [api.submit(id, UNSET), api.submit(id, ["Hello"])]
    if not all(400 <= answer.status < 500 for answer in refused):
        raise Blocked("a malformed turn is not refused, see TURN-11 and TURN-12")
    expect_untouched(api, id, before)
    # What may be refused.
    for content, key in (("  ", api.key()), ("Hello", f"{api.key():k<129}")):
        before = transcript(api, id)
        if 400 <= api.submit(id, content, key=key).status < 500:
            expect_untouched(api, id, before)
            if len(key) <= api.contract.longest_key:  # what was not taken is not remembered either
                api.submit(id, "Hello", key=key).expect_ok()


def expect_untouched(api: Api, id: str, before: list[Json]) -> None:
    after = transcript(api, id)
    expect(same_messages(before, after), f"{len(before)} messages", f"{len(after)} messages")
