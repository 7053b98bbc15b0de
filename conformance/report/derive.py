"""The rules that a declaration implies, and that a contract does not hold yet."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import click
import yaml

from ..config.options import contract_option
from ..contract.areas import area_of
from ..contract.consistency import contradictions
from ..contract.definition import Definition
from ..contract.document import Contract, find_contract
from ..contract.parts import Json
from ..contract.rules import TOLD, Rule
from ..contract.words import Defect, listed

SOURCE = "contract"
STATUSES = re.compile(r"(?<=with )\d{3}(?:(?:, | or )\d{3})*")
UNPAIRED = ("operations", "filters", "fixed", "outcome")  # which are named otherwise
PLAIN = ("AUTH", "ERR", "HTTP")  # areas that speak of no member of the resource


def implied(contract: Contract, known: Contract) -> list[Json]:
    """What the `known` contract demands of things that this one has too and no such rule of, in
    the words of this one."""
    words = Words(contract, known)
    held = {_told(**vars(rule)) for rule in contract.rules.values() if rule.kind}
    lacking = (one for one in known.rules.values() if one.id not in contract.rules)
    made = [words.rule(rule) for rule in lacking if not rule.unchecked]
    fresh = [rule for rule in made if rule and _told(**rule) not in held]
    for find in (Definition().not_executed, contradictions):
        refused = _refused(contract, fresh, find)
        fresh = [rule for place, rule in enumerate(fresh) if place not in refused]
    return fresh


def _refused(
    contract: Contract, rules: list[Json], find: Callable[[Json], Iterator[Defect]]
) -> set[int | str]:
    """The places of rules that are about what the contract does not have."""
    sources = {**contract.resolved["x-sources"], SOURCE: ""}
    document = {**contract.resolved, "x-rules": rules, "x-sources": sources}
    return {defect.steps[1] for defect in find(document) if defect.steps[0] == "x-rules"}


class Words:
    """What one contract calls the things of another one."""

    def __init__(self, contract: Contract, known: Contract) -> None:
        self.contract, self.known = contract, known
        own, its = contract.resolved["x-resource"], known.resolved["x-resource"]
        of_operations = ((its["operations"][role], id) for role, id in own["operations"].items())
        self.operations: dict[str, str] = dict(of_operations)
        begun, ended = known.lifecycle.initial, known.lifecycle.ended
        self.states = {begun: contract.lifecycle.initial, ended: contract.lifecycle.ended}
        self.names = {**dict(_pairs(its, own)), **self.states}
        for member, parameter in known.resource.filtering.items():
            if own_parameter := contract.resource.filtering.get(self.names.get(member, "")):
                self.names[parameter] = own_parameter
        for one in known.resource.searched.by_parameter.values():
            member = self.names.get(one.member, "")
            if own_parameter := contract.resource.searched.parameter(member, one.how):
                self.names[one.parameter] = own_parameter

    def rule(self, rule: Rule) -> Json | None:
        """The rule as it is of this contract; None where it speaks of what is not there."""
        operations = [self.operations[id] for id in rule.operations if id in self.operations]
        alike = {name: name for id in operations for name in self.contract.taken(id)}
        names = alike | self.names
        members = [names[name] for name in rule.members if name in names]
        unknown = {rule.by, rule.when} - {"", *self.contract.lifecycle.causes}
        if self.contract.reopening and rule.given and rule.kind in ("reachable", "immutable"):
            return None  # what is said of an end, as if it were for ever
        if not operations or len(members) < len(rule.members) or unknown:
            return None
        made = {
            "id": rule.id,
            "level": "MAY" if rule.level == "MAY" else "SHOULD",
            "evidence": "project",
            "source": SOURCE,
            "operations": operations,
            "text": self._text(rule),
            "needs": [*rule.needs],
            **{word: getattr(rule, word) for word in TOLD},
            "given": self.states.get(rule.given, ""),
            "members": members,
        }
        return {word: value for word, value in made.items() if value}

    def _text(self, rule: Rule) -> str:
        """Its sentence with the names and the statuses of this contract."""
        text = STATUSES.sub(self._statuses, rule.text)
        if area_of(rule.id) in PLAIN:
            return text
        names = "|".join(sorted(map(re.escape, self.names), key=len, reverse=True))
        return re.sub(rf"\b({names})\b", lambda found: self.names[found[0]], text)

    def _statuses(self, found: re.Match[str]) -> str:
        """The statuses of the same refusal."""
        told = {int(status) for status in re.findall(r"\d+", found[0])}
        for reason, statuses in self.known.resource.refusals.items():
            own = self.contract.resource.refusals.get(reason)
            if own and told == {*statuses}:
                return listed([*map(str, own)])
        return found[0]


def _told(**rule: Any) -> tuple[Any, ...]:
    """What a rule of a kind is told; of which operations where it is about no event."""
    words = [rule.get(word) or "" for word in TOLD]
    return *words, *(rule.get("members") or ()), *(() if rule.get("when") else rule["operations"])


def _pairs(known: Any, own: Any) -> Iterator[tuple[str, str]]:
    """Each name of the one beside that of the other."""
    for role, name in known.items():
        has = own.get(role)
        if isinstance(name, dict) and isinstance(has, dict) and role not in UNPAIRED:
            yield from _pairs(name, has)
        elif isinstance(name, str) and isinstance(has, str):
            yield name, has


@click.command("derive")
@contract_option
def command(contract: Path) -> None:
    """Print the rules that a contract implies and `x-rules` lacks, as YAML to paste there.

    They say SHOULD, as nobody but the project has said so: raise what a source of yours says.
    """
    own = Contract(contract)
    rules = implied(own, Contract(find_contract()))
    if rules:
        made = yaml.safe_dump(
            rules, default_flow_style=None, sort_keys=False, allow_unicode=True, width=1000
        )
        click.echo(indent(made, "  "), nl=False)
    if rules and SOURCE not in own.resolved["x-sources"]:
        click.echo(f"x-sources lacks {SOURCE}: the paths and schemas of this file", err=True)
    click.echo(f"rules more: {len(rules)}, there already: {len(own.rules)}", err=True)
