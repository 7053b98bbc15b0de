"""LIFE: any sequence of operations, with the reference model beside it."""

from ..contract.rules import Rule
from ..judging.outcomes import Blocked
from ..registry import kind
from ..target.api import Api

SEQUENCES = 60  # sequences that are drawn
STEPS = 20  # operations in a sequence, at most
REQUESTS = 4000  # of drawing and shrinking too
SESSIONS = 400  # sessions that drawing and shrinking may open
TURNS = 700  # turns that they may take
DRAWS = 3  # times that all of this is done, as long as each shows an avoidable rule broken


@kind(
    "sequences",
    "model",
    sessions=SESSIONS * DRAWS,
    turns=TURNS * DRAWS,
    requests=REQUESTS * DRAWS,
)
def check_every_sequence_leads_where_the_model_says(api: Api, rule: Rule) -> None:
    from ..generated.machine import first_mismatch  # Hypothesis is slow to import

    without: list[str] = []
    for _ in range(DRAWS):
        found = first_mismatch(
            api, sequences=SEQUENCES, steps=STEPS, sessions=SESSIONS, turns=TURNS, without=without
        )
        if found is None:
            return
        mismatch, api.trace[:] = found
        told = api.contract.judged.get(mismatch.rule)
        if told is None or told.kind == rule.kind:
            raise mismatch
        api.report(mismatch.rule, mismatch)
        if not mismatch.avoidable:
            break
        without.append(mismatch.rule)
    raise Blocked(f"a sequence of operations breaks {mismatch.rule}: {mismatch}")
