"""The command line: options, banner, exit codes."""

import gc
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ..choices import CHOICES
from ..problems.nearest import did_you_mean
from ..serve.errors import OptionError
from ..version import version
from .options import (
    as_settings,
    contract_option,
    control_options,
    cors_option,
    file_option,
    operating_options,
    option,
    running_options,
    take_running,
    together,
)
from .outgoing import outgoing_options, take_outgoing, warn_insecure
from .output import use_any_terminal
from .sources import FROM_ENVIRONMENT, address_advice, check_environment
from .values import (
    Seconds,
    choices,
    complete_choice,
    database,
    http_url,
    usable_token,
    webhook_hosts,
    webhook_secret,
)

_EPILOG = """
\b
Exit codes:
  0  the mock was stopped
  2  an option is wrong, or a file that it names
  3  the database cannot be used
  4  the address is in use

Every option can stand in the environment, as ADJOURN_ and its name in capitals
(ADJOURN_TOKEN); PORT and HOST work too. An option wins over the environment, the
environment over the file of --config.
"""


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"adjourn-mock {version()}")
        context.exit()


def _list_choices(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        for key, choice in CHOICES.items():
            click.echo(f"{key:18} {choice.legal:24} {choice.text}")
        context.exit()


def _demo_fault(context: click.Context, _: click.Parameter, name: str | None) -> str | None:
    if name is None or context.resilient_parsing:
        return None
    from ..demo import FAULTS

    if name == "list":
        for known, fault in FAULTS.items():
            click.echo(f"{known:15} {fault.profile:9} {fault.text}")
        context.exit()
    if name not in FAULTS:
        wanted = f"wanted list, or one of {', '.join(FAULTS)}; got {name!r}"
        raise click.BadParameter(f"{wanted}{did_you_mean(name, FAULTS)}")
    return name


def _complete_fault(_: click.Context, __: click.Parameter, word: str) -> list[str]:
    from ..demo import FAULTS

    return [name for name in ("list", *FAULTS) if name.startswith(word)]


class _Command(click.Group):
    """Serves, or steers with a subcommand; tells a wrong option in one line."""

    def main(self, *args: Any, **extra: Any) -> Any:
        use_any_terminal()
        return super().main(*args, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            rest = super().parse_args(ctx, args)
            check_environment(self)
        except click.UsageError as error:
            raise OptionError(f"{error.format_message()} (--help lists the options)") from None
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:  # of a command, which has options of its own
            at = error.ctx.command_path if error.ctx else ctx.command_path
            raise OptionError(f"{error.format_message()} ({at} --help shows more)") from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _commands().get(cmd_name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = f"Commands: {', '.join(self.list_commands(ctx))}"
            if Path(args[0]).suffix:
                known = "A file is given with --contract, --agents or --seed"
            raise OptionError(f"{error.format_message()} {known}") from None


def _refuse_options(context: click.Context, name: str) -> None:
    """Raise OptionError for an option that stands before a command: it would have no effect."""
    for parameter in context.command.params:
        if context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE:
            option, script = parameter.opts[0], context.info_name
            advice = f"put what {name} takes behind it, as {script} {name} --help lists it"
            if option == "--port" and name != "proxy":
                advice = f"name the mock behind it: {script} {name} … --url http://127.0.0.1:PORT"
            raise OptionError(f"{option} before {name} is of a mock that is started; {advice}")


def _commands() -> dict[str, click.Command]:
    from .commands import COMMANDS  # a mock that serves has no need of them

    return COMMANDS


_ENDING = {"is_flag": True, "is_eager": True, "expose_value": False, "allow_from_autoenv": False}
_options = together(
    running_options(4010),
    contract_option,
    file_option("agents", "Agents of your own, in place of those that come along."),
    option("db", "SQLite file for the state, or the postgresql:// URL of a database that several "
           "mocks share; without one it stays in memory.", callback=database, metavar="PATH|URL"),
    file_option("seed", "YAML or JSON file with agents and sessions to begin with."),
    option("token", "The API key; without one, any that is not empty is accepted.",
           callback=usable_token, metavar="TOKEN"),
    option("choice", "Decide an open choice of the contract; repeatable.", multiple=True,
           callback=choices, shell_complete=complete_choice, metavar="KEY=VALUE"),
    option("demo-fault", "Break the contract on purpose, in one of a dozen ways, for the suite to "
           "find; list names them.", metavar="NAME", callback=_demo_fault,
           shell_complete=_complete_fault),
    option("webhook-url", "Where completion webhooks of agents without a target of their own go.",
           callback=http_url, metavar="URL"),
    option("webhook-timeout", "How long a receiver may take.",
           default=10.0, type=Seconds(min_open=True)),
    option("webhook-backoff", "Wait before the first of at most three retries; it doubles each "
           "time.", default=1.0, type=Seconds()),
    option("webhook-secret", "Sign webhooks with it, as Standard Webhooks has it.",
           callback=webhook_secret, metavar="whsec_..."),
    option("webhook-allow", "Let webhooks go to this host too, * for every one; repeatable. "
           "[default: loopback]", multiple=True, callback=webhook_hosts, metavar="HOST"),
    outgoing_options,
    option("watch", "Take up changes of the contract, the agents and the seed while running.",
           is_flag=True),
    option("coverage", "Print at exit what the clients have exercised.", is_flag=True),
    cors_option,
    option("list-choices", "List the open choices, defaults first, and exit.",
           callback=_list_choices, **_ENDING),
    option("version", "Show the version and exit.", callback=_show_version, **_ENDING),
    control_options,
    operating_options,
)  # fmt: skip


@click.group(
    cls=_Command,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "show_default": True,
        **FROM_ENVIRONMENT,
    },
)
@_options
@click.pass_context
def main(
    context: click.Context, /, host: str, port: int, json: bool, no_journal: bool, **options: Any
) -> None:
    """Serve a stateful mock of the Chats API; or, with a command, steer one that runs."""
    if context.invoked_subcommand is not None:
        _refuse_options(context, context.invoked_subcommand)
        return
    from ..settings import Settings

    running = take_running(options)
    if no_journal:
        options["journal_count"] = 0
    outgoing = take_outgoing(options)
    if outgoing.headers and not (options["webhook_url"] or {*options["webhook_allow"]} - {"*"}):
        named = "the host of --webhook-url and those that --webhook-allow names"
        raise OptionError(f"--header goes to {named}, and there is none; name one")
    settings = Settings(outgoing=outgoing, **as_settings(options))
    if settings.demo_fault:
        from ..demo import plant

        plant(settings.demo_fault)
    gc.disable()  # what is made until the mock serves stays: there is nothing to collect
    from ..serve.server import Running, serve

    warn_insecure(outgoing, running["log_format"])
    advice = address_advice(context)
    serve(settings, Running(host, port, json, address_advice=advice, **running), version())
