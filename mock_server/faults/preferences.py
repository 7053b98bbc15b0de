"""The Prefer header of RFC 7240, parsed: what a client would like, without its having to be so."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# Possessive, so that nothing is looked at twice.
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_WORD = re.compile(rf"({_TOKEN})[ \t]*+(?:=[ \t]*+(?:({_QUOTED})|({_TOKEN})?))?")
_LISTED = re.compile(rf'(?:{_QUOTED}|[^,"])++')
_JOINED = re.compile(rf'(?:{_QUOTED}|[^;"])++')
_CLOSED = re.compile(rf'(?:{_QUOTED}|[^"])*+')


@dataclass(frozen=True, slots=True)
class Preference:
    """One preference: its value, empty for none, and its parameters by name in lower case."""

    value: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse_preferences(headers: Iterable[str]) -> dict[str, Preference]:
    """The preferences of all Prefer headers, by name in lower case.

    Of a repeated one the first counts; what cannot be read is passed over, as the RFC wants.
    """
    found: dict[str, Preference] = {}
    for header in headers:
        for listed in _LISTED.findall(_close(header)):
            words = [_word(part.strip(" \t")) for part in _JOINED.findall(listed)]
            if words and words[0] is not None:
                name, value = words[0]
                parameters = dict(word for word in reversed(words[1:]) if word)
                found.setdefault(name, Preference(value, parameters))
    return found


def _close(header: str) -> str:
    """A header without the quotes that have no end, which no word can hold anyway."""
    closed = _CLOSED.match(header)
    end = closed.end() if closed else 0
    return header[:end] + header[end:].replace('"', "\0")


def _word(text: str) -> tuple[str, str] | None:
    match = _WORD.fullmatch(text)
    if match is None:
        return None
    quoted, plain = match[2], match[3]
    value = plain or "" if quoted is None else re.sub(r"\\(.)", r"\1", quoted[1:-1])
    return match[1].lower(), value
