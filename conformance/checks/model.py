"""LIFE-13: any sequence of operations, with the reference model beside it."""

from __future__ import annotations

from conformance.api import Api
from conformance.findings import Blocked
from conformance.rules import rule

STORIES = 25  # sequences that are drawn
STEPS = 14  # operations in a sequence, at most
REQUESTS = 3000  # of drawing and shrinking too
SESSIONS = 300  # sessions that drawing and shrinking may open


@rule("LIFE-13", "model", sessions=SESSIONS, turns=STORIES * STEPS * 2, requests=REQUESTS)
def check_every_sequence_leads_where_the_model_says(api: Api) -> None:
    from conformance.machine import first_mismatch  # Hypothesis is slow to import

    found = first_mismatch(api, stories=STORIES, steps=STEPS, sessions=SESSIONS)
    if found is None:
        return
    mismatch, api.story[:] = found
    if mismatch.rule == "LIFE-13":
        raise mismatch
    api.report(mismatch.rule, mismatch)
    raise Blocked(f"a sequence of operations breaks {mismatch.rule}: {mismatch}")
