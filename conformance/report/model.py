"""What a run found, as data: the one source of every report format."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..config.redaction import redacted
from ..config.settings import Config
from ..contract.areas import AREAS, address, area_of
from ..contract.parts import Json
from ..contract.rules import Rule
from ..judging.evidence import Finding
from ..judging.exchange import Exchange
from ..judging.verdict import EXIT_CODES, headline, judge, tone
from ..registry import pack_of
from ..run.replay import recorded
from ..run.run import Run
from ..run.scope import partial, scope
from .again import command, curl_options
from .curl import curl_lines
from .html import html
from .junit import junit
from .markdown import markdown
from .mend import mend
from .polls import Poll, folded

SCHEMA = Path(__file__).parent / "schema.json"
SCHEMA_VERSION = 1
FILES = ("conformance.json", "report.html", "summary.md", "junit.xml", "badge.json")


def build(run: Run) -> Json:
    """The report of a finished run, secrets taken out."""
    config, contract, findings = run.config, run.contract, run.evidence.findings.values()
    verdict = judge(
        contract.rules,
        run.evidence.outcomes,
        strict=config.strict,
        cause=run.cause,
        fault=run.fault,
    )
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict,
        "exit_code": EXIT_CODES[verdict],
        "scope": scope(config),
        "partial": partial(config),
        "cause": redacted(run.cause, config.secrets),
        "fault": redacted(run.fault, config.secrets),
        "target": redacted(config.target, config.secrets),
        "contract": {"version": contract.version, "sha256": contract.sha256},
        "contract_file": contract.path.name,
        "profile": list(config.profile),
        "seed": config.seed,
        "run": run.tag,
        "strict": config.strict,
        "started": run.started.isoformat(timespec="seconds"),
        "duration_s": round(run.duration, 3),
        "clock_skew_s": run.client.recorder.skew,
        "requests": run.client.budget.sent,
        "sessions_opened": len(run.client.ledger.opened),
        "sessions_left_open": len(run.client.ledger.left_open),
        "sessions_unproven": len(run.client.ledger.unproven),
        "reproduce": redacted(command(run), config.secrets),
        "areas": {id: AREAS.get(id, id) for id in dict.fromkeys(map(area_of, contract.rules))},
        "sources": {name: address(contract, name) for name in contract.resolved["x-sources"]},
        "rules": [rule_report(run, rule) for rule in contract.rules.values()],
        "coverage": run.client.recorder.coverage.report(f for kept in findings for f in kept),
        "seconds": {rule: round(taken, 3) for rule, taken in run.seconds.items()},
    }


def discard(directory: Path, kept: Path | None = None) -> None:
    """Remove an earlier run's report, so that it never stands for a run that was cut off."""
    for file in (directory / name for name in FILES):
        if not (kept and file.exists() and file.samefile(kept)):
            file.unlink(missing_ok=True)


def write(report: Json, directory: Path) -> list[Path]:
    """Write every format into the directory, which is made; gives the files.

    On a CI machine that collects Markdown in $GITHUB_STEP_SUMMARY the summary goes there too.
    """
    directory.mkdir(parents=True, exist_ok=True)
    contents = (
        json.dumps(report, indent=2, ensure_ascii=False) + "\n",
        html(report),
        markdown(report),
        junit(report),
        json.dumps(_badge(report)) + "\n",
    )
    texts = dict(zip(FILES, contents, strict=True))
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        with suppress(OSError), Path(page).open("a", encoding="utf-8") as file:
            file.write(texts["summary.md"])
    return [directory / name for name in texts]


def _rerun(run: Run, finding: Finding) -> str:
    """The check that met the violation is run again, as a rule may be judged by others than
    its own; where none of this run did, the whole run is."""
    met = [check.rule for check in run.checks.values() if check.name == finding.check]
    own = [finding.rule] if finding.rule in run.checks else []
    return command(run, *(met or own))


def rule_report(run: Run, rule: Rule) -> dict[str, Any]:
    outcome, reason = run.evidence.outcomes[rule.id]
    found = run.evidence.findings.get(rule.id, [])
    said = {name: getattr(rule, name) for name in ("id", "level", "evidence", "source", "text")}
    return said | {
        "operations": list(rule.operations),
        "needs": list(rule.needs),
        "pack": pack_of(run.contract, rule.id),
        "line": rule.line,
        "outcome": outcome,
        "reason": redacted(reason, run.config.secrets),
        "evaluated": run.evidence.evaluated[rule.id],
        "findings": redacted([_finding(run, finding) for finding in found], run.config.secrets),
    }


def _finding(run: Run, finding: Finding) -> dict[str, Any]:
    return {
        "expected": finding.expected,
        "actual": finding.actual,
        "mend": mend(run.contract, run.contract.rules[finding.rule], finding),
        "check": finding.check,
        "count": finding.count,
        "runs": finding.runs,
        "failed": finding.failed,
        "also": _also(run.evidence.findings.values(), finding),
        "steps": _steps(run.config, finding.trace),
        "rerun": _rerun(run, finding),
    }


def _concealed(exchange: Exchange, config: Config) -> Exchange:
    """The exchange without the secrets in what was sent and what came."""
    parts = {name: getattr(exchange, name) for name in ("url", "body", "content")}
    return replace(exchange, **redacted(parts, config.secrets))


def _also(found: Iterable[list[Finding]], finding: Finding) -> list[str]:
    """The other rules whose findings end with the same exchange: one root, told once."""
    last = {exchange.number for exchange in finding.trace[-1:]}
    others = (other for findings in found for other in findings if other.rule != finding.rule)
    return sorted({other.rule for other in others for e in other.trace[-1:] if e.number in last})


def _steps(config: Config, trace: Iterable[Exchange]) -> list[dict[str, Any]]:
    chosen, polls = folded(_concealed(exchange, config) for exchange in trace)
    begun = min((exchange.started for exchange in chosen), default=0.0)
    lines = curl_lines(chosen, polls, curl_options(config))
    return [
        _step(exchange, curl, begun) | _polled(polls.get(exchange.number))
        for exchange, curl in zip(chosen, lines, strict=True)
    ]


def _polled(poll: Poll | None) -> dict[str, Any]:
    return {"polled": {"times": poll.times, "seconds": round(poll.seconds, 1)}} if poll else {}


def _step(exchange: Exchange, curl: str, begun: float) -> dict[str, Any]:
    """One exchange, its times in milliseconds from the begin of the trace's first."""
    return {
        "operation": exchange.operation,
        "method": exchange.method,
        "url": exchange.url,
        "status": exchange.status,
        "answer": exchange.summary,
        "curl": curl,
        "request": recorded(exchange),
        "started_ms": round((exchange.started - begun) * 1000, 1),
        "elapsed_ms": round(exchange.elapsed * 1000, 1),
    }


def _badge(report: Json) -> dict[str, Any]:
    """A shields.io endpoint."""
    good = "blue" if report["partial"] else "brightgreen"
    colours = {"conformant": good, "non-conformant": "red", "inconclusive": "yellow"}
    return {
        "schemaVersion": 1,
        "label": f"conformance ({report['scope'].removeprefix('the ').removeprefix('profile ')})",
        "message": headline(report),
        "color": colours.get(tone(report), "lightgrey"),
    }
