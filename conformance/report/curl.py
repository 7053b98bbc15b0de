"""A trace as curl lines that do the same again when pasted into a shell."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote, unquote_plus

from ..config.redaction import REDACTED
from ..contract.ids import UUID, canonical, mentions
from ..contract.resource import Resource
from ..judging.exchange import Exchange
from ..target.tokens import PLACEHOLDER
from .polls import Poll

PLAIN = re.compile(rb"[\x20-\x7e\x80-\xff\n\t]*\Z")
RUN = re.compile(rb"([^\n]{1,16}?)\1{63,}")
PICK_UUID = """sed -n 's/.*"%s" *: *"\\([0-9A-Fa-f-]\\{36\\}\\)".*/\\1/p'"""
PICK_ID = """sed -n 's/^{* *"%s" *: *"\\([^"]*\\)".*/\\1/p'"""
PICK_TEXT = """sed -n 's/.*"%s" *: *"\\([^"]*\\)".*/\\1/p'"""
AS_IS = re.compile(r"\.\.|[\[\]{}]")
IN_A_URL = r"sed 's/\\u002[Bb]/+/; s/+/%2B/; s/:/%3A/g'"
KEY = re.compile(r"\$CONFORMANCE_(?:SECOND_)?TOKEN")
VARIABLE = re.compile(r"\$\{?[A-Za-z_]")
UNSHOWN = ("accept", "traceparent", "x-request-id")
LONG = 0.5  # seconds between two requests that may matter


def curl_lines(
    trace: Iterable[Exchange],
    polls: Mapping[int, Poll] | None = None,
    options: Sequence[str] = (),
) -> list[str]:
    """One line a request, with these options of curl's. A session that the trace opens is kept
    in a shell variable, since it has another id when the trace is told again, and so is an
    instant that a list is asked for as an answer has told it. Requests that ran at once do so
    again. Where the trace waited so does the shell, and where it polled, the shell polls as
    often."""
    names: dict[str, str] = {}
    lines, end = [], math.inf
    groups = _groups(trace)
    instants = _instants(groups)
    for group in groups:
        first, *others = _lines(group, names, instants, options)
        number = group[0].number
        poll = (polls or {}).get(number)
        if poll and len(group) == 1 and number not in instants:
            lines.append(_polling(first, poll))
        else:
            lines += [_pausing(first, group[0].started - end), *others]
        end = max(exchange.finished for exchange in group)
    return lines


def _groups(trace: Iterable[Exchange]) -> list[list[Exchange]]:
    """The exchanges in their order, those that overlapped together."""
    groups: list[list[Exchange]] = []
    end = 0.0
    for exchange in trace:
        if groups and exchange.started < end:
            groups[-1].append(exchange)
        else:
            groups.append([exchange])
        end = max(end, exchange.finished)
    return groups


def _instants(groups: list[list[Exchange]]) -> dict[int, tuple[str, int]]:
    """By the number of an exchange: the instant that a later one asks for, as it stands in its
    URL, and its place among those in the answer."""
    found: dict[int, tuple[str, int]] = {}
    lookups: list[Exchange] = []
    for group in groups:
        for asked in [word for e in group for word in re.findall(_asked(e.resource), e.url)]:
            telling = [e for e in lookups if unquote_plus(asked) in _activities(e)]
            for exchange in telling[-1:]:
                place = _activities(exchange).index(unquote_plus(asked)) + 1
                found[exchange.number] = asked, place
        lookups += [e for e in group if len(group) == 1 and not e.opened]
    return found


def _asked(names: Resource) -> str:
    """A pattern of the instant that a list is asked for, in a URL."""
    named = (re.escape(one.parameter) for one in names.filters if one.how == "later")
    return "|".join(rf"(?<=[?&]{name}=)[^&#]+" for name in named) or "(?!)"


def _activities(exchange: Exchange) -> list[str]:
    member = rf'"{re.escape(exchange.resource.touched)}" *: *"([^"]*)"'
    found = re.findall(member, exchange.content.decode("latin-1"))
    return [re.sub(r"\\u002[Bb]", "+", word) for word in found]


def _pausing(line: str, seconds: float) -> str:
    return line if seconds < LONG else f"sleep {_tenths(seconds)}; {line}"


def _polling(line: str, poll: Poll) -> str:
    """The looks after the first, the last of which is shown."""
    looks = poll.times - 1
    look = f"sleep {round(poll.seconds / looks, 1):g}; LAST=$({line})"
    return f'for _ in $(seq {looks}); do {look}; done; echo "$LAST"'


def _tenths(seconds: float) -> str:
    """Rounded up, and by little: a trace may have many waits, and end before a timeout."""
    return f"{math.ceil(round(seconds * 10, 3)) / 10:g}"


def _lines(
    group: list[Exchange],
    names: dict[str, str],
    instants: dict[int, tuple[str, int]],
    options: Sequence[str],
) -> list[str]:
    racing = len(group) > 1
    lines, kept = [], []
    for exchange in group:
        opened = exchange.opened
        line = _line(exchange, names, options)
        if opened and canonical(opened) not in names:
            name = names[canonical(opened)] = f"S{len(names) + 1}"
            picking = _picking(line, opened, exchange.resource)
            line = f"{picking} > {_file(name)}" if racing else _keeping(picking, name)
            kept.append(name)
        if exchange.number in instants:
            instant, place = instants[exchange.number]
            name = names[instant.lower()] = f"T{len(names) + 1}"
            line = _keeping(_picking_instant(line, place, exchange.resource), name)
        lines.append(f"{line} &" if racing else line)
    if racing:
        lines[-1] += " wait" + "".join(f'; {n}=$(cat {_file(n)}); echo "{n}=${n}"' for n in kept)
    return lines


def _keeping(line: str, name: str) -> str:
    """Keep what the line prints in a variable, and show it."""
    return f'{name}=$({line}); echo "{name}=${name}"'


def _picking(line: str, id: str, names: Resource) -> str:
    """Print the opened session's id alone, of the form that this one has."""
    pick = (PICK_UUID if UUID.fullmatch(id) else PICK_ID) % names.id
    return f"{_split(line)} | {pick} | head -n 1"


