"""What a command line asks for, from its settings to its reports; pytest's too."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Self

import click

from ..config.profiles import PROFILES
from ..config.redaction import redacted
from ..config.settings import Config, UsageError
from ..config.sources import load_config
from ..contract.document import Contract, find_contract
from ..contract.parts import base_path
from ..report.compare import load_report
from ..report.model import FILES, build, discard, write
from ..report.terminal import print_findings, print_plan, print_settings, print_verdict
from ..run.baseline import PLACEHOLDER, Known, baseline_text, load_baseline, mark, save
from ..run.plan import Plan
from ..run.replay import Replay, replay_of
from ..run.run import Progress, Run
from ..target.interrupt import warn_first
from ..target.listener import Listener
from .embedded import embedded_mock


@dataclass(frozen=True)
class Job:
    """One run that is asked for, and the known failures that it is held against."""

    config: Config
    contract: Contract
    replay: Replay | None
    known: dict[str, Known]

    @classmethod
    def of(cls, flags: Mapping[str, Any], config_file: Path | None) -> Self:
        config = load_config(flags, config_file)
        contract = Contract(config.contract or find_contract())
        replay = None
        if config.replay:
            replay = replay_of(load_report(config.replay), contract, config.rules)
        config = replace(config, **replay.settings(config)) if replay else config
        return cls(config, contract, replay, _known(config, contract))

    def print_plan(self, *, every_setting: bool) -> None:
        plan = Plan(self.config, self.contract, self.replay)
        print_settings(self.config, changed=not every_setting)
        print_plan(plan)

    def require_consent(self) -> None:
        """Raise UsageError where a target elsewhere would be written to, and nobody said so."""
        config = self.config
        if not config.loopback and not (config.allow_writes or config.read_only):
            raise UsageError(
                f"{config.target} is not this machine: --allow-writes consents to the plan above,"
                " --read-only runs without writing"
            )

    @contextmanager
    def started(self, progress: Progress, say: Callable[[str], None]) -> Iterator[Run]:
        """A run that can be executed. What can be wrong with files is found first."""
        config, embedded = self.config, self.config.target is None
        _check_files(config)
        if config.report:
            discard(config.report, config.replay)
        with ExitStack() as stack:
            listener = _listener(config, self.contract, stack)
            if listener and not config.webhook_listen:
                config = replace(config, webhook_listen=listener.address)
            if embedded:
                url = listener.url if listener else None
                path = base_path(self.contract.spec)
                config = stack.enter_context(embedded_mock(config, path, url))
            yield Run(
                config,
                self.contract,
                progress,
                lambda text: say(redacted(text, config.secrets)),
                embedded,
                listener=listener,
                replay=self.replay,
            )

    def conclude(self, run: Run) -> int:
        """Print and write what a run that has ended found; gives the exit code."""
        config = self.config
        with warn_first(partial(click.echo, "writing the report; once more to give up", err=True)):
            report = build(run)
            if config.baseline:
                report = mark(report, config.baseline, self.known, self.contract, date.today())
            files, unreported = _write(report, config)
            unwritten = save(config.write_baseline, baseline_text(report, self.known))
        if run.traceback:
            click.echo(redacted(run.traceback, run.config.secrets), err=True)
        click.echo()
        print_findings(report)
        print_verdict(report)
        for file in files:
            click.echo(f"report    {file}")
        if unreported:
            click.echo(f"conformance: {unreported}", err=True)
        if unwritten:
            raise UsageError(unwritten)
        if config.write_baseline:
            click.echo(f"baseline  {config.write_baseline}; fill in what says {PLACEHOLDER}")
        return int(report["exit_code"])


def _known(config: Config, contract: Contract) -> dict[str, Known]:
    """The failures of the baseline; none before the run that writes it for the first time."""
    file = config.baseline
    if file is None or (_same(file, config.write_baseline) and not file.exists()):
        return {}
    return load_baseline(file, contract)


def _write(report: dict[str, Any], config: Config) -> tuple[list[Path], str]:
    """The files of the report, and why there are none: the verdict is told all the same."""
    try:
        return (write(report, config.report) if config.report else []), ""
    except OSError as error:
        return [], f"cannot write the report {config.report}: {error.strerror}"


def _same(one: Path | None, other: Path | None) -> bool:
    return one is not None and other is not None and one.resolve() == other.resolve()


def _check_files(config: Config) -> None:
    """Before the run, so that no run is lost to a wrong path."""
    written = config.write_baseline
    if written and written.exists() and not _same(written, config.baseline):
        raise UsageError(f"{written} exists; --baseline {written} keeps what still holds of it")
    if written:
        _expect_writable(written, "--write-baseline")
    for name in FILES if config.report else ():
        _expect_writable(Path(config.report or "", name), "--report")


def _expect_writable(file: Path, option: str) -> None:
    """Make its folder. Raises UsageError where the file cannot be written, or not put there."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {file.parent}: {error.strerror}; check {option}") from error
    places = (file.parent, file) if file.exists() else (file.parent,)
    if file.is_dir() or not all(os.access(place, os.W_OK) for place in places):
        raise UsageError(f"cannot write {file}; check {option}")


def _listener(config: Config, contract: Contract, stack: ExitStack) -> Listener | None:
    """Where the target's webhooks are received: as told, or for the embedded mock any port."""
    address = config.webhook_listen or (None if config.target else "127.0.0.1:0")
    if (
        "x-webhooks" not in contract.spec
        or not address
        or not any("webhooks" in PROFILES[name] for name in config.profile)
    ):
        return None
    listener = Listener(address, config.webhook_url)
    stack.callback(listener.close)
    return listener
