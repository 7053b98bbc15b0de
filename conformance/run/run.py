"""One run: selects the checks, lets pytest run them, cleans up, and settles every rule."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial as bound
from pathlib import Path
from traceback import format_exc
from typing import Any

import pytest

from ..checks.timeouts import Timeouts
from ..config.redaction import redacted
from ..config.settings import Config
from ..contract.document import Contract, Rule
from ..judging.evidence import Evidence
from ..judging.outcomes import Blocked, NotApplicable, Outcome, Violation
from ..registry import Check, is_watched, pack_of, watch_of
from ..target.api import Api
from ..target.client import Client
from ..target.interrupt import warn_first
from ..target.ledger_file import LedgerFile, default_path
from ..target.listener import Listener
from .cleanup import clean_up
from .plan import UNREPEATED, selected_checks, with_budgets
from .plugin import Plugin
from .preflight import preflight
from .replay import Replay, resend
from .scope import left_out, named_packs, partial, selected_packs

Progress = Callable[[str, str], None]
UNEVALUATED = ("not-run", "not-applicable")


@dataclass
class Run:
    """A run against one target. After `execute`, `evidence` holds an outcome for every rule."""

    config: Config
    contract: Contract
    progress: Progress = lambda *_: None
    say: Callable[[str], None] = lambda _: None
    embedded: bool = False
    evidence: Evidence = field(default_factory=Evidence)
    tag: str = field(default_factory=lambda: f"conf-{secrets.token_hex(4)}")
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    duration: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)  # that each rule's check took
    listener: Listener | None = None
    timeouts: Timeouts | None = None
    cause: str = ""  # why the run as a whole is inconclusive
    fault: str = ""  # what failed in the suite itself, outside of any check
    replay: Replay | None = None
    traceback: str = ""  # where that was
    postponed: list[tuple[Check, dict[str, Any]]] = field(default_factory=list)
    violated: list[tuple[Check, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.checks = selected_checks(self.config, self.contract)
        self.config = with_budgets(self.config, self.checks, self.replay)
        self.client = Client(self.config, watch_of(self.contract), self.evidence)

    def api(self, check: str) -> Api:
        return Api(self.client, self.tag, check, self.config.seed)

    def execute(self) -> None:
        """Run every selected check; whatever happens, end every session that was opened.

        A run that stops early says why in `cause`, and its rest is not-run for that reason.
        """
        begun = time.monotonic()
        self._keep_ledger()
        try:
            preflight(self.api("preflight"))
            if self.replay:
                resend(self.replay, self.api("replay"), self.say)
            if any(check.pack == "ttl" for check in self.checks.values()):
                self.timeouts = Timeouts(self.api("timeouts"))
            self._pytest()
            self._catch_up()
            self._repeat()
        except Blocked as cause:
            self.cause = str(cause)
        except KeyboardInterrupt:
            self.cause = "the run was interrupted"
        except Exception as error:  # a fault of the suite's own, which must not lose the run
            self._note_fault(error)
        self._wind_up()
        self.duration = time.monotonic() - begun
        self.client.close()

    def _note_fault(self, error: Exception) -> None:
        self.fault = f"{type(error).__name__}: {error}"
        self.traceback = format_exc()

    def _wind_up(self) -> None:
        """Clean up, over a first request to stop, and settle every rule, also when given up."""
        try:
            with warn_first(self._warn):
                if self.timeouts:
                    self.timeouts.close()
                clean_up(self.api("clean-up"))
        except KeyboardInterrupt:
            self.say(f"\nclean-up  given up, {len(self.client.ledger.left_open)} sessions left")
        except Exception as error:
            self._note_fault(error)
        self.cause = self.cause or self.client.backoff.refused
        self._settle_all()

    def _warn(self) -> None:
        left = len(self.client.ledger.left_open)
        with suppress(OSError, RuntimeError):  # a terminal that is gone, or being written to
            self.say(f"\nclean-up  ending {left} sessions; once more to give up")

    def evaluate(self, check: Check, api: Api, given: dict[str, Any]) -> None:
        """Run one check with what pytest gives it, and settle its rule."""
        begun = time.monotonic()
        self.client.retry.hiccup = ""
        outcome, reason = self._outcome(check, api, given)
        if outcome in ("pass", "observed", "not-run") and self.client.retry.hiccup:
            outcome, reason = "not-run", self.client.retry.hiccup  # also where a check swallowed it
            self.postponed.append((check, given))
        self.seconds[check.rule] = time.monotonic() - begun
        self.evidence.settle(check.rule, outcome, reason)
        self.progress(check.rule, outcome)

    def _catch_up(self) -> None:
        """Run once more what a gateway's hiccup ended; what fails again is the target's."""
        self.client.retry.accepts_gateway_errors = True
        for check, given in self.postponed:
            api = given["api"].fresh()
            self.evaluate(check, api, {**given, "api": api})
        self.client.retry.accepts_gateway_errors = False

    def _outcome(self, check: Check, api: Api, given: dict[str, Any]) -> tuple[Outcome, str]:
        for need in self.contract.rules[check.rule].needs:
            if need not in self.config.capabilities:
                return "not-applicable", f"the suite was given no {need.replace('_', ' ')}"
        if check.pack == "races" and self.config.max_concurrency < 2:
            return "not-run", f"--max-concurrency {self.config.max_concurrency} lets nothing race"
        try:
            observed = check.function(**given)
        except Violation as violation:
            api.report(check.rule, violation)
            self.violated.append((check, given))
            return self.failing(check.rule), str(violation)
        except Blocked as cause:
            return "not-run", str(cause)
        except NotApplicable as cause:
            return "not-applicable", str(cause)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            if broken := sorted({rule for exchange in api.trace for rule in exchange.broken}):
                return "not-run", f"the answers could not be read, see {', '.join(broken)} ({why})"
            return "error", why  # a fault of the suite's own, told as one
        self.evidence.count(check.rule)
        return ("observed", str(observed)) if observed is not None else ("pass", "")

    @property
    def whole(self) -> bool:
        """Whether the selection is one that must give evidence on every watched rule."""
        return "smoke" in selected_packs(self.config) and not partial(self.config)

    def failing(self, rule: str) -> Outcome:
        """What a violation of this rule counts as."""
        by_level: dict[str, Outcome] = {"MUST": "fail", "SHOULD": "warn", "MAY": "observed"}
        return by_level[self.contract.rules[rule].level]

    def _pytest(self) -> None:
        """pytest collects and runs the checks; `Plugin` decides what their ends mean.

        What the user has set for pytests of their own has no business in a run.
        """
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
            os.environ.pop(name, None)
        checks = Path(__file__).parents[1] / "checks"
        code = pytest.main(
            [
                str(checks),
                *("-c", os.devnull, "--rootdir", str(checks.parent.parent)),
                *("-s", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:schemathesis"),
                *("-p", "no:hypothesispytest", "-p", "no:xdist", "-p", "no:logging"),
                *("-o", "python_files=*.py", "-o", "python_functions=check_*"),
            ],
            plugins=[Plugin(self)],
        )
        if code == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            raise RuntimeError(f"pytest stopped with {code!r}")

    def _repeat(self) -> None:
        """Run what failed again, last of all, so that no other check lacks the budget for it."""
        self.evidence.repeating = True
        for check, given in self.violated:
            if check.pack in UNREPEATED:
                continue
            found = [f for f in self.evidence.findings[check.rule] if f.check == check.name]
            for _ in range(self.config.repeats):
                failed = self._fails_again(check, given)
                if failed is None:
                    break
                for finding in found:
                    finding.runs += 1
                    finding.failed += failed

    @staticmethod
    def _fails_again(check: Check, given: dict[str, Any]) -> bool | None:
        """Whether the check fails once more; None where it cannot be evaluated."""
        try:
            check.function(**{**given, "api": given["api"].fresh()})
        except Violation:
            return True
        except Exception:  # the rule is settled; only its repetition is given up
            return None
        return False

    def _keep_ledger(self) -> None:
        """The embedded mock takes its sessions with it; any other target keeps them."""
        if not (self.embedded or self.config.read_only):
            path = self.config.ledger or default_path(self.tag)
            self.client.ledger.file = LedgerFile(
                path, self.tag, self.client.base, bound(redacted, secrets=self.config.secrets)
            )

    def _settle_all(self) -> None:
        for id, rule in self.contract.rules.items():
            outcome, reason = self._settled(rule)
            self.evidence.outcomes[id] = (outcome, reason)
        self.cause = self.cause or "; ".join(self._unjudged())

    def _unjudged(self) -> Iterator[str]:
        """A word for each named pack of which the run has evaluated nothing: it was asked for,
        and its silence proves nothing."""
        for pack in sorted(named_packs(self.config)):
            of = [id for id, check in self.checks.items() if check.pack == pack]
            told = [self.evidence.outcomes[id] for id in of]
            if told and all(outcome in UNEVALUATED for outcome, _ in told):
                why = "; ".join(dict.fromkeys(reason for _, reason in told))
                yield f"nothing of the pack {pack} was evaluated: {why}"

    def _settled(self, rule: Rule) -> tuple[Outcome, str]:
        found = self.evidence.findings.get(rule.id)
        if found:
            return self.failing(rule.id), f"expected {found[0].expected}; got {found[0].actual}"
        if rule.id in self.evidence.outcomes:
            return self.evidence.outcomes[rule.id]
        if rule.unchecked:
            return "not-applicable", f"cannot be checked: {rule.unchecked}"
        if is_watched(rule.id):
            if self.evidence.evaluated[rule.id]:
                return "pass", ""
            if not self.whole:
                return "not-selected", "no exchange of this selection gave evidence"
            return "not-run", self.cause or "no exchange of this run gave evidence"
        if rule.id in self.checks:
            return "not-run", self.cause or "the run stopped before its check"
        return "not-selected", left_out(self.config, rule.id, pack_of(rule.id))
