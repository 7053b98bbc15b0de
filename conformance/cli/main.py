"""The command line: `python -m conformance`, `adjourn-conformance`."""

import sys
import traceback
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from .. import __version__
from ..config.options import FILE, HELP, TOLD, complete_rule, contract_option, options
from ..config.settings import UsageError
from ..contract.document import Contract
from ..contract.source import ContractError
from ..judging.verdict import EXIT_CODES, USAGE_ERROR
from ..report.compare import command as compare_command
from ..report.derive import command as derive_command
from ..report.explain import explain, rule_list
from ..report.history import command as history_command
from ..report.terminal import Marks
from ..run.execute import execute
from ..run.sweep import command as sweep_command
from ..target.interrupt import install_handlers
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


@click.group(epilog=EPILOG, invoke_without_command=True, context_settings=HELP)
@options(*TOLD)
@click.option("--config", "config_file", type=FILE, help="A TOML file with the same keys.")
@click.option("--list", "list_rules", is_flag=True, help="List every rule and stop.")
@click.option("--plan", "plan_only", is_flag=True, help="Print the plan and stop.")
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
@contract_option
def explain_rule(rule: str, contract: Path) -> None:
    """Say what a rule demands, where it comes from and how it is checked."""
    click.echo(explain(Contract(contract), rule))


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
