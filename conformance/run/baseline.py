"""Known failures: a TOML file that names the rules a deployment is known to break, and why.

    [END-02]
    reason = "The reason is overwritten by a second end; fixed in 2.4."
    link = "https://tracker.example.org/1234"
    expires = 2026-12-31

A known failure stays a failure in every report, but does not decide the verdict. What is no
longer true is as red as a new failure: a rule that holds again, an entry that has expired.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ..config.files import read_toml
from ..config.settings import UsageError
from ..contract.document import Contract
from ..contract.parts import Json
from ..contract.words import did_you_mean
from ..judging.verdict import EXIT_CODES, judge, tone

PLACEHOLDER = "TODO"  # what a written entry begins with, and a loaded one must not


@dataclass(frozen=True)
class Known:
    """Why a failure is known, where it is followed up, and the last day it is put up with."""

    reason: str
    link: str
    expires: date | None = None

    @property
    def told(self) -> dict[str, Any]:
        return {**asdict(self), "expires": self.expires and self.expires.isoformat()}


def load_baseline(path: Path, contract: Contract) -> dict[str, Known]:
    """The entries by rule. Raises UsageError for whatever is not a full entry of a rule."""
    found = read_toml(path, "the baseline", "--write-baseline makes one")
    try:
        return {rule: _known(rule, entry, contract) for rule, entry in found.items()}
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None


def _known(rule: str, entry: Any, contract: Contract) -> Known:
    if rule not in contract.rules:
        hint = did_you_mean(rule.upper(), contract.rules, "--list shows them all")
        raise ValueError(f"the contract has no rule {rule!r}; {hint}")
    if contract.rules[rule].level == "MAY":
        raise ValueError(f"{rule} is a MAY, which never fails; take it out")
    if not isinstance(entry, dict):
        raise ValueError(f"{rule}: wanted a table, [{rule}], with a reason and a link")
    for key in entry:
        if key not in Known.__dataclass_fields__:
            known = ", ".join(Known.__dataclass_fields__)
            raise ValueError(f"{rule}: unknown key {key!r}; known are {known}")
    for key in ("reason", "link"):
        text = entry.get(key)
        if not isinstance(text, str) or not text.strip() or text.startswith(PLACEHOLDER):
            raise ValueError(f"{rule}: the {key} is not filled in")
    expires = entry.get("expires")
    if expires is not None and (not isinstance(expires, date) or isinstance(expires, datetime)):
        raise ValueError(f"{rule}: expires is no date; write it as 2026-12-31, without quotes")
    return Known(entry["reason"], entry["link"], expires)


def mark(
    report: Json, file: Path, known: Mapping[str, Known], contract: Contract, today: date
) -> Json:
    """The report with its known failures marked and the verdict on the others.

    Outcomes stay what they are. Stale entries make the exit code that of a failure, also
    where the target is conformant.
    """
    valid = {rule: entry for rule, entry in known.items() if not _expired(entry, today)}
    rules = [
        {**rule, "known": valid[rule["id"]].told}
        if rule["id"] in valid and rule["outcome"] in ("fail", "warn")
        else rule
        for rule in report["rules"]
    ]
    counted = {
        rule["id"]: (rule["outcome"], rule["reason"]) for rule in rules if "known" not in rule
    }
    verdict = judge(
        contract.rules,
        counted,
        strict=report["strict"],
        cause=report["cause"],
        fault=report["fault"],
    )
    stale = list(_stale(report, known, today))
    baseline = {"file": str(file), "entries": len(known), "stale": stale}
    marked = {**report, "verdict": verdict, "baseline": baseline, "rules": rules}
    return {**marked, "exit_code": EXIT_CODES[tone(marked)]}


def _expired(entry: Known, today: date) -> bool:
    return entry.expires is not None and entry.expires < today


def _stale(report: Json, known: Mapping[str, Known], today: date) -> Iterator[dict[str, str]]:
    outcomes = {rule["id"]: rule["outcome"] for rule in report["rules"]}
    for rule, entry in known.items():
        if _expired(entry, today):
            yield {"rule": rule, "why": f"the entry expired on {entry.expires}"}
        elif outcomes[rule] == "pass":
            yield {"rule": rule, "why": "the rule is said to fail, and it holds; take it out"}


def baseline_text(report: Json, known: Mapping[str, Known]) -> str:
    """A baseline of what this run found: an entry that is still true is kept, a new failure
    gets placeholders, which the loader refuses until a person has filled them in."""
    failing = ("fail", "warn") if report["strict"] else ("fail",)
    parts = []
    for rule in report["rules"]:
        entry = known.get(rule["id"])
        if entry and rule["outcome"] != "pass":
            parts.append(_table(rule, entry.reason, entry.link, entry.expires))
        elif rule["outcome"] in failing:
            todo = f"{PLACEHOLDER}: why this is put up with"
            parts.append(_table(rule, todo, f"{PLACEHOLDER}: where it is followed up", None))
    return "\n".join(parts)


def _table(rule: dict[str, Any], reason: str, link: str, expires: date | None) -> str:
    lines = [f"# {_plain(rule['text'])}", f"[{rule['id']}]"]
    lines += [f"reason = {_quoted(reason)}", f"link = {_quoted(link)}"]
    lines += [f"expires = {expires}"] if expires else []
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's, but for the one control character that JSON leaves plain."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def save(file: Path | None, text: str) -> str:
    """Write a baseline, if it is wanted, all of it or nothing; why that cannot be, or nothing."""
    if file is None:
        return ""
    new = file.with_name(f"{file.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(file)
    except OSError as error:
        return f"cannot write {file}: {error.strerror}"
    return ""
