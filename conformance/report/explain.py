"""What a rule says, where it comes from and how it is checked: `adjourn-conformance explain`.

`python -m conformance.report.explain --write-docs` writes `docs/rules.md` from the contract.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..config.program import PROGRAM
from ..config.settings import UsageError
from ..contract.areas import AREAS, address, area_of, by_area
from ..contract.document import Contract, find_contract
from ..contract.nearest import did_you_mean
from ..contract.rules import Rule
from ..registry import all_checks, exchange_checks, pack_of

PACKAGE = Path(__file__).parents[1]


def explain(contract: Contract, id: str) -> str:
    """Everything about one rule. Raises UsageError with the nearest ids for an unknown one."""
    rule = contract.rules.get(id.upper())
    if rule is None:
        hint = did_you_mean(id.upper(), contract.rules, "--list shows them all")
        raise UsageError(f"the contract has no rule {id!r}; {hint}")
    parts = [f"{rule.id}  {rule.text}", "\n".join(_facts(contract, rule)), *_checks(contract, rule)]
    return "\n\n".join(parts)


def rule_list(contract: Contract) -> Iterator[str]:
    """Every rule in one line, by area, in columns."""
    for area, ids in by_area(contract.rules).items():
        yield f"{AREAS.get(area, area)}"
        for id in ids:
            rule = contract.rules[id]
            pack = pack_of(contract, id) or "-"
            yield f"  {id:<9}{rule.level:<8}{rule.evidence:<10}{pack:<11}{rule.text}"
        yield ""


def catalogue(contract: Contract) -> str:
    """`docs/rules.md`: every rule of the contract, by area, and every source."""
    parts = [
        "# Rules",
        "What a deployment is judged by: made from `x-rules` of `openapi.yaml` by"
        " `python -m conformance.report.explain --write-docs`.",
        "A broken `MUST` makes a run non-conformant, a broken `SHOULD` warns, and a `MAY` is only"
        " recorded. An `explicit` rule is said by its source, an `inferred` one follows from it,"
        " and a `project` one is this contract's own. *Needs* is what the suite must be given to"
        " check the rule. `adjourn-conformance explain RULE-ID` tells how one is checked.",
    ]
    for area, ids in by_area(contract.rules).items():
        parts += [f"## {AREAS.get(area, area)}", _table(contract, ids)]
    return "\n\n".join([*parts, "## Sources", _sources(contract)]) + "\n"


def docs_path(contract: Contract) -> Path:
    """Where the catalogue lies in a checkout: beside the contract, under `docs`."""
    return contract.path.parent / "docs" / "rules.md"


def _facts(contract: Contract, rule: Rule) -> Iterator[str]:
    yield f"level       {rule.level}"
    yield f"evidence    {rule.evidence}"
    yield f"source      {rule.source}: {address(contract, rule.source)}"
    yield f"operations  {', '.join(rule.operations)}"
    yield f"needs       {', '.join(rule.needs) or 'nothing'}"
    yield f"pack        {pack_of(contract, rule.id) or 'none'}"
    if rule.kind:
        yield f"kind        {_kind(rule)}"
    yield f"contract    {contract.path.name}:{rule.line}"
    if rule.unchecked:
        yield f"unchecked   {rule.unchecked}"


def _kind(rule: Rule) -> str:
    """The kind of a rule and what it is told, as the contract has it."""
    given = {"given": rule.given, "by": rule.by, "when": rule.when, "of": ", ".join(rule.members)}
    return ", ".join([rule.kind, *(f"{name} {words}" for name, words in given.items() if words)])


def _checks(contract: Contract, rule: Rule) -> Iterator[str]:
    """The check, how it is run alone, and its code; then the one that looks on, if any."""
    check = all_checks(contract).get(rule.id)
    looking_on = exchange_checks(contract).get(rule.id)
    if check:
        yield (
            f"check       {_place(check.function)}\n"
            f"cost        sessions: {check.sessions}, turns: {check.turns}, at most\n"
            f"run alone   {PROGRAM} --profile {check.pack} --rule {rule.id}"
        )
        yield _code(check.function)
    if looking_on:
        also = "also " if check else ""
        yield (
            f"check       {_place(looking_on.function)}\n"
            f"            {also}judged on every exchange of every run\n"
            f"run         {PROGRAM} --profile {pack_of(contract, rule.id)}"
        )
        yield _code(looking_on.function)
    if not (check or looking_on):
        yield "check       none"


def _place(function: Callable[..., Any]) -> str:
    file = Path(inspect.getfile(function)).relative_to(PACKAGE.parent)
    return f"{file.as_posix()}:{inspect.getsourcelines(function)[1]}"


def _code(function: Callable[..., Any]) -> str:
    lines, _ = inspect.getsourcelines(function)
    return "".join(f"    {line}" for line in lines).rstrip()


def _table(contract: Contract, ids: list[str]) -> str:
    lines = ["| rule | text | level | evidence | pack | needs |", "|---|---|---|---|---|---|"]
    lines += [_row(contract, contract.rules[id]) for id in ids]
    return "\n".join(lines)


def _row(contract: Contract, rule: Rule) -> str:
    text = rule.text + (f" *Not checked: {rule.unchecked}.*" if rule.unchecked else "")
    needs = ", ".join(need.replace("_", " ") for need in rule.needs)
    evidence = f"{rule.evidence}, [{rule.source}](#sources)"
    escaped = text.replace("|", "\\|").replace("_", "\\_").replace("<", "\\<")
    pack = pack_of(contract, rule.id) or ""
    cells = (rule.id, escaped, rule.level, evidence, pack, needs)
    return f"| {' | '.join(cells)} |"


def _sources(contract: Contract) -> str:
    lines = ["| source | where | areas |", "|---|---|---|"]
    for name in contract.spec["x-sources"]:
        of = [rule.id for rule in contract.rules.values() if rule.source == name]
        areas = ", ".join(dict.fromkeys(map(area_of, of)))
        lines.append(
            f"| {name} | {address(contract, name)} | {f'{len(of)}: {areas}' if of else 0} |"
        )
    return "\n".join(lines)


def main() -> None:
    if sys.argv[1:] != ["--write-docs"]:
        sys.exit(f"usage: python -m {__package__}.explain --write-docs")
    contract = Contract(find_contract())
    path = docs_path(contract)
    path.parent.mkdir(exist_ok=True)
    path.write_text(catalogue(contract), encoding="utf-8")
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
