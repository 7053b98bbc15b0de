"""Ends what a crashed run left open, and nothing that is not proved to be its own.

A session is proved by the run's ledger, which names its id, or by its channel, which begins
with the run's tag, where the ledger or the user names that run.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import click

from ..config.options import CONNECTION, FILE, options
from ..config.redaction import redacted
from ..config.settings import Config, UsageError
from ..config.sources import load_config
from ..contract.document import Contract, find_contract
from ..judging.evidence import Evidence
from ..judging.outcomes import Blocked
from ..judging.verdict import EXIT_CODES
from ..judging.watch import Watch
from ..target.api import Api
from ..target.client import Client
from ..target.ledger_file import TAG, LedgerRecord, ledger_files, read_ledger, unlocked
from .cleanup import open_sessions

TAGGED = re.compile(rf"({TAG.pattern})-\d+(-\w+)*")


@dataclass
class Sweep:
    """What was ended, what was final or gone already, what could not be ended, and how many
    active sessions of other runs were left alone, by tag."""

    api: Api
    ended: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    def sweep(self, ids: list[str], tags: set[str]) -> None:
        """End these sessions and the active ones of these runs. Blocked where the target does
        not list its sessions."""
        names = self.api.resource
        listed = [*open_sessions(self.api)] if names.channel else []
        for id in ids:
            self._end(id)
        for item in listed:
            tagged = TAGGED.fullmatch(str(item.get(names.channel)))
            if not tagged or names.final(item):
                continue
            if tagged[1] in tags:
                self._end(item[names.id])
            else:
                self.others[tagged[1]] += 1

    def _end(self, id: str) -> None:
        if id in self.ended or id in self.settled:
            return
        self.api.client.ledger.note_open(id)
        try:
            sight, final = self.api.get(id), self.api.resource.final
            if sight.status == 404 or final(sight.session):
                self.settled.append(id)
                return
            ended = final(self.api.end(id, note=f"sweep of {self.api.run}").session)
            (self.ended if ended else self.failed).append(id)
        except Blocked:
            self.failed.append(id)


@click.command("sweep")
@click.option("--target", help="Base URL of the deployment. Default: the ledger's.")
@click.option("--run", "tag", help="Only this run, by its tag; also where its ledger is lost.")
@click.option("--ledger", type=FILE, help="The ledger of the crashed run.")
@click.option(
    "--allow-writes", is_flag=True, default=None, help="Consent to a target off loopback."
)
@click.option("--rate", type=float, help="Requests a second at most. Default: no limit.")
@options("contract", *CONNECTION)
def command(tag: str | None, **flags: Any) -> None:
    """End the sessions that a crashed run left open.

    Exit code 0: all are ended; 1: some could not be; 3: the target could not be asked.
    """
    if tag and not TAG.fullmatch(tag):
        raise UsageError(f"--run {tag!r} is no tag of a run; those look like conf-0123abcd")
    config = load_config(flags, None)
    with ExitStack() as stack:
        records = list(_free(_records(config, tag), tag, stack))
        if config.ledger and records:
            config = replace(config, target=records[0].target)
        _consent(config)
        sys.exit(_sweep(config, records, {tag} if tag else set()))


def _records(config: Config, tag: str | None) -> Iterator[LedgerRecord]:
    """The ledgers that are meant: the given one, or those of the cache for this target."""
    target = config.target.rstrip("/") if config.target else None
    if config.ledger:
        record = read_ledger(config.ledger)
        if target not in (None, record.target):
            raise UsageError(
                f"{config.ledger} is of {record.target}: its ids mean nothing to {target}"
            )
        yield record
        return
    for path in ledger_files():
        try:
            record = read_ledger(path)
        except UsageError as error:
            click.echo(f"skipped   {error}")
            continue
        if record.target == target and tag in (None, record.run):
            yield record


def _free(
    records: Iterator[LedgerRecord], tag: str | None, stack: ExitStack
) -> Iterator[LedgerRecord]:
    """Those whose run is dead; a live one ends its sessions itself."""
    for record in records:
        if stack.enter_context(unlocked(record.path)):
            yield record
        elif tag:
            raise UsageError(f"the run {tag} is still alive, and ends its sessions itself")
        else:
            click.echo(f"alive     {record.run}: left alone")


def _consent(config: Config) -> None:
    if not config.target:
        raise UsageError("--target says where to sweep")
    if not config.loopback and not config.allow_writes:
        raise UsageError(f"{config.target} is not this machine: --allow-writes consents to it")


def _sweep(config: Config, records: list[LedgerRecord], tags: set[str]) -> int:
    contract = Contract(config.contract or find_contract())
    if tags and not contract.resource.channel and not records:
        raise UsageError("no channel tells a run's sessions; give its ledger by --ledger")
    client = Client(config, Watch(contract, ()), Evidence())
    swept = Sweep(Api(client, "sweep"))
    ids = [id for record in records for id in record.left_open]
    try:
        swept.sweep(ids, tags | {record.run for record in records})
    except Blocked as cause:
        click.echo(redacted(f"sweep     stopped: {cause}", config.secrets))
        return EXIT_CODES["inconclusive"]
    finally:
        client.close()
    _print(swept)
    if not swept.failed:
        for record in records:
            record.path.unlink(missing_ok=True)
    return 1 if swept.failed else 0


def _print(swept: Sweep) -> None:
    for id in swept.ended:
        click.echo(f"ended     {id}")
    for id in swept.failed:
        click.echo(f"failed    {id}")
    click.echo(
        f"sweep     {len(swept.ended)} ended, {len(swept.settled)} were final or gone already,"
        f" {len(swept.failed)} could not be ended"
    )
    for tag, count in swept.others.items():
        click.echo(f"others    {count} active of {tag}, left alone; --run {tag} ends them")
