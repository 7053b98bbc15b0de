"""The summary for a CI job page."""

import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.judging.evidence import Finding
from conformance.report.markdown import CARDS, markdown
from conformance.report.model import build, write
from conformance.report.terminal import print_verdict
from conformance.run.baseline import Known, mark
from conformance.run.run import Run

MakeRun = Callable[..., Run]
HOSTILE = "a | b\n# not a title <script>x</script> `tick` ``` fence"


def failing(make_run: MakeRun, rule: str = "END-02", **words: Any) -> dict[str, Any]:
    """A report in which one rule is broken."""
    run = make_run()
    run.evidence.add(Finding(rule, **{"expected": "status 200", "actual": "status 409", **words}))
    run.evidence.settle(rule, "fail", str(words.get("actual", "status 409")))
    return build(run)


def test_a_conformant_run_is_told_in_its_first_line(make_run: MakeRun) -> None:
    text = markdown(build(make_run()))
    assert text.startswith("## ✅ conformant for the profile core\n")
    assert "Broken rules" not in text
    assert "Not evaluated" not in text


def test_one_request_and_one_session_are_told_as_one(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    traffic = re.compile(r"(\d+ requests? in) .*?(\d+ sessions? opened)", re.DOTALL)
    for number, words in (
        (1, ("1 request in", "1 session opened")),
        (2, ("2 requests in", "2 sessions opened")),
    ):
        report = build(make_run()) | {"requests": number, "sessions_opened": number}
        print_verdict(report)
        assert traffic.findall(capsys.readouterr().out) == [words]
        assert traffic.findall(markdown(report)) == [words]


def test_the_figures_count_every_rule_once(make_run: MakeRun) -> None:
    report = failing(make_run)
    rows = re.findall(r"^\| (?:MUST|SHOULD|MAY) \|(.*)\|$", markdown(report), re.MULTILINE)
    counts = [int(cell) for row in rows for cell in row.split("|") if cell.strip()]
    assert sum(counts) == len(report["rules"])


def test_a_broken_rule_has_a_row_and_a_card(make_run: MakeRun) -> None:
    text = markdown(failing(make_run))
    assert "## ❌ non-conformant" in text
    assert "| END-02 | MUST | fail |" in text
    assert "<details><summary><b>END-02</b>" in text
    assert "- expected: status 200" in text
    assert "- got: status 409" in text
    assert "--rule END-02" in text


def test_the_curl_lines_stand_in_a_block(make_run: MakeRun, exchange: Any) -> None:
    text = markdown(failing(make_run, trace=(exchange("endChat", {}, 409),)))
    assert re.search(r"```sh\ncurl -sS -i -X POST .*/end'\n```", text)


def test_the_targets_words_have_no_markup_of_their_own(make_run: MakeRun, exchange: Any) -> None:
    told = exchange("endChat", {}, 409, body=b'{"note": "```"}')
    text = markdown(failing(make_run, actual=HOSTILE, trace=(told,)))
    assert "<script>" not in text
    assert "\n# not a title" not in text
    assert "a \\| b" in text
    assert "````sh\n" in text
    for line in text.splitlines():
        if line.startswith("| END-02"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 6


def test_a_rule_that_was_not_run_is_told_with_its_cause(make_run: MakeRun) -> None:
    run = make_run()
    run.evidence.settle("END-02", "not-run", "the target went away")
    text = markdown(build(run))
    assert "### Not evaluated" in text
    assert "the target went away" in text


def test_known_failures_and_stale_entries_are_told(make_run: MakeRun, contract: Contract) -> None:
    known = {
        id: Known("It is being mended.", "https://tracker.test/1") for id in ("END-02", "END-03")
    }
    report = mark(failing(make_run), Path("known.toml"), known, contract, date(2026, 1, 1))
    text = markdown(report)
    assert "- known: It is being mended. (https://tracker.test/1)" in text
    assert "### Stale entries of the baseline\n\n- END-03: the rule is said to fail" in text


def test_a_long_page_is_cut_with_a_word(make_run: MakeRun) -> None:
    run = make_run()
    for rule in run.contract.rules.values():
        if rule.level == "MUST":
            run.evidence.add(Finding(rule.id, "this", "that"))
            run.evidence.settle(rule.id, "fail", "that")
    text = markdown(build(run))
    assert text.count("<details>") == CARDS
    assert "more; `report.html` tells them all" in text


def test_the_summary_is_appended_to_the_job_page(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    report = build(make_run())
    write(report, tmp_path / "report")
    assert page.read_text(encoding="utf-8") == "# Before\n" + markdown(report)


def test_without_a_job_page_only_the_files_are_written(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    files = write(build(make_run()), tmp_path / "report")
    assert sorted(os.listdir(tmp_path / "report")) == sorted(file.name for file in files)
    assert (tmp_path / "report" / "summary.md") in files
