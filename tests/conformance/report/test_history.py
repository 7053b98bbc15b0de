"""The page on many runs."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from conformance.config.settings import UsageError
from conformance.judging.evidence import Finding
from conformance.judging.verdict import tone
from conformance.report.history import deployments, find_runs, history
from conformance.report.html import html
from conformance.report.model import build
from conformance.run.run import Run

Report = dict[str, Any]
STAGING = "https://staging.example.com"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def good(make_run: Callable[..., Run]) -> Report:
    """A run in which every rule holds."""
    run = make_run()
    return {**build(run), "verdict": "conformant", "exit_code": 0}


@pytest.fixture
def bad(make_run: Callable[..., Run], exchange: Any, session: Any) -> Report:
    """A run in which a rule was broken, and none on lists was judged."""
    run = make_run()
    run.evidence.add(
        Finding("END-03", "as it was", "another", (exchange("endChat", session()),), "c")
    )
    run.evidence.settle("END-03", "fail", "expected as it was; got another")
    report = build(run)
    for rule in report["rules"]:
        if rule["id"].startswith("LIST-"):
            rule["outcome"] = "not-selected"
    return report


@pytest.fixture
def keep(tmp_path: Path) -> Callable[..., None]:
    """Lay a run's report and page into a folder of its own."""

    def lay(name: str, report: Report, days: float, target: str | None = STAGING) -> None:
        kept = deepcopy(report)
        kept["started"] = (NOW - timedelta(days=days)).isoformat()
        kept["target"] = target or f"http://127.0.0.1:{1000 + int(days)}"
        kept["reproduce"] = f"conformance --target {target}" if target else "conformance"
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "conformance.json").write_text(json.dumps(kept), encoding="utf-8")
        (folder / "report.html").write_text(html(kept), encoding="utf-8")

    return lay


def test_runs_are_told_by_deployment_in_the_order_of_time(
    good: Report, bad: Report, keep: Callable[..., None], tmp_path: Path
) -> None:
    keep("new", good, 1)
    keep("nested/old", bad, 3)
    keep("mock-1", good, 2, None)
    keep("mock-2", good, 4, None)
    found = deployments(find_runs([tmp_path], tmp_path))
    assert [(one.name, [tone(run.report) for run in one.runs]) for one in found] == [
        ("the embedded mock", ["conformant", "conformant"]),
        (STAGING, ["non-conformant", "conformant"]),
    ]


def test_each_cell_leads_to_the_card_in_its_runs_page(
    good: Report, bad: Report, keep: Callable[..., None], tmp_path: Path
) -> None:
    keep("one run", good, 3)
    keep("two", bad, 1)
    page = history(find_runs([tmp_path], tmp_path / "site"))
    links = re.findall(r'data-cell="1-(\w+)">.*?<a href="(.*?)"', page, re.DOTALL)
    cells = dict(links)
    assert cells["END"] == "../two/report.html#finding-END-03"
    assert cells["LIST"] == "../one%20run/report.html#rule-LIST-01"  # the latest that looked at it
    assert 'id="finding-END-03"' in (tmp_path / "two" / "report.html").read_text("utf-8")
    assert "1 run before the latest" in page


def test_what_was_broken_and_mended_is_told(
    good: Report, bad: Report, keep: Callable[..., None], tmp_path: Path
) -> None:
    for place, report in enumerate((good, bad, good)):
        keep(str(place), report, 3 - place)
    (one,) = deployments(find_runs([tmp_path], tmp_path))
    moved = [[(r["id"], r["before"], r["after"]) for r in c["rules"]] for _, c in one.changes()]
    assert moved == [[("END-03", "fail", "pass")], [("END-03", "pass", "fail")]]


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no conformance.json; name what"):
        find_runs([tmp_path], tmp_path)


def test_a_report_that_is_none_is_refused_by_its_place(
    good: Report, keep: Callable[..., None], tmp_path: Path
) -> None:
    keep("one", {**good, "verdict": "perfect"}, 1)
    with pytest.raises(UsageError, match='at /verdict: "perfect" is not one of'):
        find_runs([tmp_path], tmp_path)


def test_the_command_writes_the_page(
    good: Report, keep: Callable[..., None], tmp_path: Path, ask: Callable[..., Any]
) -> None:
    keep("one", good, 1)
    told = ask("history", str(tmp_path), "--out", str(tmp_path / "site"))
    assert told.code == 0
    assert "1 deployment, 1 run<" in (tmp_path / "site" / "index.html").read_text("utf-8")


@pytest.mark.browser
def test_a_verdict_says_how_old_it_is_and_fades(
    good: Report,
    keep: Callable[..., None],
    tmp_path: Path,
    browser: webdriver.Chrome,
) -> None:
    keep("fresh", good, 0)
    keep("older", good, 10, "http://127.0.0.1:1")
    keep("ancient", good, 400, "http://127.0.0.1:2")
    page = tmp_path / "index.html"
    page.write_text(history(find_runs([tmp_path], tmp_path)), encoding="utf-8")
    browser.get(page.as_uri())
    badges = browser.find_elements(By.CSS_SELECTOR, ".badge")
    assert [badge.find_element(By.TAG_NAME, "time").text for badge in badges][:2] == [
        "400 days ago",
        "10 days ago",
    ]
    ancient, older, fresh = (float(badge.value_of_css_property("opacity")) for badge in badges)
    assert ancient == 0.5
    assert ancient < older < fresh
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
