"""The pages of `docs/` that are made from the programs: `python -m tests.reference` writes them.

With `--check` it writes nothing and names those that are no longer current: exit code 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import yaml

from conformance.cli.main import command as suite
from conformance.contract.areas import AREAS, address, by_area
from conformance.contract.document import Contract, find_contract
from conformance.contract.rules import TOLD, Rule
from conformance.export.mermaid import diagram
from conformance.registry import pack_of
from mock_server.cli.main import main as mock
from tests.schemas import schemas

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
WIDTH = 88  # of the commands' help
MADE = "Made by `python -m tests.reference` from"
WORDS = (*TOLD[1:], "members")  # that a kind is told
METHODS = ("get", "put", "post", "delete", "patch")


def pages() -> dict[str, str]:
    """Each page's text by its name."""
    admin = yaml.safe_load((ROOT / "mock_server" / "admin.yaml").read_text("utf-8"))
    schema = json.loads((ROOT / "contract.schema.json").read_text("utf-8"))
    contract = Contract(find_contract())
    made: dict[str, Iterable[str]] = {
        "api.md": _api(contract),
        "lifecycle.md": _lifecycle(contract),
        "rules.md": _rules(contract),
        "commands.md": _commands(),
        "control-plane.md": _control_plane(admin),
        "vocabulary.md": [*_vocabulary(schema), *_kinds(contract)],
    }
    texts = {name: "\n\n".join(parts) + "\n" for name, parts in made.items()}
    return texts | {name: json.dumps(made, indent=2) + "\n" for name, made in schemas().items()}


def _api(contract: Contract) -> Iterator[str]:
    yield "# The API"
    yield f"{MADE} `openapi.yaml`, which a mock serves as a page at `/ui/`."
    yield contract.spec["info"]["description"].strip()
    rows = ((f"`{call[2]['operationId']}`", *_call(*call)) for call in _calls(contract.spec))
    yield _table("operation | request | does | takes | answers", rows)


def _lifecycle(contract: Contract) -> Iterator[str]:
    table, lifecycle = contract.spec["x-lifecycle"], contract.lifecycle
    yield "# Lifecycle"
    yield f"{MADE} `x-lifecycle` of `openapi.yaml`."
    yield f"```mermaid\n{diagram(contract)}```"
    yield "## States"
    yield _table("state | meaning", lifecycle.states.items())
    yield "## Events"
    events = table["events"].items()
    rows = ((name, event["operation"] or "none", event["text"]) for name, event in events)
    yield _table("event | operation | meaning", rows)
    yield "## What each event does in each state"
    yield _table(
        "state | event | next state | reason | refused with | effects",
        (
            (
                *(row.state, row.event, row.to, row.reason or ""),
                ", ".join(map(str, contract.refused(row.state, row.event))),
                ", ".join(row.effects) or "none",
            )
            for row in lifecycle.rows.values()
        ),
    )
    yield "## Effects"
    yield _table("effect | meaning", table["effects"].items())
    yield "## What never changes"
    immutable = lifecycle.immutable.items()
    yield _table("when | members", ((when, _codes(members)) for when, members in immutable))


def _rules(contract: Contract) -> Iterator[str]:
    yield "# Rules"
    yield f"What a deployment is judged by. {MADE} `x-rules` of `openapi.yaml`."
    yield (
        "A broken `MUST` makes a run non-conformant, a broken `SHOULD` warns, and a `MAY` is only"
        " recorded. An `explicit` rule is said by its source, an `inferred` one follows from it,"
        " and a `project` one is this contract's own. *Needs* is what the suite must be given to"
        " check the rule. `adjourn-conformance explain RULE-ID` tells how one is checked."
    )
    for area, ids in by_area(contract.rules).items():
        yield f"## {AREAS[area]}"
        rows = (_rule(contract, contract.rules[id]) for id in ids)
        yield _table("rule | text | level | evidence | pack | needs", rows)
    yield "## Sources"
    sources = (_source(contract, name) for name in contract.spec["x-sources"])
    yield _table("source | where | areas", sources)


def _rule(contract: Contract, rule: Rule) -> tuple[str, ...]:
    text = rule.text + (f" *Not checked: {rule.unchecked}.*" if rule.unchecked else "")
    evidence = f"{rule.evidence}, [{rule.source}](#sources)"
    needs = ", ".join(need.replace("_", " ") for need in rule.needs)
    return rule.id, _plain(text), rule.level, evidence, pack_of(contract, rule.id) or "", needs


def _source(contract: Contract, name: str) -> tuple[str, ...]:
    of = [id for id, rule in contract.rules.items() if rule.source == name]
    areas = ", ".join(by_area(of))
    return name, address(contract, name), f"{len(of)}: {areas}" if of else "0"


def _commands() -> Iterator[str]:
    yield "# Commands"
    yield f"{MADE} the two programs' own `--help`."
    for name, group in (("adjourn-mock", mock), ("adjourn-conformance", suite)):
        yield f"## {name}"
        settings = {**group.context_settings, "info_name": name, "terminal_width": WIDTH}
        yield from _help(click.Context(group, **settings))


