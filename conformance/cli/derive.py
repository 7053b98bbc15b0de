"""`adjourn-conformance derive`: rules to paste."""

from pathlib import Path
from textwrap import indent

import click
import yaml

from ..config.options import contract_option
from ..contract.document import Contract, find_contract
from ..report.derive import SOURCE, implied


@click.command("derive")
@contract_option
def command(contract: Path) -> None:
    """Print the rules that a contract implies and `x-rules` lacks, as YAML to paste there.

    They say SHOULD, as nobody but the project has said so: raise what a source of yours says.
    """
    own = Contract(contract)
    rules = [*implied(own, Contract(find_contract()))]
    if rules:
        made = yaml.safe_dump(
            rules, default_flow_style=None, sort_keys=False, allow_unicode=True, width=1000
        )
        click.echo(indent(made, "  "), nl=False)
    if rules and SOURCE not in own.spec["x-sources"]:
        click.echo(f"x-sources lacks {SOURCE}: the paths and schemas of this file", err=True)
    click.echo(f"rules more: {len(rules)}, there already: {len(own.rules)}", err=True)
