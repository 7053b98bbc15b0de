"""What failed is run again, and how often it fails is told."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.outcomes import Blocked, NotApplicable, Violation
from conformance.registry import Check, Cost
from conformance.report.terminal import print_findings
from conformance.run.plan import PREFLIGHT, Plan
from conformance.target.api import Api

Make = Callable[..., Any]


def again(make_run: Make, *ends: Exception | None, pack: str = "core", repeats: int = 2) -> Any:
    """The finding of a check that failed, and then ends like this when it is repeated."""
    left = list(ends)

    def check_it(api: Api) -> None:
        end = left.pop(0)
        if end:
            raise end

    run = make_run(repeats=repeats)
    check = Check("END-01", pack, check_it, Cost(1))  # type: ignore[arg-type]
    run.api(check.name).report("END-01", Violation("a final session", "active"))
    run.violated.append(check)
    run.repeat()
    return run.evidence.findings["END-01"][0]


FAILS, PASSES = Violation("a final session", "active"), None


@pytest.mark.parametrize(
    ("ends", "failed", "runs"),
    [
        ((FAILS, FAILS), 3, 3),
        ((PASSES, FAILS), 2, 3),
        ((PASSES, PASSES), 1, 3),
        ((Blocked("no budget"),), 1, 1),
        ((FAILS, NotApplicable("another way")), 2, 2),
        ((ValueError("a fault"),), 1, 1),
    ],
)
def test_a_failed_check_is_repeated(
    make_run: Make, ends: tuple[Exception | None, ...], failed: int, runs: int
) -> None:
    finding = again(make_run, *ends)
    assert (finding.failed, finding.runs) == (failed, runs)


@pytest.mark.parametrize("pack", ["ttl", "model", "generated"])
def test_a_pack_that_takes_long_is_not_repeated(make_run: Make, pack: str) -> None:
    assert again(make_run, pack=pack).runs == 1


def test_repetition_can_be_switched_off(make_run: Make) -> None:
    assert again(make_run, repeats=0).runs == 1


def test_what_is_seen_while_repeating_is_not_counted_again(make_run: Make) -> None:
    run = make_run()
    api = run.api("check_it")
    api.report("SES-01", Violation("a", "b"))
    run.repeat()
    api.report("SES-01", Violation("a", "b"))
    api.report("SES-02", Violation("a", "b"))
    assert [finding.count for finding in run.evidence.findings["SES-01"]] == [1]
    assert len(run.evidence.findings["SES-02"]) == 1


def test_the_plan_counts_what_repeating_may_cost(contract: Contract) -> None:
    plan = Plan(Config(profile=("core", "ttl")), contract)
    assert plan.budget == plan.cost + plan.repeats
    waiting = plan.packs["ttl"][1].sessions
    assert waiting > 0
    assert plan.repeats.sessions == 2 * (plan.cost.sessions - PREFLIGHT.sessions - waiting)


def test_what_a_pack_shares_is_counted_whichever_of_its_checks_run(contract: Contract) -> None:
    for rules in (("TTL-03",), ("TTL-01", "TTL-03", "END-05")):
        (of_pack,) = Plan(Config(profile=("ttl",), rules=rules), contract).packs.values()
        assert (of_pack[1].sessions, of_pack[1].turns) == (3, 5)


def test_a_run_that_only_reads_states_that_it_opens_nothing(contract: Contract) -> None:
    budget = Plan(Config(read_only=True), contract).budget
    assert (budget.sessions, budget.turns) == (0, 0)


def test_how_often_a_check_failed_is_reported(suite: Make, broken: Any) -> None:
    ended = suite("--target", f"{broken.url}/second-end", "--rule", "END-03")
    (finding,) = ended.rule("END-03")["findings"]
    assert (finding["failed"], finding["runs"]) == (3, 3)
    assert "repeated  failed in 3 of 3 runs\n" in ended.out


@pytest.mark.parametrize(
    ("failed", "told"), [(3, "3 of 3 runs\n"), (1, "1 of 3 runs: intermittent\n")]
)
def test_a_failure_that_comes_and_goes_is_labelled(
    capsys: pytest.CaptureFixture[str], failed: int, told: str
) -> None:
    finding = {
        "expected": "a", "actual": "b", "mend": "c", "count": 1, "also": [], "steps": [],
        "rerun": "", "runs": 3, "failed": failed,
    }  # fmt: skip
    rule = {
        "id": "END-01", "level": "MUST", "outcome": "fail", "text": "Text.", "line": 1,
        "evidence": "explicit", "source": "end", "findings": [finding],
    }  # fmt: skip
    print_findings({"rules": [rule], "contract_file": "openapi.yaml"})
    assert f"repeated  failed in {told}" in capsys.readouterr().out


# A gateway's hiccup.


def hiccuping(make_run: Make, times: int, *, swallowed: bool = False) -> Any:
    """A run whose check opens a session behind a gateway that fails so often."""
    run = make_run(target="http://t.test")
    left = [times]

    def answer(request: httpx.Request) -> httpx.Response:
        left[0] -= 1
        return httpx.Response(503 if left[0] >= 0 else 404)

    def check_it(api: Api) -> None:
        with suppress(Blocked) if swallowed else nullcontext():
            api.open().expect_status(404)

    run.client.http = httpx.Client(transport=httpx.MockTransport(answer))
    check = Check("END-01", "core", check_it, Cost(1))
    run.evaluate(check)
    return run


@pytest.mark.parametrize("swallowed", [False, True])
def test_a_check_that_a_hiccup_ended_is_run_once_more(make_run: Make, swallowed: bool) -> None:
    run = hiccuping(make_run, 1, swallowed=swallowed)
    outcome, reason = run.evidence.outcomes["END-01"]
    assert (outcome, "a gateway's alone" in reason) == ("not-run", True)
    for check in run.insist():
        run.evaluate(check)
    assert run.evidence.outcomes["END-01"] == ("pass", "")
    assert "HTTP-02" not in run.evidence.findings


def test_a_hiccup_that_stays_is_no_hiccup(make_run: Make) -> None:
    run = hiccuping(make_run, 2)
    for check in run.insist():
        run.evaluate(check)
    assert run.evidence.outcomes["END-01"][0] == "not-run"
    assert "HTTP-02" in run.evidence.findings