def _help(context: click.Context) -> Iterator[str]:
    """What a command says of itself, then what its subcommands say."""
    yield f"```text\n{context.command.get_help(context)}\n```"
    group = context.command
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, terminal_width=WIDTH)
        yield f"### {inner.command_path}"
        yield from _help(inner)


def _control_plane(admin: dict[str, Any]) -> Iterator[str]:
    yield "# Control plane"
    yield f"{MADE} `mock_server/admin.yaml`, which a mock serves as a page at `/__admin/docs/`."
    yield admin["info"]["description"].strip()
    for tag in admin["tags"]:
        yield f"## {tag['name'].capitalize()}"
        yield tag["description"]
        rows = (_call(*call) for call in _calls(admin) if tag["name"] in call[2]["tags"])
        yield _table("call | does | takes | answers", rows)


def _vocabulary(schema: dict[str, Any]) -> Iterator[str]:
    """The words of each extension, a table each."""
    yield "# What the contract can say"
    yield (
        f"{MADE} `contract.schema.json`. These words stand in `openapi.yaml` beside OpenAPI 3.0;"
        " [the contract](contract.md) says how to use them."
    )
    for part in ("x-lifecycle", "x-resource", "x-rules"):
        told = _resolved(schema, schema["properties"][part])
        yield f"## {part}"
        yield told["description"]
        yield _table("word | takes | meaning", _words(schema, told, ""))


def _kinds(contract: Contract) -> Iterator[str]:
    """What each kind is told, by the rules of openapi.yaml that it judges."""
    yield "## Kinds of rules"
    yield (
        "What a rule of each kind may be told, and the rules of `openapi.yaml` that it judges, the"
        " first in full: a pattern for one of your own. [The rules](rules.md) has the others."
    )
    kinds: dict[str, list[Rule]] = {}
    for rule in contract.rules.values():
        kinds.setdefault(rule.kind, []).append(rule)
    kinds.pop("", None)
    rows = (
        (
            f"`{kind}`",
            _codes(word for word in WORDS if any(getattr(rule, word) for rule in rules)),
            f"{rules[0].id}: {_plain(rules[0].text)}",
            ", ".join(rule.id for rule in rules[1:]),
        )
        for kind, rules in kinds.items()
    )
    yield _table("kind | told | judges | and", rows)


def _words(schema: dict[str, Any], told: dict[str, Any], place: str) -> Iterator[tuple[str, ...]]:
    """Each word that may stand there, and within it."""
    told = _resolved(schema, told)
    told = _resolved(schema, told.get("items", told.get("then", told)))
    inner = dict(told.get("properties", {}))
    if isinstance(told.get("additionalProperties"), dict):
        inner["NAME"] = told["additionalProperties"]
    for name, part in inner.items():
        part = {**_resolved(schema, part), **part}
        free = "" if name == "NAME" or name in told.get("required", ()) else ", or left out"
        where = f"{place}.{name}".strip(".")
        yield f"`{where}`", _taken(part) + free, part.get("description", "")
        yield from _words(schema, part, where)


def _taken(part: dict[str, Any]) -> str:
    """What a word takes, in words."""
    if "enum" in part:
        return f"one of {_codes(part['enum'])}"
    names = {"string": "a text", "null": "null", "array": "a list", "object": "an object"}
    kinds = part.get("type", ["string", "object"] if "then" in part else "boolean")
    listed = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(names.get(kind, "true") for kind in listed)


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema["definitions"][name] if name else part
    return found


def _calls(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The path, method and description of each call."""
    base = urlsplit(document["servers"][0]["url"]).path.rstrip("/")
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield base + path, method, item[method]


def _call(path: str, method: str, call: dict[str, Any]) -> tuple[str, ...]:
    query = _codes(taken["name"] for taken in call.get("parameters", ()) if "name" in taken)
    body = "a body" if "requestBody" in call else ""
    takes = ", ".join(filter(None, (query, body)))
    return f"`{method.upper()} {path}`", call["summary"], takes, ", ".join(call["responses"])


def _table(columns: str, rows: Any) -> str:
    """A table in Markdown; the names of its columns stand between bars."""
    bars = f"|{'---|' * len(columns.split('|'))}"
    cells = (" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows)
    return "\n".join([f"| {columns} |", bars, *(f"| {row} |" for row in cells)])


def _plain(text: str) -> str:
    """A text without signs of Markdown."""
    return text.replace("_", "\\_").replace("<", "\\<")


def _codes(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def stale(made: dict[str, str]) -> list[str]:
    """The pages whose text on disk is another one."""
    return [name for name in made if (DOCS / name).read_text("utf-8") != made[name]]


if __name__ == "__main__":
    texts = pages()
    if "--check" in sys.argv:
        sys.exit(", ".join(stale(texts)) or None)
    for name, text in texts.items():
        (DOCS / name).parent.mkdir(exist_ok=True)
        (DOCS / name).write_text(text, "utf-8")
