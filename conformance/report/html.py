"""The report as one HTML page that needs no network: `python -m conformance.report.html FILE`
makes it again from a `conformance.json`."""

import json
import sys
from base64 import b64encode
from collections import Counter
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from ..contract.areas import OUTCOMES, by_area
from ..contract.parts import Json
from ..judging.outcomes import STEERING, printable
from ..judging.verdict import headline, tone

TEMPLATES = Path(__file__).parent / "templates"
LEVELS = ("MUST", "SHOULD", "MAY")


@cache
def template(name: str) -> Template:
    """A page's template, compiled once."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_harmless,
    )
    return environment.get_template(f"{name}.html.j2")


def page(name: str, **values: Any) -> str:
    """A page that loads nothing: its own script, and the style of all."""
    script = (TEMPLATES / f"{name}.js").read_text(encoding="utf-8")
    return template(name).render(
        style=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
        name=name,
        headline=headline,
        tone=tone,
        outcomes=OUTCOMES,
        **values,
    )


def html(report: Json) -> str:
    """The page, made from the report's data alone."""
    rules = {rule["id"]: rule for rule in report["rules"]}
    return page(
        "report",
        report=report,
        areas={area: [rules[id] for id in ids] for area, ids in by_area(rules).items()},
        broken=_broken(report),
        counts=Counter(rule["outcome"] for rule in rules.values()),
        levels={level: _shares(report, level) for level in LEVELS},
        timeline=timeline,
    )


def _harmless(value: Any) -> Any:
    """A text in which nothing turns its direction or steers a terminal that shows the page."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return STEERING.sub(lambda found: printable(found[0]), value)


def _broken(report: Json) -> list[dict[str, Any]]:
    """The rules with findings, failures before warnings."""
    order = list(OUTCOMES)
    found = [rule for rule in report["rules"] if rule["findings"]]
    return sorted(found, key=lambda rule: order.index(rule["outcome"]))


def _shares(report: Json, level: str) -> dict[str, int]:
    counts = Counter(r["outcome"] for r in report["rules"] if r["level"] == level)
    return {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]}


def timeline(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where each step's bar lies, in percent of the trace; empty unless two steps overlap,
    since a trace in sequence is told by its list."""
    end = 0.0
    overlap = False
    for step in sorted(steps, key=lambda step: step["started_ms"]):
        overlap = overlap or step["started_ms"] < end
        end = max(end, step["started_ms"] + step["elapsed_ms"])
    if not overlap:
        return []
    return [
        {
            "step": step,
            "left": round(100 * step["started_ms"] / end, 2),
            "width": max(round(100 * step["elapsed_ms"] / end, 2), 0.5),
        }
        for step in steps
    ]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(f"usage: python -m {__package__}.html CONFORMANCE_JSON > report.html")
    try:
        report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{__package__}.html: {sys.argv[1]} is no readable conformance.json: {error}")
    sys.stdout.write(html(report))


if __name__ == "__main__":
    main()
