"""Makes requests: by the grammar of the two contracts, with odd values in every place; and by
bytes, with the same requests cut, doubled and overwritten."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

ROOT = Path(__file__).parent.parent.parent
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW")
TEXTS: tuple[Any, ...] = (
    "", "a", "\0", "\u202e", "\ud800", "../..", "%2e%2e", "'", '"', "a" * 5_000, "🙂" * 40,
    "é\u0301", "agent-echo", "agent-closer", "agent-tools", "bye", "active", "2026-01-05T09:00:00Z",
    "9999-12-31T23:59:60Z", "http://127.0.0.1:9/", "null", "-1", "1e400", "NaN",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**20, 2**63, -(2**63) - 1, 1e308, [], {}, [[]], {"": {}}, [None] * 50,
)  # fmt: skip
NAMES = (
    "agent_id", "channel", "external_id", "ttl_seconds", "content", "idempotency_key", "note",
    "additional_data", "skip", "take", "state", "updated_after", "callIds", "size", "seconds",
    "now", "sessions", "agents", "url", "event", "match", "path", "body", "$ref", "__proto__", "",
)  # fmt: skip
HEADERS = (
    "X-Mock-Sandbox: a", "X-Mock-Sandbox: " + "s" * 300, "Prefer: code=404", "Prefer: example=\"",
    "Prefer: code=" + '"\\"' * 40, "X-Mock-Fault: \"", "X-Mock-Delay: nan", "Origin: http://a.test",
    "Accept: text/html", "Accept-Encoding: gzip", "Content-Encoding: gzip", "Expect: 100-continue",
    "Upgrade: h2c", "Transfer-Encoding: chunked", "Content-Length: -1", "Cookie: a=b",
    "Authorization: Basic YQ==", "X-Forwarded-For: 10.0.0.1", "Host: other.test", "X-A: \xff",
)  # fmt: skip

STROKES = (b"\r\n", b"\0", b"\r\n\r\n", b" ", b":", b"%", b'"', b"\n")


@dataclass(frozen=True)
class Operation:
    """A method and a path template of one of the contracts, and examples of what it takes."""

    method: str
    path: str
    examples: tuple[Any, ...] = ()


def operations(file: Path, prefix: str = "") -> list[Operation]:
    document = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return [
        Operation(method.upper(), prefix + path, tuple(_examples(told)))
        for path, item in document["paths"].items()
        for method, told in item.items()
        if isinstance(told, dict) and "operationId" in told
    ]


def _examples(operation: dict[str, Any]) -> Iterator[Any]:
    media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    for example in media.get("examples", {}).values():
        yield example["value"]
    if "example" in media:
        yield media["example"]


API = operations(ROOT / "openapi.yaml")
PLANE = operations(ROOT / "mock_server" / "admin.yaml", "/__admin")


class Maker:
    """Makes the requests of one door, each from its number alone."""

    def __init__(self, known: Sequence[Operation], ids: Sequence[str], seed: str) -> None:
        self.known, self.ids, self.seed = known, ids, seed

    def make(self, number: int) -> tuple[str, bytes]:
        """How a request is made, and its bytes."""
        dice = random.Random(f"{self.seed}/{number}")
        wire = self._by_grammar(dice)
        return ("grammar", wire) if number % 2 else ("bytes", mutated(wire, dice))

    def _by_grammar(self, dice: random.Random) -> bytes:
        operation = dice.choice(self.known)
        method = operation.method if dice.random() < 0.9 else dice.choice(METHODS)
        path = operation.path
        while "{" in path:
            before, _, rest = path.partition("{")
            path = before + self._segment(dice) + rest.partition("}")[2]
        if dice.random() < 0.4:
            pairs = (f"{_spelt(dice)}={_spelt(dice)}" for _ in range(dice.randint(1, 4)))
            path += "?" + "&".join(pairs)
        body = b"" if method in ("GET", "HEAD") and dice.random() < 0.9 else _body(dice, operation)
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
        lines += [f"Content-Type: {dice.choice(('application/json',) * 6 + ('text/plain', ';'))}"]
        lines += ["Authorization: Bearer key-1"] if dice.random() < 0.95 else []
        lines += [f"Content-Length: {len(body)}"] if body else []
        lines += [dice.choice(HEADERS)] if dice.random() < 0.3 else []
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body

    def _segment(self, dice: random.Random) -> str:
        if dice.random() < 0.6:
            return dice.choice(self.ids)
        return str(uuid.UUID(int=dice.getrandbits(128))) if dice.random() < 0.3 else _spelt(dice)


def value(dice: random.Random, depth: int = 3) -> Any:
    kind = dice.random()
    if kind < 0.5 or not depth:
        return dice.choice(TEXTS if dice.random() < 0.6 else OTHERS)
    if kind < 0.65:
        return [value(dice, depth - 1) for _ in range(dice.randint(0, 4))]
    return {dice.choice(NAMES): value(dice, depth - 1) for _ in range(dice.randint(0, 5))}


def mutated(wire: bytes, dice: random.Random) -> bytes:
    """The same bytes after a few cuts, copies and strokes."""
    data = bytearray(wire)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(data) + 1)
        to = min(len(data), at + dice.randint(1, 16))
        match dice.randrange(5):
            case 0:
                data[at:to] = dice.randbytes(to - at)
            case 1:
                del data[at:to]
            case 2:
                data[at:at] = data[at:to] * dice.randint(1, 50)
            case 3:
                data[at:at] = dice.choice(STROKES)
            case _:
                data = data[: max(1, at)]
    return bytes(data)


def _spelt(dice: random.Random) -> str:
    """A name or a text as it may stand in a target, mostly encoded."""
    text = str(dice.choice(TEXTS if dice.random() < 0.5 else NAMES))
    encoded = quote(text.encode("utf-8", "surrogatepass"), safe="")
    return encoded if dice.random() < 0.9 else text.replace(" ", "").replace("\0", "%00")


def _body(dice: random.Random, operation: Operation) -> bytes:
    if dice.random() < 0.1:
        return dice.randbytes(dice.randint(0, 200))
    made = value(dice)
    if operation.examples and dice.random() < 0.5:
        made = _nearly(dice.choice(operation.examples), dice)
    text = json.dumps(made, ensure_ascii=dice.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def _nearly(example: Any, dice: random.Random) -> Any:
    """An example, mostly with another value somewhere."""
    if not isinstance(example, dict) or not example or dice.random() < 0.3:
        return example
    name = dice.choice([*example, dice.choice(NAMES)])
    inner = example.get(name)
    return {**example, name: _nearly(inner, dice) if isinstance(inner, dict) else value(dice, 1)}
