"""The suite as tools of an assistant, over the Model Context Protocol; needs the extra `mcp`.

Target, key and consent are the user's: they are given when the server starts, and no tool takes
them. A run is a process of its own, with the command line that does the same by hand.
"""

import json
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, STDOUT
from tempfile import TemporaryDirectory
from typing import Any

from anyio.to_thread import run_sync
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from .. import __version__
from ..config.program import SUITE, run_module
from ..config.settings import UsageError
from ..judging.verdict import USAGE_ERROR
from ..report.explain import explain, rule_list
from .job import Job

BROKEN, NOT_EVALUATED = ("fail", "warn"), ("error", "not-run")
FACTS = ("expected", "actual", "mend", "also")  # of a finding
INSTRUCTIONS = """\
Judges a deployment by its contract. Call plan first: it sends nothing and says what a run would
cost; show that to the user where the target is not this machine. Then call run with the plan's id.
explain tells what a rule demands, and what the last run found against it."""


class Tools:
    """What an assistant may do, with the options that the user has given."""

    def __init__(self, given: Sequence[str], job: Job, folder: Path) -> None:
        self.command = (*run_module(SUITE), *given)
        self.contract = job.contract
        self.report = job.config.report or folder / "report"
        self.output = folder / "output.txt"
        self.plans: dict[str, list[str]] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def plan(
        self,
        profile: str = "core",
        rules: Sequence[str] = (),
        seed: int | None = None,
        strict: bool = False,
        read_only: bool = False,
    ) -> dict[str, str]:
        """Say what a run would cost: checks, sessions, turns, requests, waits. Sends nothing.

        profile names packs by comma: smoke, core, model, generated, races, ttl, webhooks,
        extended. rules selects single rules of them. Gives the id that run wants."""
        words = [f"--profile={profile}", *(f"--rule={rule}" for rule in rules)]
        words += [] if seed is None else [f"--seed={seed}"]
        words += ["--strict"] * strict + ["--read-only"] * read_only
        told = self._start(*words, "--plan", stdout=subprocess.PIPE)
        text = told.communicate()[0].decode("utf-8", "replace")
        if told.returncode:
            raise ToolError(text)
        id = f"plan-{len(self.plans) + 1}"
        self.plans[id] = words
        return {"plan": id, "costs": text}

    async def run(self, plan: str, wait: float = 45) -> dict[str, Any]:
        """Carry out a plan, named by the id that the tool plan gave. A run that goes on after
        `wait` seconds is told as running; the tool result waits for it."""
        if plan not in self.plans:
            raise ToolError(f"there is no plan {plan!r}; call plan first, which says what it costs")
        if self.running:
            raise ToolError("a run goes on; result waits for it, stop ends it")
        with self.output.open("wb") as file:
            self.process = self._start(
                *self.plans[plan], f"--report={self.report}", stdout=file.fileno()
            )
        return await self.result(wait)

    async def result(self, wait: float = 45) -> dict[str, Any]:
        """What the last run found: the verdict; of each broken rule what was expected, what came
        and how to mend it; and what could not be evaluated, with the reason."""
        if self.process is None:
            raise ToolError("nothing was run yet; call plan, then run")
        with suppress(subprocess.TimeoutExpired):
            await run_sync(partial(self.process.wait, wait), abandon_on_cancel=True)
        return {"state": "running"} if self.running else _in_short(self._last())

    async def stop(self) -> dict[str, Any]:
        """End a run early; it ends the sessions that it has opened, and tells what it found."""
        self.interrupt()
        return await self.result()

    def explain(self, rule: str) -> dict[str, Any]:
        """What a rule demands, who says so and how it is checked; and each finding of the last run
        against it, with the requests that show it as curl lines and the command for it alone."""
        try:
            told = explain(self.contract, rule)
        except UsageError as error:
            raise ToolError(str(error)) from None
        found: list[dict[str, Any]] = []
        with suppress(ToolError):  # a run that was refused has found nothing
            found = self._last()["rules"] if self.process and not self.running else []
        own = [f for one in found if one["id"] == rule.upper() for f in one["findings"]]
        return {"rule": told, "findings": [_finding(finding) for finding in own]}

    def rules(self) -> str:
        """List every rule of the contract by area: id, level, evidence, pack, text."""
        return "\n".join(rule_list(self.contract))

    def interrupt(self) -> None:
        """Ask the run to end, as ctrl-C does."""
        if self.process and self.running:
            self.process.terminate()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _start(self, *words: str, stdout: int) -> subprocess.Popen[bytes]:
        # In a session of its own, so that who ends this server at once leaves the run its clean-up.
        return subprocess.Popen(
            [*self.command, *words],
            stdin=DEVNULL,
            stdout=stdout,
            stderr=STDOUT,
            start_new_session=True,
        )

    def _last(self) -> dict[str, Any]:
        """The report of the last run. One that was refused has written none, but said why."""
        file = self.report / "conformance.json"
        refused = self.process is not None and self.process.returncode == USAGE_ERROR
        if refused or not file.exists():
            said = self.output.read_text("utf-8", "replace")
            raise ToolError(said or "the run was ended before it had begun")
        report: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return report


def _in_short(report: dict[str, Any]) -> dict[str, Any]:
    """The verdict, and the rules that did not pass."""
    names = ("verdict", "exit_code", "scope", "cause", "fault", "target", "seed", "requests")
    told = {name: report[name] for name in (*names, "sessions_left_open", "reproduce")}
    rules = report["rules"]
    return told | {
        "state": "ended",
        "broken": [_rule(rule) for rule in rules if rule["outcome"] in BROKEN],
        "not_evaluated": [_rule(rule) for rule in rules if _is_not_evaluated(rule)],
    }


def _is_not_evaluated(rule: dict[str, Any]) -> bool:
    """Also where the suite was not given what the rule needs."""
    lacks = rule["outcome"] == "not-applicable" and bool(rule["needs"])
    return lacks or rule["outcome"] in NOT_EVALUATED


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule that did not pass, with its first finding or with why there is none."""
    told = {name: rule[name] for name in ("id", "level", "outcome", "text")}
    for finding in rule["findings"][:1]:
        told |= {name: finding[name] for name in FACTS}
    told |= {} if rule["findings"] else {"reason": rule["reason"]}
    return told | ({"known": rule["known"]} if "known" in rule else {})


def _finding(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding with its steps, as a card has them."""
    told = {name: finding[name] for name in (*FACTS, "count", "runs", "failed", "rerun")}
    kept = ("curl", "status", "answer")
    return told | {"steps": [{name: step[name] for name in kept} for step in finding["steps"]]}


def serve(given: Sequence[str], job: Job) -> None:
    """Answer an assistant on standard input and output until it leaves."""
    with TemporaryDirectory(prefix="adjourn-", ignore_cleanup_errors=True) as folder:
        tools = Tools(given, job, Path(folder))
        server = MCPServer(
            "adjourn-conformance",
            instructions=INSTRUCTIONS,
            version=__version__,
            log_level="WARNING",
        )
        for name in ("plan", "result", "explain", "rules"):
            reads = ToolAnnotations(read_only_hint=True)
            server.add_tool(getattr(tools, name), annotations=reads)
        for name in ("run", "stop"):
            acts = ToolAnnotations(read_only_hint=False, destructive_hint=False)
            server.add_tool(getattr(tools, name), annotations=acts)
        try:
            server.run()
        finally:
            tools.interrupt()
            if tools.process:
                tools.process.wait()  # it writes into the folder until it ends
