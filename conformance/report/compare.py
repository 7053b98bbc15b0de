"""Two reports side by side: what differs, by rule, and nothing else."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ..config.files import read_text
from ..config.settings import UsageError
from ..contract.parts import Json
from .model import SCHEMA_VERSION

NOTED = ("contract", "profile", "scope", "strict", "seed")
# What differs between two tellings of the same finding: ids, times, a run's tag, numbers
# that were measured, and texts that were drawn.
VOLATILE = (
    (re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?"), "<time>"),
    (re.compile(r"conf-[0-9a-f]{8}(-\d+)?"), "<run>"),
    (re.compile(r"https?://[\w.:\[\]-]+"), "<target>"),
    (re.compile(r"\b[0-9a-f]{10,}\b"), "<text>"),
    (re.compile(r"\b\d+(\.\d+)?(-\d+(\.\d+)?)? m?s\b"), "<measured>"),
)

Rule = dict[str, Any]


def load_report(path: Path) -> Json:
    """A conformance.json. Raises UsageError for any other file."""
    try:
        report = json.loads(read_text(path, "the report", "wanted a conformance.json"))
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}; wanted a conformance.json") from error
    version = report.get("schema_version") if isinstance(report, dict) else None
    if version != SCHEMA_VERSION:
        raise UsageError(
            f"{path} is no conformance.json of version {SCHEMA_VERSION} (it says {version!r})"
        )
    found: Json = report
    return found


def compare(one: Json, other: Json) -> dict[str, Any]:
    """What differs. `notes` say under what other circumstances the two were made; they are
    no differences themselves."""
    before, after = ({rule["id"]: rule for rule in report["rules"]} for report in (one, other))
    ids = [*after, *(id for id in before if id not in after)]
    rules = [found for id in ids if (found := _difference(id, before.get(id), after.get(id)))]
    return {"same": not rules, "notes": list(_notes(one, other)), "rules": rules}


def _notes(one: Json, other: Json) -> Iterator[str]:
    for member in NOTED:
        if one.get(member) != other.get(member):
            yield f"{member} {_words(one.get(member))} → {_words(other.get(member))}"


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value.get('version')} ({str(value.get('sha256'))[:12]})"
    return ", ".join(value) if isinstance(value, list) else str(value).lower()


def _difference(id: str, before: Rule | None, after: Rule | None) -> dict[str, Any] | None:
    outcomes = [rule["outcome"] if rule else None for rule in (before, after)]
    old, new = (_findings(rule) for rule in (before, after))
    gone = [text for key, text in old.items() if key not in new]
    come = [text for key, text in new.items() if key not in old]
    if outcomes[0] == outcomes[1] and not gone and not come:
        return None
    rule = after or before or {}
    return {
        "id": id,
        "level": rule["level"],
        "text": rule["text"],
        "before": outcomes[0],
        "after": outcomes[1],
        "reason": after["reason"] if after else "",
        "gone": gone,
        "new": come,
    }


def _findings(rule: Rule | None) -> dict[str, str]:
    """What each finding says, by what stays the same when it is found again."""
    reasons: dict[str, str] = {}
    for finding in rule["findings"] if rule else ():
        words = f"expected {finding['expected']}; got {finding['actual']}"
        reasons.setdefault(_stable(words), words)
    return reasons


def _stable(text: str) -> str:
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return text


def lines(difference: dict[str, Any]) -> Iterator[str]:
    """The differences in words."""
    for note in difference["notes"]:
        yield f"note: {note}"
    for rule in difference["rules"]:
        change = f"{rule['before'] or 'no such rule'} → {rule['after'] or 'no such rule'}"
        same = rule["before"] == rule["after"]
        yield f"{rule['id']:<8} {rule['level']:<6} {rule['after'] if same else change}"
        yield f"  {rule['text']}"
        yield from (f"  gone  {words}" for words in rule["gone"])
        yield from (f"  new   {words}" for words in rule["new"])
        if rule["reason"] and not rule["new"]:
            yield f"  because {rule['reason']}"
    count = len(difference["rules"])
    yield f"{count} rule{'s differ' if count > 1 else ' differs'}" if count else "no difference"


@click.command("compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(before: Path, after: Path, as_json: bool) -> None:
    """Show what differs between two conformance.json: exit code 0 nothing, 1 something."""
    difference = compare(load_report(before), load_report(after))
    if as_json:
        click.echo(json.dumps(difference, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(lines(difference)))
    sys.exit(0 if difference["same"] else 1)
