import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.config.settings import UsageError
from conformance.contract.document import Contract
from conformance.run.baseline import PLACEHOLDER, Known, baseline_text, load_baseline, mark, save

TODAY = date(2026, 6, 1)
FILE = Path("known.toml")
FILLED = 'reason = "Fixed in 2.4."\nlink = "https://tracker.test/1"\n'
KNOWN = {"END-03": Known("Fixed in 2.4.", "https://tracker.test/1")}

Load = Callable[[str], dict[str, Known]]
Report = dict[str, Any]


@pytest.fixture
def load(tmp_path: Path, contract: Contract) -> Load:
    """Load a baseline of this text."""

    def read(text: str) -> dict[str, Known]:
        path = tmp_path / "known.toml"
        path.write_text(text)
        return load_baseline(path, contract)

    return read


def report(strict: bool = False, **outcomes: str) -> Report:
    """A report of these outcomes, `END_03="fail"`, beside a MUST that holds."""
    told = {"OPEN_01": "pass", **outcomes}
    rules = [
        {"id": id.replace("_", "-"), "outcome": outcome, "reason": "", "text": f"Text of {id}."}
        for id, outcome in told.items()
    ]
    told_too = {"verdict": "non-conformant", "exit_code": 1, "cause": "", "fault": ""}
    return {"strict": strict, "rules": rules, **told_too}


