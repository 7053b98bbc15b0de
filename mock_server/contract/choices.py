"""Which of the mock's open choices a contract leaves to it, and with what status it refuses."""

from collections.abc import Iterator, Mapping

from ..choices import CHOICES, Choices
from ..domain.resource import Resource
from .declaration import refusing
from .document import Contract
from .parts import holds
from .source import FixtureError

REFUSALS = {
    "final_submit": "session-final",
    "malformed_id": "malformed-id",
    "invalid_status": "invalid-request",
}
_ABOUT = {
    "duplicate_open": "unique",
    "greeting": "members.agent",
    "tool_calls": "message.calls",
    "ttl_range": "timer",
    "call_result_delay": "operations.search",
}
Statuses = Mapping[str, Mapping[str, int]]  # by operation and refusal
_STATUS = {"reuse": "200", "conflict": "409"}
_WORDS = {"reuse": "reuse", 409: "conflict"}


def fitting(choices: Choices, contract: Contract) -> Choices:
    """The choices; in the place of a default what the contract has first.

    Raises FixtureError for a choice that was made and cannot be kept.
    """
    return Choices({**choices, **dict(_fitting(choices, contract))}, choices.made)


def refusal_statuses(choices: Mapping[str, str], contract: Contract) -> Statuses:
    """The status of each refusal of each operation: what was chosen, or the first of the
    contract's, of those that the operation lists."""
    chosen = {name: choices[key] for key, name in REFUSALS.items()}
    found: dict[str, dict[str, int]] = {}
    for name, ids in refusing(contract.resolved).items():
        legal = [chosen.get(name, ""), *map(str, contract.resource.refusals[name])]
        for id in ids:
            listed = contract.statuses(id)
            given = next(status for status in legal if status in listed)
            found.setdefault(id, {})[name] = int(given)
    return found


def clamped(choices: Mapping[str, str], resource: Resource) -> frozenset[str]:
    """The numbers that are taken beyond their bounds, and clamped."""
    names = {"take_range": resource.list["page"]["limit"], "ttl_range": resource.timer.get("after")}
    return frozenset(name for key, name in names.items() if name and choices[key] == "clamp")


def _fitting(choices: Choices, contract: Contract) -> Iterator[tuple[str, str]]:
    for key in sorted(choices.made & _ABOUT.keys()):
        if not holds(contract.document["x-resource"], (*_ABOUT[key].split("."),)):
            wanted = f"wanted {_ABOUT[key]}, which --choice {key} is about, got none"
            raise FixtureError(contract.path, wanted, "/x-resource")
    for key in sorted(choices.made & REFUSALS.keys()):
        _check_status(key, choices[key], contract)
    for key, legal in _legal(contract):
        chosen = choices[key]
        if key not in choices.made and legal:
            yield key, legal[0]
        elif chosen not in legal:
            wanted = f"wanted a response {_STATUS.get(chosen, chosen)}, for --choice {key}={chosen}"
            raise FixtureError(contract.path, f"{wanted}, got none", "/paths")


def _check_status(key: str, status: str, contract: Contract) -> None:
    """Raise FixtureError for a status that the contract does not have for its refusal."""
    name = REFUSALS[key]
    legal, wanted = contract.resource.refusals[name], f"for --choice {key}={status}, got"
    if int(status) not in legal:
        place, listed = f"/x-resource/refusals/{name}", ", ".join(map(str, legal))
        raise FixtureError(contract.path, f"wanted {status} there, {wanted} {listed}", place)
    if all(status not in contract.statuses(id) for id in refusing(contract.resolved)[name]):
        raise FixtureError(contract.path, f"wanted a response {status}, {wanted} none", "/paths")


def _legal(contract: Contract) -> Iterator[tuple[str, list[str]]]:
    """The values of each choice that a contract lists."""
    created = contract.statuses(contract.resource.operations["create"])
    listed = {"open_status": CHOICES["open_status"].values}
    if contract.resource.unique:
        listed["duplicate_open"] = (*(_WORDS[word] for word in contract.resource.unique["else"]),)
    for key, values in listed.items():
        yield key, [value for value in values if _STATUS.get(value, value) in created]
