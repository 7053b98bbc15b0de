"""The command line: `python -m conformance`, `adjourn-conformance`."""

import sys
import traceback
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from .. import __version__
from ..config.options import (
    CONNECTION,
    CONTRACT,
    FILE,
    FLAG,
    HELP,
    Attributes,
    complete_profile,
    complete_rule,
    options,
)
from ..config.profiles import PROFILES
from ..config.settings import UsageError
from ..config.sources import load_config
from ..contract.document import Contract, find_contract
from ..contract.source import ContractError
from ..judging.verdict import EXIT_CODES, USAGE_ERROR
from ..report.compare import command as compare_command
from ..report.explain import explain, rule_list
from ..report.history import command as history_command
from ..report.terminal import Marks
from ..run.execute import execute
from ..run.sweep import command as sweep_command
from ..target.interrupt import install_handlers
from .derive import command as derive_command
from .export import command as export_command
from .job import Job
from .lint import command as lint_command
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
    CONTRACT,
    (("--target",), {"help": "Base URL of the deployment; without it, a mock is started."}),
    *CONNECTION,
    (("--agent",), {"help": "A plain agent of the target."}),
    (("--tool-agent",), {"help": "An agent that calls a tool in every turn."}),
    (("--closing-agent",), {"help": "An agent that finishes when sent the closing text."}),
    (("--closing-text",), {"help": "What makes the closing agent finish."}),
    (("--disabled-agent",), {"help": "An agent that is disabled."}),
    (("--profile",), {"help": f"Packs, by comma: {', '.join(PROFILES)}. Default: core.",
                      "shell_complete": complete_profile}),
    (("--rule", "rules"), {"multiple": True, "help": "Only this rule; may be repeated.",
                           "shell_complete": complete_rule}),
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
    (("--cleanup-wait",), {"type": float, "help": "Seconds of a stopped run's ends. Default: 2."}),
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
    context_settings=HELP,
)
@options(OPTIONS)
@click.version_option(__version__, message=f"adjourn-conformance {__version__}")
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
    job = Job.of(flags, config_file)
    if list_rules:
        click.echo("\n".join(rule_list(job.contract)))
        return
    job.print_plan(every_setting=job.config.verbose or plan_only)
    if plan_only:
        return
    job.require_consent()
    with job.started(Marks(), click.echo) as run:
        execute(run)
    sys.exit(job.conclude(run))


for added in (
    *(compare_command, derive_command, export_command),
    *(history_command, lint_command, sweep_command),
):
    command.add_command(added)


@command.command("explain")
@click.argument("rule", metavar="RULE-ID", shell_complete=complete_rule)
@options([CONTRACT])
def explain_rule(rule: str, contract: Path | None) -> None:
    """Say what a rule demands, where it comes from and how it is checked."""
    path = load_config({"contract": contract}, None).contract or find_contract()
    click.echo(explain(Contract(path), rule))


@command.command("mcp", context_settings={"ignore_unknown_options": True})
@click.argument("given", nargs=-1, type=click.UNPROCESSED, metavar="[OPTION OF A RUN]...")
def mcp_command(given: tuple[str, ...]) -> None:
    """Give an assistant the suite as tools: the Model Context Protocol on stdin and stdout.

    The options are those of every run that it asks for. It chooses packs and rules; target, key and
    consent to write stay yours.
    """
    try:
        from .mcp import serve
    except ImportError as error:
        if (error.name or "").split(".")[0] != "mcp":
            raise
        raise UsageError(
            "mcp needs the protocol's SDK in version 2; pip install 'mcp>=2.3,<3' adds it, as the"
            " extra adjourn[mcp] does"
        ) from None
    kept = [option for option in command.params if option.name not in ("list_rules", "plan_only")]
    flags = click.Command("mcp", params=kept).make_context("mcp", [*given]).params
    serve(given, Job.of(flags, flags.pop("config_file")))


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
