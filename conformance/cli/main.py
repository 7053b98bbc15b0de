"""The command line: `python -m conformance`, `adjourn-conformance`."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from .. import __version__
from ..config.options import CONNECTION, FILE, FLAG, Attributes, options
from ..config.profiles import PROFILES
from ..config.redaction import redacted
from ..config.settings import Config, UsageError
from ..config.sources import load_config
from ..contract.document import Contract, ContractError, find_contract
from ..judging.verdict import EXIT_CODES, USAGE_ERROR
from ..report.compare import command as compare_command
from ..report.compare import load_report
from ..report.explain import explain, rule_list
from ..report.model import FILES, build, discard, write
from ..report.terminal import Marks, print_findings, print_plan, print_settings, print_verdict
from ..run.baseline import PLACEHOLDER, Known, baseline_text, load_baseline, mark, save
from ..run.execute import execute
from ..run.plan import selected_checks
from ..run.replay import Replay, replay_of, settings
from ..run.run import Run
from ..run.sweep import command as sweep_command
from ..target.interrupt import install_handlers, warn_first
from ..target.listener import Listener
from .embedded import embedded_mock
from .output import colour, prepare

EPILOG = """\b
Exit codes:
  0  conformant: every MUST of the selected packs was evaluated and holds
  1  non-conformant: a MUST is broken (with --strict, a SHOULD too), or the baseline is stale
  2  usage: the run was asked for in a way that cannot be followed
  3  inconclusive: a selected MUST could not be evaluated
  4  harness-fault: the suite itself failed

Keys come from the environment alone: CONFORMANCE_TOKEN, and CONFORMANCE_SECOND_TOKEN for a
second organisation. Every other option but --config, --list and --plan may be given as
CONFORMANCE_<OPTION> or in the --config file too; a flag wins over the environment, the
environment over the file."""


OPTIONS: list[Attributes] = [
    (("--target",), {"help": "Base URL of the deployment; without it, a mock is started."}),
    *CONNECTION,
    (("--agent",), {"help": "A plain agent of the target."}),
    (("--tool-agent",), {"help": "An agent that calls a tool in every turn."}),
    (("--closing-agent",), {"help": "An agent that finishes when sent the closing text."}),
    (("--closing-text",), {"help": "What makes the closing agent finish."}),
    (("--disabled-agent",), {"help": "An agent that is disabled."}),
    (("--profile",), {"help": f"Packs, by comma: {', '.join(PROFILES)}. Default: core."}),
    (("--rule", "rules"), {"multiple": True, "help": "Only this rule; may be repeated."}),
    (("--report",), {**FILE, "help": "Write the reports into this directory."}),
    (("--seed",), {"type": int, "help": "Seed of everything that is generated. Default: 1."}),
    (("--strict",), {**FLAG, "help": "A broken SHOULD fails too."}),
    (("--allow-writes",), {**FLAG, "help": "Consent to writing to a target off loopback."}),
    (("--read-only",), {**FLAG, "help": "Only checks that read."}),
    (("--webhook-listen",), {"help": "HOST:PORT that the target sends its webhooks to."}),
    (("--webhook-url",), {"help": "Where the target sends them, if that is another address."}),
    (("--ttl-grace",), {"type": float, "help": "Seconds a timeout may be late. Default: 75."}),
    (("--index-wait",), {"type": float, "help": "Seconds for a call result. Default: 15."}),
    (("--webhook-wait",), {"type": float, "help": "Seconds for a webhook. Default: 90."}),
    (("--rate",), {"type": float, "help": "Requests a second; a race sends its own at once."}),
    (("--max-sessions",), {"type": int, "help": "Sessions at most. Default: as planned."}),
    (("--max-turns",), {"type": int, "help": "Turns at most. Default: as planned."}),
    (("--max-requests",), {"type": int, "help": "Requests at most. Default: as planned."}),
    (("--max-seconds",), {"type": float, "help": "Seconds after which no request is sent."}),
    (("--max-concurrency",), {"type": int, "help": "Requests at a time at most. Default: 8."}),
    (("--repeats",), {"type": int, "help": "Runs more of what has failed. Default: 2."}),
    (("--baseline",), {**FILE, "help": "A TOML file of known failures."}),
    (("--write-baseline",), {**FILE, "help": "Write this run's failures as a baseline."}),
    (("--replay",), {**FILE, "help": "Tell a conformance.json's traces again."}),
    (("--ledger",), {**FILE, "help": "Where to note what is opened."}),
    (("--verbose",), {**FLAG, "help": "Print every setting in force."}),
    (("--config", "config_file"), {**FILE, "help": "A TOML file with the same keys."}),
    (("--list", "list_rules"), {"is_flag": True, "help": "List every rule and stop."}),
    (("--plan", "plan_only"), {"is_flag": True, "help": "Print the plan and stop."}),
]  # fmt: skip


def main() -> None:
    """Run the command line. Never shows a traceback for a mistake of the user's."""
    install_handlers()
    prepare()
    try:
        command.main(standalone_mode=False, color=colour())
    except click.UsageError as error:
        _stop(f"{error.format_message()} (--help shows the options)", USAGE_ERROR)
    except (UsageError, ContractError) as error:
        _stop(str(error), USAGE_ERROR)
    except (click.Abort, KeyboardInterrupt):
        _stop("interrupted", EXIT_CODES["inconclusive"])
    except Exception:  # a fault of the suite's own must never look like the target's
        traceback.print_exc()
        _stop("the suite itself failed, as above", EXIT_CODES["harness-fault"])


