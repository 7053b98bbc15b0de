"""END: what an end does, once and again."""

from __future__ import annotations

from ..judging.outcomes import NotApplicable, expect
from ..registry import rule
from ..target.api import Api
from ..target.operations import UNSET


@rule("END-07", "smoke", sessions=2)
def check_a_note_is_optional(api: Api) -> None:
    if api.needs("end", api.resource.note):
        raise NotApplicable("an end must have a note")
    for note in (UNSET, None):
        ended = api.end(api.given(), note=note).expect_ok().session
        expect(api.resource.final(ended) is True, "a final session", "it is active")


@rule("END-08")
def check_an_end_without_a_body(api: Api) -> str:
    answer = api.send(api.resource.operations["end"], id=api.given(), body=UNSET)
    return f"an end without a body is answered {answer.status}"


@rule("END-09")
def check_the_note_is_read_back_nowhere(api: Api) -> None:
    id, note = api.given(), f"note {api.key()}"
    state = api.asked_for(api.resource.all, *api.contract.listed_states)
    ended = api.end(id, note=note)
    for answer in (ended, api.get(id), api.list(channel=api.channel, state=state)):
        expect(note.encode() not in answer.content, "no note in the answer", answer.summary)
