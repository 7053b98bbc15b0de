"""What a run prints: the plan, a mark for each rule, a card for each finding, the verdict."""

from collections import Counter
from typing import Any

import click

from ..config.connection import TRACE_HEADERS
from ..config.settings import Config
from ..contract.areas import area_of
from ..contract.lifecycle import FINISH
from ..contract.words import counted
from ..judging.outcomes import STEERING
from ..judging.verdict import headline, tone
from ..registry import Cost
from ..run.plan import Plan
from ..run.scope import scope

MARKS = {
    "pass": (".", "green"),
    "fail": ("F", "red"),
    "warn": ("W", "yellow"),
    "observed": ("o", "cyan"),
    "not-run": ("?", "yellow"),
    "not-applicable": ("-", "bright_black"),
    "error": ("E", "magenta"),
}
COLOURS = {
    "conformant": "green",
    "non-conformant": "red",
    "inconclusive": "yellow",
    "harness-fault": "magenta",
}
STEPS_SHOWN = 12


def print_plan(plan: Plan) -> None:
    """What the run will do to the target, before it does it."""
    config, contract, checks = plan.config, plan.contract, counted(len(plan.checks), "check")
    click.echo(
        f"contract  {contract.version} ({contract.sha256[:12]}), {len(contract.rules)} rules"
    )
    click.echo(f"profile   {', '.join(config.profile)}, seed {config.seed}")
    click.echo(f"scope     {scope(config)}")
    click.echo(f"target    {config.target or 'the embedded mock'}")
    for pack, (count, of_pack) in plan.packs.items():
        wait = plan.waiting(pack)
        click.echo(
            f"pack      {pack}: {counted(count, 'check')}, at most {_words(of_pack)},"
            f" {plan.concurrency(pack)} at a time{f', waits up to {wait:g} s' if wait else ''}"
        )
    click.echo(f"plan      {checks}, at most {_words(plan.cost)}; {_promise(config)}")
    for need, count in _lacking(plan).items():
        click.echo(f"without   {count} of them: the suite was given no {need.replace('_', ' ')}")
    if _lacks_finishes(plan):
        why = "the suite was given no closing agent"
        click.echo(f"without   sessions that an agent finishes: {why}")
    if plan.repeats.requests:
        click.echo(
            f"repeats   what fails is run up to {counted(config.repeats, 'time')} more, for at most"
            f" {_words(plan.repeats)} more"
        )
    click.echo(f"budget    {_words(plan.budget)}, kept to; the clean-up comes on top")


def _lacking(plan: Plan) -> Counter[str]:
    """How many checks will not be run for what the suite was not given; the embedded mock has
    all that there is."""
    if plan.config.target is None:
        return Counter()
    needs = [need for id in plan.checks for need in plan.contract.rules[id].needs]
    return Counter(need for need in needs if need not in plan.config.capabilities)


def _lacks_finishes(plan: Plan) -> bool:
    """Whether checks that need no closing agent are run on fewer sessions for want of one."""
    given = plan.config.target is None or "closing_agent" in plan.config.capabilities
    contract = plan.contract
    finishes = bool(contract.resource.agent) and FINISH in contract.lifecycle.causes
    return finishes and not given and plan.cost.sessions > 0


def _words(cost: Cost) -> str:
    sessions, turns = counted(cost.sessions, "session"), counted(cost.turns, "turn")
    return f"{sessions}, {turns} and {counted(cost.requests, 'request')}"


def _promise(config: Config) -> str:
    if config.read_only:
        return "it opens nothing and writes nothing"
    return "every session is tagged, and ended in the end"


def print_settings(config: Config, *, changed: bool = False) -> None:
    """Every setting in force, or those that are not the defaults, from wherever they come;
    secrets are told as given."""
    for key, value in sorted(config.shown(changed=changed).items()):
        words = ",".join(value) if isinstance(value, tuple) else value
        click.echo(f"setting   {key} = {words}")


class Marks:
    """One mark for each check as it ends, a line for each area."""

    def __init__(self) -> None:
        self.area = ""

    def __call__(self, rule: str, outcome: str) -> None:
        area = area_of(rule)
        if area != self.area:
            click.echo(f"\n{area:<8}  ", nl=False)
            self.area = area
        mark, colour = MARKS[outcome]
        click.secho(mark, fg=colour, nl=False)


def print_findings(report: dict[str, Any]) -> None:
    """A card for each rule that was broken, worst first, and a line for what was not run."""
    rules = _harmless(report["rules"])
    broken = [rule for outcome in ("fail", "warn") for rule in rules if rule["outcome"] == outcome]
    for rule in broken:
        if "known" not in rule:
            print_card(rule, report["contract_file"])
    for rule in broken:
        if "known" in rule:
            _known(rule)
    for outcome, words in (("error", "fault of the suite"), ("not-run", "not evaluated")):
        _print_reasons(words, [rule for rule in rules if rule["outcome"] == outcome])


