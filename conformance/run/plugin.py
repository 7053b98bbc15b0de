"""The checks as pytest sees them: an item for each rule, run in the contract's order."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ..config.redaction import redacted
from ..contract.areas import area_of
from ..registry import exchange_checks, is_watched, pack_of
from .run import Run

CHECKS = Path(__file__).parents[1] / "checks"


class BrokenShould(pytest.PytestWarning):
    """The target breaks a SHOULD, which fails under --strict alone."""


class RuleItem(pytest.Item):
    """One rule. `check` sends requests; without it, the rule is judged on every exchange."""

    reported = ""  # the outcome that pytest was given

    def __init__(self, *, rule: str, checks: Checks, **more: Any) -> None:
        super().__init__(**more)
        self.rule, self.checks, self.run = rule, checks, checks.run
        self.check = self.run.checks.get(rule)
        contract = self.run.contract
        for mark in (pack_of(contract, rule), contract.rules[rule].level, area_of(rule)):
            self.add_marker(str(mark))

    @property
    def outcome(self) -> tuple[str, str]:
        """The outcome so far, and its reason."""
        return self.run.evidence.outcomes.get(self.rule, ("not-run", self.run.cause))

    def runtest(self) -> None:
        """Tell pytest how the rule has ended. What could not be evaluated is skipped, and the
        session's exit code says that it proves nothing."""
        outcome, reason = self.outcome
        reason = redacted(reason, self.run.config.secrets)
        self.reported = outcome
        if outcome == "warn" and not self.run.config.strict:
            warnings.warn(BrokenShould(f"{self.rule}: {reason}"), stacklevel=1)
        elif outcome in ("fail", "warn"):
            if self.rule in self.checks.known:
                pytest.xfail(f"known: {self.checks.known[self.rule]}")
            pytest.fail(self.checks.words(self.rule), pytrace=False)
        elif outcome == "error":
            pytest.fail(f"fault of the suite: {reason}", pytrace=False)
        elif outcome == "observed":
            self.user_properties.append(("observed", reason))
        elif outcome != "pass":
            pytest.skip(f"{outcome}: {reason}")

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


class CheckFile(pytest.File):
    """A module of checks."""

    def __init__(self, *, checks: Checks, **more: Any) -> None:
        super().__init__(**more)
        self.checks = checks

    def collect(self) -> Iterator[RuleItem]:
        for id, function in self._functions(self.checks.run):
            if _file_of(function) == self.path:
                name = f"{function.__name__}[{id}]"
                yield RuleItem.from_parent(self, name=name, rule=id, checks=self.checks)

    def _functions(self, run: Run) -> Iterator[tuple[str, Callable[..., Any]]]:
        for check in run.checks.values():
            yield check.rule, check.function
        for id, watching in exchange_checks(run.contract).items():
            if is_watched(run.contract, id) and id in (run.config.rules or (id,)):
                yield id, watching.function


class Checks:
    """The plugin. `words` tells the failure of a rule at full length; `known` failures, each
    with its reason, are expected."""

    def __init__(
        self,
        run: Run,
        words: Callable[[str], str] | None = None,
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.run = run
        self.known = known or {}
        self.words = words or (lambda rule: run.evidence.outcomes[rule][1])

    def pytest_configure(self, config: pytest.Config) -> None:
        contract = self.run.contract
        marks = {str(pack_of(contract, id)) for id in contract.judged}
        marks |= {rule.level for rule in contract.rules.values()}
        marks |= {area_of(id) for id in contract.rules}
        for mark in sorted(marks):
            config.addinivalue_line("markers", f"{mark}: rules of the conformance suite")

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> CheckFile | None:
        if CHECKS not in file_path.parents or file_path.suffix != ".py":
            return None
        return CheckFile.from_parent(parent, path=file_path, checks=self)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the rules in the contract's order. What waits for a timeout is looked at last, and
        then what all exchanges have shown."""
        order = {id: place for place, id in enumerate(self.run.contract.rules)}

        def place(item: pytest.Item) -> tuple[int, int]:
            if not isinstance(item, RuleItem):
                return 0, 0
            late = 3 if item.check is None else 2 if item.check.pack == "ttl" else 1
            return late, order[item.rule]

        items.sort(key=place)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Leave out what pytest's own options have deselected."""
        kept = {item.rule for item in session.items if isinstance(item, RuleItem)}
        wanted = self.run.config.rules or self.run.checks
        if not kept.issuperset(wanted):
            self.run.narrow(kept)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        rules = [item for item in session.items if isinstance(item, RuleItem)]
        if session.config.option.collectonly or not rules:
            return None
        others = [item for item in session.items if not isinstance(item, RuleItem)]
        _report(session, others)
        with self.run.to_its_end():
            _report(session, self._evaluated(item for item in rules if item.check))
            if not _stopped(session):
                self.run.repeat()
        # What is known only now, and what has become of those that were reported before.
        _report(session, [item for item in rules if item.reported != item.outcome[0]])
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        return True

    def _evaluated(self, items: Iterable[RuleItem]) -> Iterator[RuleItem]:
        """Each item once its check has ended."""
        self.run.begin()
        by_check = {}
        for item in items:
            assert item.check is not None
            by_check[item.check.rule] = item
            if self.run.evaluate(item.check):
                yield item
        for check in self.run.insist():
            self.run.evaluate(check)
            yield by_check[check.rule]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The time that the check has taken, which was run before pytest asks."""
        report = yield
        if isinstance(item, RuleItem) and call.when == "call":
            report.duration = self.run.seconds.get(item.rule, 0.0)
        return report


def _report(session: pytest.Session, items: Iterable[pytest.Item]) -> None:
    """Let pytest run and report each item, until it is to stop."""
    for item in items:
        if _stopped(session):
            return
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)


def _stopped(session: pytest.Session) -> bool:
    return bool(session.shouldfail or session.shouldstop)


@cache
def _file_of(function: Callable[..., Any]) -> Path:
    return Path(function.__code__.co_filename).resolve()
