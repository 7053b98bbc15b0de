"""What a deployment may legally choose, as the mock takes it by `--choice`."""

from mock_server.choices import CHOICES
from mock_server.contract.choices import REFUSALS
from mock_server.contract.document import load_contract


def _values() -> dict[str, tuple[str, ...]]:
    refusals = load_contract().resource.refusals
    statuses = {key: (*map(str, refusals[name]),) for key, name in REFUSALS.items()}
    return {key: choice.values or statuses[key] for key, choice in CHOICES.items()}


LEGAL = _values()  # each choice with its values, the default first; of a status the contract's