def test_an_entry_has_a_reason_a_link_and_a_last_day(load: Load) -> None:
    found = load(f"[END-03]\n{FILLED}expires = 2026-12-31")
    assert found == {"END-03": Known("Fixed in 2.4.", "https://tracker.test/1", date(2026, 12, 31))}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"[END-3]\n{FILLED}", "no rule 'END-3'; did you mean .*END-03"),
        (f"[end-03]\n{FILLED}", "did you mean END-03"),
        ('[END-03]\nreason = "known"', "END-03: the link is not filled in"),
        ('[END-03]\nlink = "https://x.test"', "END-03: the reason is not filled in"),
        ('[END-03]\nreason = " "\nlink = "x"', "the reason is not filled in"),
        (f'[END-03]\nreason = "{PLACEHOLDER}: why"\nlink = "x"', "the reason is not filled in"),
        ('[END-03]\nreason = 5\nlink = "x"', "the reason is not filled in"),
        (f"[END-03]\n{FILLED}expire = 2026-12-31", "unknown key 'expire'"),
        (f'[END-03]\n{FILLED}expires = "2026-12-31"', "without quotes"),
        (f"[END-03]\n{FILLED}expires = 2026-12-31T00:00:00Z", "without quotes"),
        ("END-03 = 5", "wanted a table"),
        (f"[OPEN-14]\n{FILLED}", "OPEN-14 is a MAY"),
        ("END-03: known", "is not TOML"),
        (f"[END-03]\n{FILLED}[END-03]\n{FILLED}", "is not TOML"),
    ],
)
def test_what_is_no_full_entry_of_a_rule_is_refused(load: Load, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        load(text)


def test_a_missing_file_is_named(contract: Contract) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml"):
        load_baseline(Path("nowhere.toml"), contract)


def test_a_known_failure_stays_one_and_does_not_count(contract: Contract) -> None:
    marked = mark(report(END_03="fail"), FILE, KNOWN, contract, TODAY)
    assert (marked["verdict"], marked["exit_code"]) == ("conformant", 0)
    rule = marked["rules"][1]
    assert rule["outcome"] == "fail"
    assert rule["known"] == {
        "reason": "Fixed in 2.4.", "link": "https://tracker.test/1", "expires": None,
    }  # fmt: skip


def test_another_failure_counts_beside_a_known_one(contract: Contract) -> None:
    marked = mark(report(END_03="fail", END_01="fail"), FILE, KNOWN, contract, TODAY)
    assert (marked["verdict"], marked["exit_code"]) == ("non-conformant", 1)
    assert "known" not in marked["rules"][2]


def test_a_known_warning_does_not_fail_a_strict_run(contract: Contract) -> None:
    marked = mark(report(strict=True, END_03="warn"), FILE, KNOWN, contract, TODAY)
    assert (marked["verdict"], marked["exit_code"]) == ("conformant", 0)


def test_a_rule_that_holds_again_is_red_though_the_target_conforms(contract: Contract) -> None:
    marked = mark(report(END_03="pass"), FILE, KNOWN, contract, TODAY)
    assert (marked["verdict"], marked["exit_code"]) == ("conformant", 1)
    assert [entry["rule"] for entry in marked["baseline"]["stale"]] == ["END-03"]


@pytest.mark.parametrize("outcome", ["not-run", "not-selected", "not-applicable", "error"])
def test_a_rule_that_was_not_evaluated_proves_no_entry_wrong(
    contract: Contract, outcome: str
) -> None:
    marked = mark(report(END_03=outcome), FILE, KNOWN, contract, TODAY)
    assert marked["baseline"]["stale"] == []


def test_an_entry_holds_through_its_last_day(contract: Contract) -> None:
    known = {"END-03": Known("r", "l", TODAY)}
    assert mark(report(END_03="fail"), FILE, known, contract, TODAY)["exit_code"] == 0


def test_an_expired_entry_excuses_nothing_and_is_told(contract: Contract) -> None:
    known = {"END-03": Known("r", "l", date(2026, 5, 31))}
    marked = mark(report(END_03="fail"), FILE, known, contract, TODAY)
    assert (marked["verdict"], marked["exit_code"]) == ("non-conformant", 1)
    assert marked["baseline"]["stale"][0]["why"] == "the entry expired on 2026-05-31"


def test_an_expired_entry_is_red_also_where_nothing_fails(contract: Contract) -> None:
    known = {"END-03": Known("r", "l", date(2026, 5, 31))}
    assert mark(report(END_03="not-selected"), FILE, known, contract, TODAY)["exit_code"] == 1


def test_a_fault_of_the_suite_is_not_told_as_a_stale_baseline(contract: Contract) -> None:
    marked = mark(report(END_03="pass", END_01="error"), FILE, KNOWN, contract, TODAY)
    assert (marked["verdict"], marked["exit_code"]) == ("harness-fault", 4)


def test_only_known_failures_are_no_evidence(contract: Contract) -> None:
    bare = {**report(), "rules": report(END_03="fail")["rules"][1:]}
    assert mark(bare, FILE, KNOWN, contract, TODAY)["verdict"] == "inconclusive"


def test_a_written_baseline_has_to_be_filled_in(load: Load) -> None:
    with pytest.raises(UsageError, match="END-03: the reason is not filled in"):
        load(baseline_text(report(END_03="fail"), {}))


def test_a_written_baseline_keeps_what_is_true_and_drops_what_is_not(load: Load) -> None:
    odd = Known('a "quoted"\nreason\x7f', "l", date(2026, 12, 31))
    known = {"END-03": odd, "END-01": Known("r", "l"), "END-02": Known("unseen", "l")}
    found = report(END_03="fail", END_01="pass", END_02="not-selected", END_04="warn")
    assert load(baseline_text(found, known)) == {"END-03": odd, "END-02": Known("unseen", "l")}


def test_a_strict_run_writes_warnings_too() -> None:
    found = report(strict=True, END_03="warn")
    assert "END-03" in tomllib.loads(baseline_text(found, {}))


def test_a_baseline_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    assert save(None, "text") == ""
    assert save(file, "text") == ""
    assert (file.read_text(), [*tmp_path.iterdir()]) == ("text", [file])
    assert save(tmp_path / "known.toml" / "below", "text").startswith(f"cannot write {file}")


@pytest.mark.slow
def test_from_a_first_run_to_a_green_one_and_to_a_repaired_target(
    suite: Callable[..., Any], broken: Any, mock: Any, tmp_path: Path
) -> None:
    file = tmp_path / "known.toml"
    faulty = ("--target", f"{broken.url}/second-end", "--rule", "END-03", "--repeats", "0")
    first = suite(*faulty, "--baseline", str(file), "--write-baseline", str(file))
    assert first.code == 1
    assert set(tomllib.loads(file.read_text())) == {"END-03", "LIFE-05"}

    unfilled = suite(*faulty, "--baseline", str(file))
    assert unfilled.code == 2
    assert "not filled in" in unfilled.err

    again = suite(*faulty, "--write-baseline", str(file))
    assert again.code == 2
    assert f"--baseline {file}" in again.err

    file.write_text(file.read_text().replace(PLACEHOLDER, "Known"))
    green = suite(*faulty, "--baseline", str(file))
    assert (green.code, green.report["verdict"]) == (0, "conformant")
    assert green.rule("END-03")["outcome"] == "fail"
    assert "KNOWN END-03" in green.out

    repaired = suite("--rule", "END-03", "--baseline", str(file), target=mock)
    assert (repaired.code, repaired.report["verdict"]) == (1, "conformant")
    assert "baseline  END-03" in repaired.out
