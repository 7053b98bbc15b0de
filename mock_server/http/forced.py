"""Forced replies: the contract's own examples, given on request and without any effect."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..codec import encode
from ..faults.preferences import parse_preferences
from ..problems.kinds import Problem, Reply
from ..problems.violations import quote

_VARY = {"Vary": "Prefer"}


@dataclass(frozen=True, slots=True)
class _Example:
    """One example of a response: its name, its media type and the value."""

    name: str
    media_type: str
    value: Any


class Forced:
    """What one operation can be made to answer: every status of its contract."""

    def __init__(self, responses: Mapping[str, Any]) -> None:
        self.responses = responses
        self.examples = {
            status: [*_examples(response.get("content", {}))]
            for status, response in responses.items()
        }

    def reply(self, headers: Iterable[str]) -> Reply | None:
        """The reply that Prefer headers ask for, or None when they ask for none.

        Raises Problem, with what there is, for a status or an example that is not there.
        """
        preferences = parse_preferences(headers)
        code, example = preferences.get("code"), preferences.get("example")
        name = example.value if example else code.parameters.get("example") if code else None
        if code is None and not name:
            return None
        if code is not None and code.value not in self.responses:
            shown = quote(code.value, 20)
            raise _unusable(f"The contract has no status {shown} here; it has", self.responses)
        within = [code.value] if code else [*self.responses]
        given = [(status, one) for status in within for one in self.examples[status]]
        fitting = [pair for pair in given if not name or pair[1].name == name]
        if not fitting and (given or code is None):
            lacks, has = ("No response here has the", "there are")
            if code:
                lacks, has = (f"Status {code.value} has no", "it has")
            names = dict.fromkeys(one.name for _, one in given)
            raise _unusable(f"{lacks} example {quote(name or '', 40)}; {has}", names)
        status, chosen = fitting[0] if fitting else (within[0], _Example("", "", None))
        return self._answer(status, chosen, code is not None, name)

    def _answer(self, status: str, example: _Example, by_code: bool, name: str | None) -> Reply:
        applied = [f"code={status}"] if by_code else []
        applied += [f"example={example.name}"] if name else []
        headers = [
            *_header_examples(self.responses[status].get("headers", {})),
            (b"preference-applied", ", ".join(applied).encode("latin-1")),
            (b"vary", b"Prefer"),
            (b"x-mock-origin", b"forced"),
        ]
        body = encode(example.value) if example.media_type else b""
        return Reply(int(status), body, example.media_type, tuple(headers))


def _examples(content: Mapping[str, Any]) -> Iterator[_Example]:
    for media_type, media in content.items():
        if "example" in media:
            yield _Example("example", media_type, media["example"])
        for name, example in media.get("examples", {}).items():
            yield _Example(name, media_type, example["value"])


def _header_examples(headers: Mapping[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    for name, header in headers.items():
        if "example" in header:
            yield name.lower().encode(), str(header["example"]).encode("latin-1")


def _unusable(reason: str, legal: Iterable[str]) -> Problem:
    return Problem("unusable-preference", f"{reason} {', '.join(legal)}.", headers=_VARY)
