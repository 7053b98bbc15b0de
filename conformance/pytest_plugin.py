"""Runs the suite in pytest, a test for each rule: `pytest --pyargs PACKAGE --target URL`.

Each option of the command line is an option of pytest's too, as `--conformance-NAME`, and as
plain `--NAME` where pytest and its other plugins have none of that name. They exist only where
pytest is given this package to run; any other pytest is left alone.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .cli.job import Job
    from .run.run import Run

HERE = Path(__file__).parent
NAMES = (str(__package__), str(__package__).rpartition(".")[2])
LEFT_OUT = ("list_rules", "plan_only")  # pytest has --collect-only
DEST = "conformance_{}"


def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    if any(_is_ours(arg.partition("::")[0]) for arg in args if not arg.startswith("-")):
        early_config.pluginmanager.register(Suite(parser), "adjourn-suite")


def _is_ours(argument: str) -> bool:
    """Whether an argument of pytest's is this package, by its path or by its name."""
    path = Path(argument).resolve()
    if path.exists():
        return path == HERE or HERE in path.parents
    name, _, _ = argument.partition(".checks")
    if name not in NAMES:
        return False
    found = importlib.util.find_spec(name)
    return bool(found and found.origin and Path(found.origin).resolve().parent == HERE)


class Suite:
    """From the options of one pytest session to a run, and from that to its exit code."""

    def __init__(self, parser: pytest.Parser) -> None:
        from .cli.main import command

        self.stack = ExitStack()
        self.header: list[str] = []
        self.summary = ""
        self.job: Job | None = None
        self.run: Run | None = None
        taken = [one for one in command.params if one.expose_value and one.name not in LEFT_OUT]
        self.keys = [str(one.name) for one in taken]
        group = parser.getgroup("conformance", "the conformance suite")
        for option in taken:
            _add(group, option)

    def pytest_configure(self, config: pytest.Config) -> None:
        from .cli.job import Job
        from .config.settings import UsageError
        from .contract.source import ContractError

        if getattr(config.option, "numprocesses", None):
            raise pytest.UsageError("the checks are of one run: leave -n out, or say -n 0")
        given = {key: getattr(config.option, DEST.format(key)) for key in self.keys}
        file = given.pop("config_file")
        try:
            self.job = Job.of(given, Path(file) if file else None)
            self.header = _printed(self.job.print_plan, every_setting=given["verbose"] is True)
            if not config.option.collectonly:
                self.job.require_consent()
            self._start(config)
        except (UsageError, ContractError) as error:
            raise pytest.UsageError(f"conformance: {error}") from None

    def _start(self, config: pytest.Config) -> None:
        from .run.plugin import Checks

        assert self.job
        nothing: Any = lambda *_: None  # noqa: E731
        self.run = self.stack.enter_context(self.job.started(nothing, nothing))
        known = {rule: entry.reason for rule, entry in self.job.known.items()}
        config.pluginmanager.register(Checks(self.run, self._words, known), "adjourn-checks")

    def _words(self, rule: str) -> str:
        """The card of a rule that is broken."""
        from .report.model import rule_report
        from .report.terminal import print_card

        assert self.run
        report = rule_report(self.run, self.run.contract.rules[rule])
        return "\n".join(_printed(print_card, report, self.run.contract.path.name))

    def pytest_report_header(self) -> list[str]:
        return self.header

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell the verdict, and end pytest with its exit code."""
        if self.run and self.run.refusal:
            self.summary = f"{self.run.refusal}\n"
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif self.job and self.run and self.run.duration:
            buffer = io.StringIO()
            with redirect_stdout(buffer):
                code = self.job.conclude(self.run)
            self.summary = buffer.getvalue()
            if code:
                session.exitstatus = code

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.summary:
            terminalreporter.section("conformance")
            terminalreporter.write(self.summary)

    def pytest_unconfigure(self) -> None:
        self.stack.close()


def _add(group: Any, option: Any) -> None:
    """Give pytest an option of click's."""
    kind: dict[str, Any] = {"dest": DEST.format(option.name), "default": None, "help": option.help}
    if option.is_flag:
        kind["action"] = "store_true"
    elif option.multiple:
        kind["action"] = "append"
    else:
        kind["metavar"] = option.name.upper()
    (name,) = option.opts
    prefixed = name.replace("--", "--conformance-", 1)
    try:
        group.addoption(prefixed, name, **kind)
    except (ValueError, argparse.ArgumentError):  # pytest or another plugin has that name
        group.addoption(prefixed, **kind)


def _printed(function: Any, *args: Any, **more: Any) -> list[str]:
    buffer = io.StringIO()
    with redirect_stdout(buffer):
        function(*args, **more)
    return buffer.getvalue().splitlines()
