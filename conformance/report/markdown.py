"""The report as a short page in GitHub-flavoured Markdown, for a CI job."""

import re
from collections import Counter
from html import escape
from typing import Any

from ..contract.areas import OUTCOMES
from ..contract.words import counted
from ..judging.verdict import headline, tone

SIGNS = {"conformant": "✅", "non-conformant": "❌", "inconclusive": "⚠️", "harness-fault": "💥"}
CARDS = 20  # findings told in full; a job page holds a megabyte at most
CURLS = 12


def markdown(report: dict[str, Any]) -> str:
    """Verdict and figures first, then what is broken, then what could not be evaluated."""
    broken = [rule for rule in report["rules"] if rule["outcome"] in ("fail", "warn")]
    parts = [_head(report), _figures(report["rules"])]
    parts += [_text(why) for why in (report["fault"], report["cause"]) if why]
    if stale := report.get("baseline", {}).get("stale"):
        lines = [f"- {entry['rule']}: {_text(entry['why'])}" for entry in stale]
        parts += ["### Stale entries of the baseline", "\n".join(lines)]
    if broken:
        parts += ["### Broken rules", _table(broken)]
        parts += [_card(rule, report["contract_file"]) for rule in broken[:CARDS]]
        if len(broken) > CARDS:
            parts.append(f"… and {len(broken) - CARDS} more; `report.html` tells them all.")
    unrun = [rule for rule in report["rules"] if rule["outcome"] in ("not-run", "error")]
    if unrun:
        parts += ["### Not evaluated", _table(unrun)]
    return "\n\n".join([*parts, f"Again: `{report['reproduce']}`"]) + "\n"


def _head(report: dict[str, Any]) -> str:
    contract = report["contract"]
    return (
        f"## {SIGNS[tone(report)]} {headline(report)} for {report['scope']}\n\n"
        f"{_code(report['target'])} against contract {contract['version']}"
        f" (`{contract['sha256'][:12]}`), seed {report['seed']}:"
        f" {counted(report['requests'], 'request')} in {report['duration_s']:.1f} s,"
        f" {counted(report['sessions_opened'], 'session')} opened,"
        f" {report['sessions_left_open']} left open."
    )


def _figures(rules: list[dict[str, Any]]) -> str:
    counts = Counter((rule["level"], rule["outcome"]) for rule in rules)
    shown = [one for one in OUTCOMES if any(rule["outcome"] == one for rule in rules)]
    lines = [f"| | {' | '.join(shown)} |", f"|---|{'---:|' * len(shown)}"]
    for level in ("MUST", "SHOULD", "MAY"):
        cells = [str(counts[level, outcome] or "") for outcome in shown]
        lines.append(f"| {level} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _table(rules: list[dict[str, Any]]) -> str:
    lines = ["| rule | level | outcome | text | reason |", "|---|---|---|---|---|"]
    lines += [
        f"| {rule['id']} | {rule['level']} | {rule['outcome']} | {_cell(rule['text'])}"
        f" | {_cell(rule['reason'])} |"
        for rule in rules
    ]
    return "\n".join(lines)


def _card(rule: dict[str, Any], file: str) -> str:
    """One finding, folded, so that the page stays short."""
    finding = rule["findings"][0]
    steps = finding["steps"]
    lines = [step["curl"] for step in steps[-CURLS:]]
    if len(steps) > CURLS:
        lines.insert(0, f"# the last {CURLS} of {len(steps)} steps")
    trace = "\n".join(lines)
    fence = _fence(trace, 3)
    return (
        f"<details><summary><b>{rule['id']}</b> {_text(rule['text'])}</summary>\n\n"
        f"- expected: {_text(finding['expected'])}\n"
        f"- got: {_text(finding['actual'])}\n"
        f"- mend: {_text(finding['mend'])}\n"
        f"- contract: `{file}:{rule['line']}`, {rule['evidence']}\n{_known(rule)}\n"
        f"{fence}sh\n{trace}\n{fence}\n\n"
        f"Again: {_code(finding['rerun'])}\n\n</details>"
    )


def _known(rule: dict[str, Any]) -> str:
    if "known" not in rule:
        return ""
    return f"- known: {_text(rule['known']['reason'])} ({_text(rule['known']['link'])})\n"


def _cell(text: str) -> str:
    return _text(text, limit=200).replace("|", "\\|")


def _text(text: str, limit: int = 500) -> str:
    """Words of the target's, bounded, on one line, and with no markup of their own."""
    line = " ".join(text.split())
    line = line if len(line) <= limit else line[:limit] + "…"
    return re.sub(r"[\\`*_\[\]~]", r"\\\g<0>", escape(line, quote=False))


def _code(text: str) -> str:
    ticks = _fence(text, 1)
    return f"{ticks}{text}{ticks}"


def _fence(text: str, least: int) -> str:
    """Backticks that the text cannot close: more than it has in a row."""
    return "`" * max(least, *(len(run) + 1 for run in re.findall("`+", text)), 0)
