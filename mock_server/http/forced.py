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
        status = self._status(code.value) if code else self._status_with(name or "")
        return self._answer(status, self._example(status, name), code is not None, name)

    def _status(self, code: str) -> str:
        if code not in self.responses:
            shown = quote(code, 20)
            raise _unusable(f"The contract has no status {shown} here; it has", self.responses)
        return code

    def _status_with(self, name: str) -> str:
        for status, examples in self.examples.items():
            if any(example.name == name for example in examples):
                return status
        every = [example.name for examples in self.examples.values() for example in examples]
        names = dict.fromkeys(every)
        raise _unusable(f"No response here has the example {quote(name, 40)}; there are", names)

    def _example(self, status: str, name: str | None) -> _Example:
        examples = self.examples[status]
        for example in examples:
            if not name or example.name == name:
                return example
        if not examples:
            return _Example("", "", None)
        names = [example.name for example in examples]
        raise _unusable(f"Status {status} has no example {quote(name or '', 40)}; it has", names)

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
