"""HTTP: what generated requests are answered with. Both rules read one walk, which is made
by the first of them; the plan counts what it may cost once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..contract.rules import Rule
from ..judging.outcomes import Blocked
from ..registry import kind
from ..target.api import Api

if TYPE_CHECKING:
    from ..generated.requests import Generation

SESSIONS = 200
TURNS = 150
REQUESTS = 1500


def report(api: Api, rule: Rule, generation: Generation) -> None:
    """Raise what the walk has found of one kind, each finding with its own trace."""
    found = generation.results.found[rule.kind]
    for violation, trace in found[:-1]:
        api.trace = trace
        api.report(rule.id, violation)
    if found:
        violation, api.trace = found[-1]
        raise violation
    if generation.results.cause:
        raise Blocked(f"not all requests could be sent: {generation.results.cause}")


@kind("fitting", "generated", sessions=0)
def check_what_fits_is_not_refused_as_invalid(api: Api, rule: Rule, generation: Generation) -> None:
    report(api, rule, generation)
    accepted = generation.results.accepted
    never = [id for id in api.client.watch.contract.operations if not accepted[id]]
    if never:
        rules = ", ".join(map(api.contract.accepting, never))
        raise Blocked(f"no generated request was accepted by {', '.join(never)}", rules)


@kind("breaking", "generated", sessions=0)
def check_what_breaks_the_contract_is_refused(api: Api, rule: Rule, generation: Generation) -> None:
    report(api, rule, generation)
    if not generation.results.broken:
        raise Blocked("no generated request breaks the contract")
