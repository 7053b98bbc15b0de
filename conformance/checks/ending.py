"""END: what an end does, once and again."""

from __future__ import annotations

from ..judging.equivalence import change, same_messages
from ..judging.outcomes import Blocked, expect, shown
from ..registry import rule
from ..target.api import UNSET, Api
from .turns import transcript


@rule("END-01", "smoke")
def check_an_end_finishes_the_session(api: Api) -> None:
    ended = api.end(api.given(), note="done").expect_ok().session
    expect(ended["is_final"] is True, "is_final true", ended["is_final"])
    expect(ended["final_reason"] == "user_end", "final_reason user_end", ended["final_reason"])


@rule("END-02", "smoke")
def check_a_second_end_gives_the_final_session(api: Api) -> None:
    again = api.end(api.given_final(), note="again").expect_ok().session
    expect(again["is_final"] is True, "the final session", f"is_final {again['is_final']}")


@rule("END-03", "smoke", turns=1)
def check_a_second_end_changes_nothing(api: Api) -> None:
    id = api.given(turns=1)
    first = api.end(id, note="first").session
    if first["is_final"] is not True:
        raise Blocked("endChat left the session active, see END-01")
    before = api.still(id)
    if before["is_final"] is not True:
        raise Blocked("the ended session is retrieved as active, see LIFE-09")
    again = api.end(id, note="second")
    for answer in (again, api.get(id)) if again.ok else (api.get(id),):
        differs = change(before, answer.session)
        expect(differs is None, "the final session as it was", f"it differs in {differs}")


@rule("END-04", turns=1)
def check_an_end_keeps_the_agents_reason(api: Api) -> None:
    id, _ = api.given_closed()
    before = api.get(id).session["final_reason"]
    if before != "agent_finish":
        raise Blocked(f"the session is final as {shown(before)}, see LIFE-08")
    reason = api.end(id, note="too late").expect_ok().session["final_reason"]
    expect(reason == "agent_finish", "final_reason agent_finish", reason)


@rule("END-06", turns=2)
def check_an_end_keeps_the_transcript(api: Api) -> None:
    id = api.given(turns=2)
    before = transcript(api, id)
    for answer in (api.end(id), api.get(id)):
        messages = answer.session["messages"]
        same = same_messages(before, messages[: len(before)])
        expect(same, f"the {len(before)} messages", messages)


@rule("END-07", "smoke", sessions=2)
def check_a_note_is_optional(api: Api) -> None:
    for members in ({}, {"note": None}):
        ended = api.end(api.given(), **members).expect_ok().session
        expect(ended["is_final"] is True, "a final session", f"is_final {ended['is_final']}")


@rule("END-08")
def check_an_end_without_a_body(api: Api) -> str:
    answer = api.send("endChat", id=api.given(), body=UNSET)
    return f"an end without a body is answered {answer.status}"


@rule("END-09")
def check_the_note_is_read_back_nowhere(api: Api) -> None:
    id, note = api.given(), f"note {api.key()}"
    for answer in (api.end(id, note=note), api.get(id), api.list(channel=api.channel, state="all")):
        expect(note.encode() not in answer.content, "no note in the answer", answer.summary)


@rule("END-10", "smoke")
def check_ending_an_unknown_session(api: Api) -> None:
    api.given_final()
    api.end(api.unknown_id()).expect_status(404)


@rule("END-11")
def check_ending_a_malformed_id(api: Api) -> None:
    api.given_final()
    api.end(api.malformed_id()).expect_status(404, 400, 422)


@rule("END-12")
def check_a_note_that_is_no_string_is_refused(api: Api) -> None:
    id = api.given()
    api.end(id, note=["done"]).expect_status(400, 422)
    got = api.get(id).session
    expect(got["is_final"] is False, "the session still active", "it is final")