def _stop(message: str, code: int) -> None:
    click.echo(f"conformance: {message}", err=True)
    sys.exit(code)


@click.group(
    epilog=EPILOG,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@options(OPTIONS)
@click.version_option(__version__, prog_name="adjourn-conformance")
@click.pass_context
def command(
    context: click.Context,
    /,
    config_file: Path | None,
    list_rules: bool,
    plan_only: bool,
    **flags: Any,
) -> None:
    """Judge a deployment of the Chats API against openapi.yaml, over HTTP alone."""
    if context.invoked_subcommand:
        _refuse_lost(context)
        return
    contract = Contract(find_contract())
    if list_rules:
        click.echo("\n".join(rule_list(contract)))
        return
    config = load_config(flags, config_file)
    replay = _replay(config)
    config = replace(config, **settings(config, replay)) if replay else config
    known = _known(config, contract)
    checks = selected_checks(config, contract)
    print_settings(config, changed=not (config.verbose or plan_only))
    print_plan(config, contract, checks, replay)
    if plan_only:
        return
    if not config.loopback and not (config.allow_writes or config.read_only):
        raise UsageError(
            f"{config.target} is not this machine: --allow-writes consents to the plan above,"
            " --read-only runs without writing"
        )
    sys.exit(_judge(config, contract, replay, known))


command.add_command(compare_command)
command.add_command(sweep_command)


@command.command("explain")
@click.argument("rule", metavar="RULE-ID")
def explain_rule(rule: str) -> None:
    """Say what a rule demands, where it comes from and how it is checked."""
    click.echo(explain(Contract(find_contract()), rule))


def _refuse_lost(context: click.Context) -> None:
    """Options before a subcommand are not the subcommand's, and would be lost."""
    for parameter in context.command.params:
        name = parameter.name or ""
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option, subcommand = parameter.opts[0], context.invoked_subcommand
            raise UsageError(
                f"{option} stands before {subcommand}, which does not get it; give the options"
                f" of {subcommand} behind it"
            )


def _known(config: Config, contract: Contract) -> dict[str, Known]:
    """The failures of the baseline; none before the run that writes it for the first time."""
    file = config.baseline
    if file is None or (_same(file, config.write_baseline) and not file.exists()):
        return {}
    return load_baseline(file, contract)


def _judge(
    config: Config, contract: Contract, replay: Replay | None, known: dict[str, Known]
) -> int:
    """Run, print and write; gives the exit code. What can be wrong with files is found first."""
    _check_files(config)
    if config.report:
        discard(config.report, config.replay)
    run = _run(config, contract, replay)
    with warn_first(partial(click.echo, "writing the report; once more to give up", err=True)):
        report = build(run)
        if config.baseline:
            report = mark(report, config.baseline, known, contract, date.today())
        files, unreported = _write(report, config)
        unwritten = save(config.write_baseline, baseline_text(report, known))
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


def _write(report: dict[str, Any], config: Config) -> tuple[list[Path], str]:
    """The files of the report, and why there are none: the verdict is told all the same."""
    try:
        return (write(report, config.report) if config.report else []), ""
    except OSError as error:
        return [], f"cannot write the report {config.report}: {error.strerror}"


def _same(one: Path | None, other: Path | None) -> bool:
    return one is not None and other is not None and one.resolve() == other.resolve()


def _run(config: Config, contract: Contract, replay: Replay | None) -> Run:
    """A run that has ended."""
    embedded = config.target is None
    with ExitStack() as stack:
        listener = _listener(config, stack)
        if listener and not config.webhook_listen:
            config = replace(config, webhook_listen=listener.url)
        if embedded:
            config = stack.enter_context(embedded_mock(config, listener.url if listener else None))
        run = Run(
            config,
            contract,
            Marks(),
            partial(_say, config),
            embedded,
            listener=listener,
            replay=replay,
        )
        execute(run)
    return run


def _say(config: Config, text: str) -> None:
    click.echo(redacted(text, config.secrets))


def _replay(config: Config) -> Replay | None:
    return replay_of(load_report(config.replay), config.rules) if config.replay else None


def _check_files(config: Config) -> None:
    """Before the run, so that no run is lost to a wrong path."""
    if config.report:
        _make(config.report)
        for file in (config.report / name for name in FILES):
            parts = (config.report, file) if file.exists() else (config.report,)
            if file.is_dir() or not all(os.access(part, os.W_OK) for part in parts):
                raise UsageError(f"cannot write {file}")
    written = config.write_baseline
    if written and written.exists() and not _same(written, config.baseline):
        raise UsageError(f"{written} exists; --baseline {written} keeps what still holds of it")
    if written:
        _make(written.parent)
        if not os.access(written if written.exists() else written.parent, os.W_OK):
            raise UsageError(f"cannot write {written}")


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {directory}: {error.strerror}") from error


def _listener(config: Config, stack: ExitStack) -> Listener | None:
    """Where the target's webhooks are received: as told, or for the embedded mock any port."""
    address = config.webhook_listen or (None if config.target else "127.0.0.1:0")
    if not address or not any("webhooks" in PROFILES[name] for name in config.profile):
        return None
    listener = Listener(address, config.webhook_url)
    stack.callback(listener.close)
    return listener
