"""`adjourn-conformance export FORMAT`: the contract in other formats."""

from collections.abc import Callable
from pathlib import Path

import click

from ..config.options import FILE, contract_option
from ..config.settings import UsageError
from ..contract.document import Contract
from ..export.arazzo import arazzo
from ..export.asyncapi import asyncapi
from ..export.bruno import bruno
from ..export.http import http
from ..export.mermaid import mermaid
from ..export.openapi import openapi
from ..export.postman import postman
from ..export.view import View

FORMATS: dict[str, Callable[[Contract], View]] = {
    view.__name__: view for view in (arazzo, asyncapi, bruno, http, mermaid, openapi, postman)
}


@click.command("export")
@click.argument("format", type=click.Choice(sorted(FORMATS)))
@click.option("--out", type=FILE, help="A folder to write to. Default: print it.")
@contract_option
def command(format: str, out: Path | None, contract: Path) -> None:
    """Turn the contract into another format, and say what that leaves out."""
    view = FORMATS[format](Contract(contract))
    if out is None and len(view.files) > 1:
        raise UsageError(f"{format} is made of {len(view.files)} files; --out says where to")
    for name, text in view.files.items():
        if out is None:
            click.echo(text, nl=False)
            continue
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        click.echo(f"wrote {file}")
    for part in view.left_out:
        click.echo(f"left out: {part}", err=True)
