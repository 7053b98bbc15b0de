"""How rules are told to people: the names of their areas, the addresses of their sources."""

from collections.abc import Iterable
from itertools import groupby
from urllib.parse import quote

from .document import Contract

DOCUMENTATION = "https://blackbox.dasha.ai/docs"  # where the vendor's pages lie

AREAS = {
    "OPEN": "Opening",
    "DEDUP": "One active session per endpoint",
    "SES": "Session members",
    "MSG": "Messages",
    "LIST": "Listing",
    "GET": "Retrieving",
    "TURN": "Turns",
    "IDEM": "Idempotency keys",
    "END": "Ending",
    "LIFE": "Lifecycle",
    "TIME": "Time",
    "TTL": "Inactivity timeout",
    "RACE": "Races",
    "FIN": "Finish pipeline",
    "HOOK": "Completion webhook",
    "AUTH": "Authentication",
    "HTTP": "HTTP and JSON",
    "ERR": "Errors",
}
# Every outcome in words, worst first.
OUTCOMES = {
    "fail": "failed",
    "warn": "warned",
    "error": "suite error",
    "not-run": "not run",
    "pass": "passed",
    "observed": "observed",
    "not-applicable": "not applicable",
    "not-selected": "not selected",
}


def area_of(rule: str) -> str:
    """The area of a rule's id: `END` of `END-02`."""
    return rule.rsplit("-", 1)[0]


def by_area(rules: Iterable[str]) -> dict[str, list[str]]:
    """The ids of each area, in the given order."""
    return {area: list(ids) for area, ids in groupby(rules, key=area_of)}


def address(contract: Contract, source: str) -> str:
    """Where a source can be read, in full: an address, or words where it has none."""
    place = str(contract.resolved["x-sources"][source]).replace("this file", contract.path.name)
    if "://" in place:
        return place.split(" ", maxsplit=1)[0]
    return place if " " in place else f"{DOCUMENTATION}/{quote(place)}"
