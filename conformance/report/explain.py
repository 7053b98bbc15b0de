"""What a rule says, where it comes from and how it is checked: `adjourn-conformance explain`."""

import inspect
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..config.program import PROGRAM
from ..config.settings import UsageError
from ..contract.areas import AREAS, address, by_area
from ..contract.document import Contract, find_contract
from ..contract.rules import TOLD, Rule
from ..contract.words import did_you_mean
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
    given = {name: getattr(rule, name) for name in TOLD[1:]} | {"of": ", ".join(rule.members)}
    return ", ".join([rule.kind, *(f"{name} {words}" for name, words in given.items() if words)])


def _given(contract: Contract) -> str:
    """The option that names a contract of the reader's own."""
    own = contract.path != find_contract()
    return f" --contract {shlex.quote(str(contract.path))}" if own else ""


def _checks(contract: Contract, rule: Rule) -> Iterator[str]:
    """The check, how it is run alone, and its code; then the one that looks on, if any."""
    check = all_checks(contract).get(rule.id)
    looking_on = exchange_checks(contract).get(rule.id)
    if check:
        yield (
            f"check       {_place(check.function)}\n"
            f"cost        sessions: {check.cost.sessions}, turns: {check.cost.turns}, at most\n"
            f"run alone   {PROGRAM}{_given(contract)} --profile {check.pack} --rule {rule.id}"
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
