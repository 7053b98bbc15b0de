"""Which of the mock's open choices a contract leaves to it."""

from collections.abc import Iterator, Mapping

from ..choices import CHOICES
from .document import Contract
from .source import FixtureError

_ITEM = ("getChat", "submitMessage", "endChat")
_TAKING = ("openChat", "listChats", "submitMessage", "endChat", "searchCallResults")
# The operations that a choice makes give a status.
_GIVEN_BY = {
    "open_status": ("openChat",),
    "duplicate_open": ("openChat",),
    "final_submit": ("submitMessage",),
    "malformed_id": _ITEM,
    "invalid_status": _TAKING,
}
_STATUS = {"reuse": "200", "conflict": "409"}


def fitting(choices: Mapping[str, str], contract: Contract) -> dict[str, str]:
    """The choices, where the contract does not list what a default gives with the next one.

    Raises FixtureError for a choice that was made and cannot be kept.
    """
    return {**choices, **dict(_fitting(choices, contract))}


def _fitting(choices: Mapping[str, str], contract: Contract) -> Iterator[tuple[str, str]]:
    for key, operations in _GIVEN_BY.items():
        listed = set.intersection(*(contract.statuses(id) for id in operations))
        legal = [value for value in CHOICES[key].values if _STATUS.get(value, value) in listed]
        chosen = choices[key]
        if chosen in legal:
            continue
        if not legal or chosen != CHOICES[key].default:
            wanted = f"wanted a response {_STATUS.get(chosen, chosen)}, for --choice {key}={chosen}"
            places = " and ".join(operations)
            raise FixtureError(contract.path, f"{wanted}, in {places}, got none", "/paths")
        yield key, legal[0]
