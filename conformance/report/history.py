"""Many runs as one page: their trend, what has changed, and a matrix of deployments and areas."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from jsonschema_rs import Draft202012Validator, ValidationError

from ..config.settings import UsageError
from ..contract.areas import OUTCOMES, area_of
from ..contract.parts import Json
from .compare import compare, load_report
from .html import page
from .model import SCHEMA

UNEVALUATED = ("not-run", "not-applicable", "not-selected")
BROKEN = ("fail", "warn", "error")


@dataclass(frozen=True)
class Run:
    """One run: its report, and where the page of that lies, seen from the history."""

    report: Json
    link: str | None

    @cached_property
    def deployment(self) -> str:
        """What was judged. The embedded mock is on another port in each run."""
        given = "--target" in str(self.report["reproduce"])
        return str(self.report["target"]) if given else "the embedded mock"

    @property
    def started(self) -> datetime:
        return datetime.fromisoformat(self.report["started"])

    @cached_property
    def outcomes(self) -> dict[str, int]:
        """How many rules came to each outcome, worst first, of those that were evaluated."""
        counts = Counter(rule["outcome"] for rule in self.report["rules"])
        return {name: counts[name] for name in OUTCOMES if counts[name] and name not in UNEVALUATED}

    def card(self, rule: str) -> str | None:
        """The link to a rule's card in the run's own page."""
        found = {rule["id"] for rule in self.report["rules"] if rule["findings"]}
        return self.link and f"{self.link}#{'finding' if rule in found else 'rule'}-{rule}"


@dataclass(frozen=True)
class Cell:
    """What the latest run that evaluated an area says of it, and how many runs came since."""

    outcome: str
    count: int
    link: str | None
    ago: int


@dataclass
class Deployment:
    """The runs against one target, the earliest first."""

    name: str
    runs: list[Run] = field(default_factory=list)

    def cell(self, area: str) -> Cell | None:
        for ago, run in enumerate(reversed(self.runs)):
            rules = [rule for rule in run.report["rules"] if area_of(rule["id"]) == area]
            for outcome in (one for one in OUTCOMES if one not in UNEVALUATED):
                judged = [rule["id"] for rule in rules if rule["outcome"] == outcome]
                if judged:
                    return Cell(outcome, len(judged), run.card(judged[0]), ago)
        return None

    def changes(self) -> Iterator[tuple[Run, dict[str, Any]]]:
        """What each run differs in from the one before it, the latest first."""
        for before, after in reversed([*pairwise(self.runs)]):
            found = compare(before.report, after.report)
            moved = [rule for rule in found["rules"] if _moved(rule)]
            yield after, {"notes": found["notes"], "rules": moved}


def _moved(rule: dict[str, Any]) -> bool:
    """Whether a rule was broken or mended: what only one of two runs has looked at was neither."""
    outcomes = rule["before"], rule["after"]
    return any(outcome in BROKEN for outcome in outcomes) and outcomes[0] != outcomes[1]


def find_runs(folders: Sequence[Path], home: Path) -> list[Run]:
    """The runs whose reports lie in these folders, at any depth, the earliest first."""
    files: dict[Path, None] = {}
    for folder in folders:
        found = sorted(folder.rglob("conformance.json"))
        if not found:
            raise UsageError(f"{folder} holds no conformance.json; name what --report was given")
        files.update(dict.fromkeys(path.resolve() for path in found))
    return sorted((_run(path, home) for path in files), key=lambda run: run.started)


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _run(path: Path, home: Path) -> Run:
    report = load_report(path)
    try:
        _validator().validate(report)
    except ValidationError as error:
        place = "/".join(map(str, error.instance_path))
        raise UsageError(f"{path}, at /{place}: {error.message.splitlines()[0]}") from error
    beside = path.with_name("report.html")
    link = quote(os.path.relpath(beside, home.resolve())) if beside.exists() else None
    return Run(report, link)


def deployments(runs: Sequence[Run]) -> list[Deployment]:
    found: dict[str, Deployment] = {}
    for run in runs:
        found.setdefault(run.deployment, Deployment(run.deployment)).runs.append(run)
    return list(found.values())


def history(runs: Sequence[Run]) -> str:
    areas = {id: words for run in runs for id, words in run.report["areas"].items()}
    of = deployments(runs)
    seen = {area: words for area, words in areas.items() if any(one.cell(area) for one in of)}
    return page("history", deployments=of, areas=seen, count=len(runs))


@click.command("history")
@click.argument(
    "folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path)
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="conformance-history",
    show_default=True,
    help="The folder to write index.html to.",
)
def command(folders: tuple[Path, ...], out: Path) -> None:
    """Make one page of the reports of many runs, found in DIR at any depth."""
    text = history(find_runs(folders, out))
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.html").write_text(text, encoding="utf-8")
    click.echo(f"wrote {out / 'index.html'}")
