"""What comes of an export: files, and what of the contract the format cannot say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from ..contract.document import Contract

PARTS = ("paths", "x-lifecycle", "x-resource", "x-webhooks", "x-rules")


@dataclass(frozen=True)
class View:
    """The contract in another format: text by file name, the one that is meant first."""

    files: dict[str, str]
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, document: Any, *left_out: str) -> Self:
        """A view of one file in JSON."""
        return cls({name: as_json(document)}, left_out)


def as_json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def other_parts(contract: Contract, *said: str) -> Iterator[str]:
    """The parts of the contract but for those that a view says, with how much is in each."""
    for part in PARTS:
        if part not in said and part in contract.spec:
            yield f"{part} ({len(contract.spec[part])} entries)"
