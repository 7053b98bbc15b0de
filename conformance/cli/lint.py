"""The contract's lint: `adjourn-conformance lint`, `python -m conformance.cli.lint`.

Every problem is one line that names its place in the contract and the cure.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ..config.options import HELP, contract_option
from ..config.settings import UsageError
from ..contract.defects import defects
from ..contract.definition import Definition
from ..contract.document import Contract, find_contract
from ..contract.pointer import pointer
from ..contract.references import Document
from ..contract.source import ContractError


def problems(path: Path) -> list[str]:
    """Every problem of a contract; of the project's own also those of its rules."""
    try:
        document = Document(path)
    except ContractError as error:
        return [str(error)]
    if found := defects(document):
        return list(dict.fromkeys(str(document.error(defect)) for defect in found))
    contract = Contract(path)
    checks = (_append_only, _unchecked) if path == find_contract() else ()
    return [problem for check in (_specification, *checks) for problem in check(contract)]


def _specification(contract: Contract) -> Iterator[str]:
    from openapi_spec_validator import OpenAPIV30SpecValidator  # takes a second to import

    for error in OpenAPIV30SpecValidator(contract.spec).iter_errors():
        place = pointer(error.absolute_path) or "/"
        yield f"{contract.path}, at {place}: {error.message.splitlines()[0]}"


def _append_only(contract: Contract) -> Iterator[str]:
    """Ids are never removed; `contract.schema.json` keeps how many each area has had."""
    for area, count in Definition().schema["ids"].items():
        for id in (f"{area}-{number:02}" for number in range(1, count + 1)):
            if id not in contract.rules:
                cure = "an id stays for ever (mark it unchecked instead)"
                yield f"/x-rules: {id} was removed; {cure}"


def _unchecked(contract: Contract) -> Iterator[str]:
    for rule in contract.rules.values():
        if rule.kind and rule.unchecked:
            yield f"openapi.yaml:{rule.line}: {rule.id} has a check and a reason to have none"


@click.command("lint", context_settings=HELP)
@contract_option
def command(contract: Path) -> None:
    """Say what is wrong with a contract, and where.

    Exit code 0: nothing; 1: something; 2: there is no such file.
    """
    if not os.path.exists(contract):  # which no name is too long for
        raise UsageError(f"{contract}: there is no such file; check --contract")
    found = problems(contract)
    for problem in found:
        click.echo(problem)
    if found:
        many = "problem" if len(found) == 1 else "problems"
        click.echo(f"{len(found)} {many} in the contract", err=True)
        sys.exit(1)
    click.echo("the contract is sound, and its parts, its examples and its rules agree")


if __name__ == "__main__":
    command()
