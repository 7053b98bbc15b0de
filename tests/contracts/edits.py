"""Makes a changed contract of `openapi.yaml`, and knows on which line each part of it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
TEXT = (HERE.parents[1] / "openapi.yaml").read_text(encoding="utf-8")
CONTRACT = yaml.load(TEXT, Loader=yaml.CSafeLoader)
# Without the sharing that YAML's aliases bring: an edit changes one place.
WHOLE = json.dumps(CONTRACT)
CONTRACT["x-rules"] = CONTRACT["x-rules"][:12]  # each is written alike, and all take long to read
JSON = json.dumps(CONTRACT)

ROWS = "/x-lifecycle/transitions"

Entry = dict[str, Any]


@dataclass(frozen=True)
class Edited:
    """A changed contract in a folder, and the document in it where it is one."""

    path: Path
    document: Any = None

    def line(self, pointer: str) -> int:
        """The line of a place in a file that `json.dumps` has written, or of what holds it."""
        lines = dict(_lines(self.document, "", [1]))
        while pointer not in lines:
            pointer = pointer.rpartition("/")[0]
        return lines[pointer]


def entries(file: str) -> list[Entry]:
    """The entries of a file of this folder, their @names replaced by places."""
    data = yaml.load((HERE / file).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return [_placed(entry, data["places"]) for entry in data["contracts"]]


def edited(entry: Entry, folder: Path) -> Edited:
    """The contract of an entry, written into a folder with what belongs to it."""
    path = folder / "openapi.yaml"
    for name, text in entry.get("files", {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    document = None
    if not entry.get("missing"):
        raw, document = _content(entry)
        path.write_bytes(raw)
    return Edited(path, document)


def _content(entry: Entry) -> tuple[bytes, Any]:
    if "bytes" in entry:
        return bytes.fromhex(entry["bytes"]), None
    if "nested" in entry:
        return b'{"a": ' * entry["nested"] + b"1" + b"}" * entry["nested"], None
    if "aliases" in entry:
        lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
        return "\n".join(["a0: &a0 [1]", *lines[: entry["aliases"]]]).encode(), None
    if "raw" in entry:
        return entry["raw"].encode(), None
    if "text" in entry:
        return _replaced(entry["text"], -1 if entry.get("everywhere") else 1).encode(), None
    document = json.loads(WHOLE if "blames" in entry else JSON)
    if "references" in entry:
        document["components"]["schemas"].update(_unfolding(entry["references"]))
    for kind in ("drop", "rename", "set", "add"):
        change = entry.get(kind, {})
        for pointer in change:
            _change(document, kind, pointer, change[pointer] if kind != "drop" else None)
    return json.dumps(document, indent=1).encode(), document


def _replaced(texts: dict[str, str], count: int) -> str:
    text = TEXT
    for old, new in texts.items():
        assert text.count(old) >= 1, f"openapi.yaml has no {old!r}"
        text = text.replace(old, new, count)
    return text


def _unfolding(depth: int) -> dict[str, Any]:
    """Schemas of which each refers ten times to the next."""
    schemas: dict[str, Any] = {"Deep0": {"type": "string"}}
    for number in range(1, depth + 1):
        reference = {"$ref": f"#/components/schemas/Deep{number - 1}"}
        members = {f"m{n}": reference for n in range(10)}
        schemas[f"Deep{number}"] = {"type": "object", "properties": members}
    return schemas


def _change(document: Any, kind: str, pointer: str, value: Any) -> None:
    *steps, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    holder = document
    for step in steps:
        holder = holder[int(step) if isinstance(holder, list) else step]
    key: Any = int(last) if isinstance(holder, list) else last
    match kind:
        case "drop":
            del holder[key]
        case "rename":
            renamed = {value if name == key else name: item for name, item in holder.items()}
            assert key in holder
            holder.clear()
            holder.update(renamed)
        case "set":
            holder[key] = value
        case "add":
            holder[key].append(value)


def _placed(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {_placed(key, places): _placed(item, places) for key, item in value.items()}
    if isinstance(value, list):
        return [_placed(item, places) for item in value]
    if isinstance(value, str) and value[:1] == "@":
        name, slash, rest = value[1:].partition("/")
        return places[name] + slash + rest
    return value


def _lines(value: Any, pointer: str, line: list[int]) -> Iterator[tuple[str, int]]:
    yield pointer, line[0]
    if not isinstance(value, dict | list) or not value:
        return
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for step, part in parts:
        line[0] += 1
        yield from _lines(
            part, f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}", line
        )
    line[0] += 1
