"""A trace as curl lines that do the same again when pasted into a shell."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote, unquote_plus

from ..config.connection import TRACE_HEADERS
from ..config.redaction import REDACTED
from ..contract.ids import UUID, canonical, mentions
from ..contract.resource import Resource
from ..judging.exchange import Exchange
from ..run.replay import packed
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
UNSHOWN = ("accept", *TRACE_HEADERS)
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
    script = Script(_groups(trace), options)
    return [*script.lines(polls or {})]


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


class Script:
    """Lines that share shell variables; `names` has these by the ids and instants they hold."""

    def __init__(self, groups: list[list[Exchange]], options: Sequence[str]) -> None:
        self.groups = groups
        self.options = options
        self.instants = _instants(groups)
        self.names: dict[str, str] = {}

    def lines(self, polls: Mapping[int, Poll]) -> Iterator[str]:
        end = math.inf
        for group in self.groups:
            first, *others = self._group(group)
            poll = polls.get(group[0].number)
            if poll and len(group) == 1 and group[0].number not in self.instants:
                yield _polling(first, poll)
            else:
                yield from (_pausing(first, group[0].started - end), *others)
            end = max(exchange.finished for exchange in group)

    def _group(self, group: list[Exchange]) -> list[str]:
        racing = len(group) > 1
        lines, kept = [], []
        for exchange in group:
            opened, names = exchange.opened, exchange.resource
            line = self._line(exchange)
            if opened and canonical(opened) not in self.names:
                name = self.names[canonical(opened)] = f"S{len(self.names) + 1}"
                pick = PICK_UUID if UUID.fullmatch(opened) else PICK_ID
                line = _picked(line, pick % names.id, "head -n 1")
                line = f"{line} > {_file(name)}" if racing else _keeping(line, name)
                kept.append(name)
            if exchange.number in self.instants:
                instant, place = self.instants[exchange.number]
                name = self.names[instant.lower()] = f"T{len(self.names) + 1}"
                line = _picked(line, PICK_TEXT % names.touched, f"sed -n {place}p", IN_A_URL)
                line = _keeping(line, name)
            lines.append(f"{line} &" if racing else line)
        if racing:
            told = (f'; {name}=$(cat {_file(name)}); echo "{name}=${name}"' for name in kept)
            lines[-1] += " wait" + "".join(told)
        return lines

    def _line(self, exchange: Exchange) -> str:
        words = ["curl -sS -i", *self.options]
        if exchange.method != "GET":
            words.append(f"-X {exchange.method}")
        if AS_IS.search(exchange.url):
            words.append("--path-as-is -g")
        asked = _asked(exchange.resource)
        words.append(self._named(exchange.url, asked))
        words += [
            f"-H {_header(*one)}" for one in exchange.headers.items() if one[0] not in UNSHOWN
        ]
        body, before = exchange.body, ""
        if body is not None:
            if _is_plain(body):
                words.append(f"--data-binary {self._named(body.decode(), asked)}")
            else:
                before = f"echo {packed(body)} | base64 -d | gzip -d | "
                words.append("--data-binary @-")
            words += [] if "content-type" in exchange.headers else ["-H 'Content-Type:'"]
        return before + " ".join(words)

    def _named(self, text: str, asked: str) -> str:
        """The text in single quotes, with variables where it names what the trace keeps."""
        parts = []
        end = 0
        for found in re.finditer(f"{mentions(self.names).pattern}|{KEY.pattern}|{asked}", text):
            held = self.names.get(canonical(unquote(found[0]))) or self.names.get(found[0].lower())
            key = KEY.fullmatch(found[0])
            if held or key:
                variable = _filled_in(key) if key else f"${held}"
                parts += [_quoted(text[end : found.start()]), f'"{variable}"']
                end = found.end()
        parts.append(_quoted(text[end:]))
        return "".join(part for part in parts if part != "''") or "''"


def _keeping(line: str, name: str) -> str:
    """Keep what the line prints in a variable, and show it."""
    return f'{name}=$({line}); echo "{name}=${name}"'


def _picked(line: str, *filters: str) -> str:
    """Print what the filters leave of the answer's members, one a line."""
    return " | ".join([line.replace("curl -sS -i", "curl -sS"), "tr ',' '\\n'", *filters])


def _file(name: str) -> str:
    """Where the id stays that a request in the background gave."""
    return f'"${{TMPDIR:-/tmp}}/{name}.$$"'


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


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _is_plain(body: bytes) -> bool:
    """Whether the body can stand in quotes: text, short, and no `@file` to curl."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return bool(PLAIN.match(body)) and not RUN.search(body) and not body.startswith(b"@")