def _picking_instant(line: str, place: int, names: Resource) -> str:
    """Print one last activity in the answer alone, as a URL takes it."""
    return f"{_split(line)} | {PICK_TEXT % names.touched} | sed -n {place}p | {IN_A_URL}"


def _split(line: str) -> str:
    """Print the answer's members one a line."""
    return f"{line.replace('curl -sS -i', 'curl -sS')} | tr ',' '\\n'"


def _file(name: str) -> str:
    """Where the id stays that a request in the background gave."""
    return f'"${{TMPDIR:-/tmp}}/{name}.$$"'


def _line(exchange: Exchange, names: dict[str, str], options: Sequence[str]) -> str:
    words = ["curl -sS -i", *options]
    if exchange.method != "GET":
        words.append(f"-X {exchange.method}")
    if AS_IS.search(exchange.url):
        words.append("--path-as-is -g")
    words.append(_named(exchange.url, names, _asked(exchange.resource)))
    for key, value in exchange.headers.items():
        if key not in UNSHOWN:
            words.append("-H " + _header(key, value))
    body, before = exchange.body, ""
    if body is not None:
        if _is_plain(body):
            words.append(f"--data-binary {_named(body.decode(), names, _asked(exchange.resource))}")
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
    return f'"{key}: {KEY.sub(_filled_in, value)}"'


def _filled_in(found: re.Match[str]) -> str:
    """The name of a key as the shell fills it in."""
    second = "SECOND" in found[0]
    return "${CONFORMANCE_SECOND_TOKEN}" if second else f"${{CONFORMANCE_TOKEN:-{PLACEHOLDER}}}"


def added_headers(headers: Iterable[str]) -> Iterator[str]:
    """The options for `Name: value` of --header: variables are the shell's to fill in, and a
    value without any may be a secret, and is not told."""
    for header in headers:
        name, _, template = (part.strip() for part in header.partition(":"))
        if not VARIABLE.search(template.replace("$$", "")):
            yield f"-H '{name}: {REDACTED}'"
            continue
        value = re.sub(r'["`\\]', r"\\\g<0>", template).replace("$$", "\\$")
        yield f'-H "{name}: {value}"'


def _named(text: str, names: dict[str, str], asked: str) -> str:
    """The text in single quotes, with variables where it names what the trace keeps."""
    parts = []
    end = 0
    for found in re.finditer(f"{mentions(names).pattern}|{KEY.pattern}|{asked}", text):
        name = names.get(canonical(unquote(found[0]))) or names.get(found[0].lower())
        key = KEY.fullmatch(found[0])
        if name or key:
            variable = _filled_in(key) if key else f"${name}"
            parts += [_quoted(text[end : found.start()]), f'"{variable}"']
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
