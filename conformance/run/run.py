"""One run against one target: what it is told, what it uses, and what it has found."""

from __future__ import annotations

import inspect
import math
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from traceback import format_exc
from typing import TYPE_CHECKING, Any

from ..checks.timeouts import Timeouts
from ..config.redaction import redacted
from ..config.settings import Config, UsageError
from ..contract.document import Contract
from ..contract.words import counted
from ..judging.evidence import Evidence
from ..judging.outcomes import Blocked, NotApplicable, Outcome, Violation, printable
from ..registry import Check, watch_of
from ..target.api import Api
from ..target.client import Client
from ..target.interrupt import GRACE, resume, stop_after, warn_first
from ..target.ledger_file import LedgerFile, default_path
from ..target.listener import Listener
from .cleanup import clean_up
from .plan import UNREPEATED, Plan
from .preflight import preflight
from .replay import Replay, resend
from .settlement import VIOLATED, Settlement

if TYPE_CHECKING:
    from ..generated.requests import Generation

Progress = Callable[[str, str], None]


@dataclass(repr=False)
class Run:
    """Selects the checks, evaluates each, and ends with an outcome for every rule."""

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
    replay: Replay | None = None
    cause: str = ""  # why the run as a whole is inconclusive
    stopped: bool = False  # by a signal
    refusal: UsageError | None = None  # what the caller has to mend
    fault: str = ""  # what failed in the suite itself, outside of any check
    traceback: str = ""  # where that was
    postponed: list[Check] = field(default_factory=list)
    violated: list[Check] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.contract.resource.replies:
            self.config = self.config.without_agents()
        plan = Plan(self.config, self.contract, self.replay)
        self.checks, most = plan.checks, plan.budget
        self.config = replace(
            self.config,
            max_sessions=most.sessions,
            max_turns=most.turns,
            max_requests=most.requests,
        )
        self.client = Client(self.config, watch_of(self.contract), self.evidence)
        self.timeouts: Timeouts | None = None

    def narrow(self, rules: Collection[str]) -> None:
        """Leave out the checks of all rules but these."""
        self.checks = {id: check for id, check in self.checks.items() if id in rules}
        self.config = replace(self.config, rules=tuple(self.checks))

    def api(self, check: str) -> Api:
        return Api(self.client, self.tag, check, self.config.seed)

    @cached_property
    def generation(self) -> Generation:
        """The generated requests, which several checks judge and only the first sends."""
        from ..generated.requests import Generation  # slow to import, used by one pack

        return Generation(self.api("generation"))

    def arguments(self, check: Check) -> dict[str, Any]:
        """What a check is given, by the names of its parameters: its `api` is a fresh view of the
        target, and the sessions of `timeouts` were opened before all else."""
        given: dict[str, Any] = {
            "api": self.api(check.name),
            "rule": self.contract.rules.get(check.rule),
            "listener": self.listener,
            "timeouts": self.timeouts,
        }
        names = inspect.signature(check.function).parameters
        given |= {"generation": self.generation} if "generation" in names else {}
        return {name: given[name] for name in names}

    @contextmanager
    def to_its_end(self) -> Iterator[None]:
        """Whatever happens within, end every session that was opened and settle every rule.

        A run that stops early says why in `cause`, and its rest is not-run for that reason.
        """
        begun = time.monotonic()
        seconds = self.config.max_seconds
        try:
            with stop_after(seconds and seconds + GRACE):
                yield
        except Blocked as cause:
            self.cause = str(cause)
        except KeyboardInterrupt:
            self.stopped = True
            self.cause = self.client.budget.overtime or "the run was interrupted"
        except UsageError as error:
            self.cause = printable(redacted(str(error), self.config.secrets))
            self.refusal = UsageError(self.cause)
        except Exception as error:  # a fault of the suite's own, which must not lose the run
            self._note_fault(error)
        self._wind_up()
        self.duration = time.monotonic() - begun
        self.client.close()

    def begin(self) -> None:
        """Ask the target whether it can be judged, and open the sessions that must wait.

        Raises Blocked where it cannot be.
        """
        self._keep_ledger()
        needs = {need for rule in self.checks for need in self.contract.rules[rule].needs}
        preflight(self.api("preflight"), needs, self.say)
        if self.replay:
            resend(self.replay, self.api("replay"), self.say)
        if any(check.pack == "ttl" for check in self.checks.values()):
            self.timeouts = Timeouts(self.api("timeouts"))

    def evaluate(self, check: Check) -> bool:
        """Run one check and settle its rule. Whether that is its end: where a gateway may have
        failed and not the target, the check is to be run once more, last of all."""
        begun = time.monotonic()
        self.client.retry.hiccup = ""
        outcome, reason = self._outcome(check)
        hiccup = self.client.retry.hiccup  # also where a check swallowed it
        again = bool(hiccup) and outcome in ("pass", "observed", "not-run")
        if again:
            outcome, reason = "not-run", hiccup
            self.postponed.append(check)
        self.seconds[check.rule] = time.monotonic() - begun
        self.evidence.settle(check.rule, outcome, reason)
        self.progress(check.rule, outcome)
        return not again

    def insist(self) -> Iterator[Check]:
        """The checks to run once more; what fails again is the target's."""
        self.client.retry.insists = True
        try:
            yield from list(self.postponed)
        finally:
            self.client.retry.insists = False

    def repeat(self) -> None:
        """Run what failed again, last of all, so that no other check lacks the budget for it; its
        findings tell how often it failed. The evidence counts nothing else that is seen again."""
        self.evidence.repeating = True
        for check in self.violated:
            kept = self.evidence.findings[check.rule]
            found = [finding for finding in kept if finding.check == check.name]
            times = 0 if check.pack in UNREPEATED else self.config.repeats
            for _ in range(times):
                try:
                    check.function(**self.arguments(check))
                    failed = False
                except Violation:
                    failed = True
                except Exception:  # the rule is settled; only its repetition is given up
                    break
                for finding in found:
                    finding.runs += 1
                    finding.failed += failed

    def _outcome(self, check: Check) -> tuple[Outcome, str]:
        rule = self.contract.rules[check.rule]
        for need in rule.needs:
            if need not in self.config.capabilities:
                return "not-applicable", f"the suite was given no {need.replace('_', ' ')}"
        if check.pack == "races" and self.config.max_concurrency < 2:
            return "not-run", f"--max-concurrency {self.config.max_concurrency} lets nothing race"
        given = self.arguments(check)
        api: Api = given["api"]
        try:
            observed = check.function(**given)
        except Violation as violation:
            api.report(check.rule, violation)
            self.violated.append(check)
            return VIOLATED[rule.level], str(violation)
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

    def _keep_ledger(self) -> None:
        """The embedded mock takes its sessions with it; any other target keeps them."""
        if not (self.embedded or self.config.read_only):
            path = self.config.ledger or default_path(self.tag)
            conceal = partial(redacted, secrets=self.config.secrets)
            self.client.ledger.file = LedgerFile(path, self.tag, self.client.base, conceal)

    def _note_fault(self, error: Exception) -> None:
        self.fault = f"{type(error).__name__}: {error}"
        self.traceback = format_exc()

    def _wind_up(self) -> None:
        """Clean up, over a first request to stop, and settle every rule, also when given up."""
        client = self.client
        resume()
        wait = self.config.cleanup_wait
        stopped_at = time.monotonic() if self.stopped else math.inf
        hurried = self.stopped or bool(client.budget.overtime)
        ends_at = min(stopped_at, client.budget.ends_at) + wait
        try:
            with warn_first(self._warn):
                if self.timeouts:
                    self.timeouts.close(GRACE if hurried else None)
                clean_up(self.api("clean-up"), ends_at)
            left = len(client.ledger.left_open)
            if left and time.monotonic() > ends_at:
                told = counted(left, "session")
                self.say(f"\nclean-up  given up after {wait:g} s, {told} left")
        except KeyboardInterrupt:
            told = counted(len(client.ledger.left_open), "session")
            self.say(f"\nclean-up  given up, {told} left")
        except Exception as error:
            self._note_fault(error)
        settlement = Settlement(self.config, self.contract, self.checks, self.evidence)
        self.cause = settlement.settle(
            self.cause or client.circuit.first_cause or client.backoff.refused
        )

    def _warn(self) -> None:
        left = len(self.client.ledger.left_open)
        with suppress(OSError, RuntimeError):  # a terminal that is gone, or being written to
            self.say(f"\nclean-up  ending {left} sessions; once more to give up")