def _harmless(value: Any) -> Any:
    """The same value without the control characters that could steer a terminal."""
    if isinstance(value, str):
        return STEERING.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: _harmless(item) for key, item in value.items()}
    return [_harmless(item) for item in value] if isinstance(value, list) else value


def _print_reasons(words: str, rules: list[dict[str, Any]]) -> None:
    """The rules that share a reason stand together: they share a cause."""
    for reason in dict.fromkeys(rule["reason"] for rule in rules):
        ids = [rule["id"] for rule in rules if rule["reason"] == reason]
        more = f" and {len(ids) - 8} more" if len(ids) > 8 else ""
        click.echo()
        click.secho(f"{words}: {', '.join(ids[:8])}{more}", fg="yellow")
        click.echo(f"  because {reason}")


def _known(rule: dict[str, Any]) -> None:
    entry = rule["known"]
    click.echo()
    click.secho(f"KNOWN {rule['id']} {rule['level']}", fg="bright_black", bold=True, nl=False)
    click.echo(f"  {rule['text']}")
    click.echo(f"  because {entry['reason']} ({entry['link']})")


def print_card(rule: dict[str, Any], file: str) -> None:
    colour = MARKS[rule["outcome"]][1]
    click.echo()
    click.secho(
        f"{rule['outcome'].upper()} {rule['id']} {rule['level']}", fg=colour, bold=True, nl=False
    )
    click.echo(f"  {rule['text']}")
    click.echo(f"  contract  {file}:{rule['line']} ({rule['evidence']}, source: {rule['source']})")
    finding = rule["findings"][0]
    click.echo(f"  expected  {finding['expected']}")
    click.echo(f"  got       {finding['actual']}")
    click.echo(f"  mend      {finding['mend']}")
    count = sum(finding["count"] for finding in rule["findings"])
    if count > 1:
        click.echo(f"  seen      {count} times")
    if finding["runs"] > 1:
        label = "" if finding["failed"] == finding["runs"] else ": intermittent"
        click.echo(f"  repeated  failed in {finding['failed']} of {finding['runs']} runs{label}")
    if finding["also"]:
        click.echo(f"  also      {', '.join(finding['also'])} (the same answer)")
    steps = finding["steps"]
    if len(steps) > STEPS_SHOWN:
        click.echo(f"  steps     the last {STEPS_SHOWN} of {len(steps)}; conformance.json has all")
    else:
        click.echo("  steps")
    for step in steps[-STEPS_SHOWN:]:
        if polled := step.get("polled"):
            click.echo(f"    … polled {polled['times']} times over {polled['seconds']:.1f} s")
        click.echo(f"    {step['curl']}")
        click.secho(f"      → {step['status'] or 'no answer'}{_traced(step)}", fg="bright_black")
    click.echo(f"  again     {finding['rerun']}")


def _traced(step: dict[str, Any]) -> str:
    """By which the request is found in the backend's log."""
    headers = step["request"]["headers"]
    return "".join(f"  {name} {headers[name]}" for name in TRACE_HEADERS if name in headers)


def print_verdict(report: dict[str, Any]) -> None:
    click.echo()
    for level in ("MUST", "SHOULD", "MAY"):
        counts = Counter(r["outcome"] for r in report["rules"] if r["level"] == level)
        words = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        click.echo(f"{level:<8}  {words}")
    left = report["sessions_left_open"]
    click.echo(
        f"traffic   {counted(report['requests'], 'request')} in {report['duration_s']:.1f} s;"
        f" {counted(report['sessions_opened'], 'session')} opened, {left} left open"
    )
    if left:
        click.echo(
            f"leak      adjourn-conformance sweep --run {report['run']}"
            f" --target {_harmless(report['target'])} ends them"
        )
    if unproven := report["sessions_unproven"]:
        click.echo(
            f"unproven  {unproven} sessions that opens gave may be others' and were not ended"
        )
    for entry in report.get("baseline", {}).get("stale", ()):
        click.secho(f"baseline  {entry['rule']}: {entry['why']}", fg="red")
    for why in (report["fault"], report["cause"]):
        if why:
            click.secho(f"because   {_harmless(why)}", fg="yellow")
    click.echo("verdict   ", nl=False)
    click.secho(headline(report), fg=COLOURS[tone(report)], bold=True, nl=False)
    click.echo(f" for {report['scope']} (exit code {report['exit_code']})")
