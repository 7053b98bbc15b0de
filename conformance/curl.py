"""A story as curl lines that do the same again when pasted into a shell."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote_plus

from conformance.api import ID
from conformance.client import PLACEHOLDER
from conformance.exchange import Exchange

__all__ = ["curl_lines"]

PLAIN = re.compile(rb"[\x20-\x7e\x80-\xff\n\t]*\Z")
RUN = re.compile(rb"([^\n]{1,16}?)\1{63,}")
SINCE = re.compile(r"(?<=[?&]updated_after=)[^&]+")
NAMED = re.compile(f"{ID.pattern}|{SINCE.pattern}")
PICK_TIME = """sed -n 's/.*"last_activity" *: *"\\([^"]*\\)".*/\\1/p' | sed 's/+/%2B/g'"""
PICK_ID = """sed -n 's/.*"id" *: *"\\([0-9A-Fa-f-]\\{36\\}\\)".*/\\1/p'"""
AS_IS = re.compile(r"\.\.|[\[\]{}]")
UNSHOWN = ("accept",)
LONG = 0.5  # seconds between two requests that may matter


def curl_lines(story: Iterable[Exchange]) -> list[str]:
    """One line a request. A session that the story opens is kept in a shell variable, since
    it has another id when the story is told again, and so is an instant that a retrieve told
    and a list asks with. Requests that ran at once do so again, and where the story waited so
    does the shell."""
    story = [*story]
    names: dict[str, str] = {}
    asked = {unquote_plus(raw): raw for e in story for raw in SINCE.findall(e.url)}
    told, end = [], math.inf
    for group in _groups(story):
        first, *others = _lines(group, names, asked)
        told += [_pausing(first, group[0].started - end), *others]
        end = max(exchange.finished for exchange in group)
    return told


def _groups(story: Iterable[Exchange]) -> list[list[Exchange]]:
    """The exchanges in their order, those that overlapped together."""
    groups: list[list[Exchange]] = []
    end = 0.0
    for exchange in story:
        if groups and exchange.started < end:
            groups[-1].append(exchange)
        else:
            groups.append([exchange])
        end = max(end, exchange.finished)
    return groups


def _pausing(line: str, seconds: float) -> str:
    return line if seconds < LONG else f"sleep {math.ceil(seconds)}; {line}"


def _lines(group: Sequence[Exchange], names: dict[str, str], asked: dict[str, str]) -> list[str]:
    racing = len(group) > 1
    lines, kept = [], []
    for exchange in group:
        opened = _opened(exchange)
        line = _line(exchange, names)
        if opened and opened.lower() not in names:
            name = names[opened.lower()] = f"S{len(names) + 1}"
            line = f"{_picking(line)} > {_file(name)}" if racing else _capturing(line, name)
            kept.append(name)
        elif (instant := _shown(exchange)) in asked and not racing:
            name = names[asked[instant]] = f"T{len(names) + 1}"
            line = _capturing(line, name, PICK_TIME)
        lines.append(f"{line} &" if racing else line)
    if racing:
        lines[-1] += " wait" + "".join(f'; {n}=$(cat {_file(n)}); echo "{n}=${n}"' for n in kept)
    return lines


def _opened(exchange: Exchange) -> str | None:
    body = exchange.json
    if exchange.operation != "openChat" or not isinstance(body, dict):
        return None
    id = body.get("id")
    return id if isinstance(id, str) and ID.fullmatch(id) else None


def _shown(exchange: Exchange) -> str | None:
    body = exchange.json
    shown = body.get("last_activity") if isinstance(body, dict) else None
    return shown if exchange.operation == "getChat" and isinstance(shown, str) else None


def _capturing(line: str, name: str, pick: str = PICK_ID) -> str:
    """Keep what a session's answer tells in a variable, and show it."""
    return f'{name}=$({_picking(line, pick)}); echo "{name}=${name}"'


def _picking(line: str, pick: str = PICK_ID) -> str:
    """Print what a session's answer tells, its id for one."""
    call = line.replace("curl -sS -i", "curl -sS")
    return f"{call} | tr ',' '\\n' | {pick} | head -n 1"


def _file(name: str) -> str:
    """Where the id stays that a request in the background gave."""
    return f'"${{TMPDIR:-/tmp}}/{name}.$$"'


def _line(exchange: Exchange, names: dict[str, str]) -> str:
    words = ["curl -sS -i"]
    if exchange.method != "GET":
        words.append(f"-X {exchange.method}")
    if AS_IS.search(exchange.url):
        words.append("--path-as-is -g")
    words.append(_named(exchange.url, names))
    for key, value in exchange.headers.items():
        if key not in UNSHOWN:
            words.append("-H " + _header(key, value))
    body, before = exchange.body, ""
    if body is not None:
        if _is_plain(body):
            words.append(f"--data-binary {_named(body.decode(), names)}")
        else:
            before = f"{{ {'; '.join(_printed(body))}; }} | "
            words.append("--data-binary @-")
    if body is not None and "content-type" not in exchange.headers:
        words.append("-H 'Content-Type:'")
    return before + " ".join(words)


def _header(key: str, value: str) -> str:
    """Credentials stay the names of variables, which double quotes let the shell fill in."""
    if "$CONFORMANCE_" not in value:
        return _quoted(f"{key}: {value}")
    value = value.replace("$CONFORMANCE_TOKEN", f"${{CONFORMANCE_TOKEN:-{PLACEHOLDER}}}")
    value = value.replace("$CONFORMANCE_SECOND_TOKEN", "${CONFORMANCE_SECOND_TOKEN}")
    return f'"{key}: {value}"'


def _named(text: str, names: dict[str, str]) -> str:
    """The text in single quotes, with variables where it names what the story was told."""
    parts = []
    end = 0
    for found in NAMED.finditer(text):
        name = names.get(found.group()) or names.get(found.group().lower())
        if name:
            parts += [_quoted(text[end : found.start()]), f'"${name}"']
            end = found.end()
    parts.append(_quoted(text[end:]))
    return "".join(part for part in parts if part != "''") or "''"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _is_plain(body: bytes) -> bool:
    """Whether the body can stand in quotes: text, short, and no `@file` to curl."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return bool(PLAIN.match(body)) and not RUN.search(body) and not body.startswith(b"@")


def _printed(body: bytes) -> Iterator[str]:
    """Shell commands that print these bytes, long repetitions told as such."""
    end = 0
    for found in RUN.finditer(body):
        yield from _printf(body[end : found.start()])
        unit = found.group(1)
        count = len(found.group()) // len(unit)
        if len(unit) == 1:
            yield f"head -c {count} /dev/zero | tr '\\0' '{_octal(unit)}'"
        else:
            yield f"yes -- \"$(printf '{_octal(unit)}')\" | head -n {count} | tr -d '\\n'"
        end = found.end()
    yield from _printf(body[end:])


def _printf(body: bytes) -> Iterator[str]:
    for start in range(0, len(body), 2000):
        yield f"printf '{_octal(body[start : start + 2000])}'"


def _octal(body: bytes) -> str:
    return "".join(f"\\{byte:03o}" for byte in body)
