"""No secret is ever in a report, and no letter of the target spoils one."""

from pathlib import Path

import httpx
import pytest

from conformance.judging.exchange import Exchange
from conformance.report.model import build
from conformance.run.run import Run

from .test_model import Make, broken, every_format, printed

SECRET = "s3cr3t-Key_0001"


def leaky(run: Run, padding: int) -> Exchange:
    """An answer of a server that repeats the keys it is sent, after so many other letters."""
    config = run.config
    told = {
        "title": config.token,
        "detail": "." * padding + f"{config.token} {config.second_token}",
    }
    answer = httpx.Response(401, json=told)
    run.client.http = httpx.Client(transport=httpx.MockTransport(lambda request: answer))
    return run.api("leaky").list()


@pytest.mark.parametrize("settings", [{"token": SECRET}, {"second_token": SECRET}])
def test_no_secret_is_in_any_format(
    make_run: Make, tmp_path: Path, settings: dict[str, str]
) -> None:
    run = make_run(**settings)
    broken(run, leaky(run, 20), actual=f"the key {SECRET}")
    run.evidence.settle("END-01", "not-run", f"told {SECRET}")
    run.evidence.settle("END-02", "error", f"ValueError: {SECRET}")
    text = every_format(build(run), tmp_path)
    assert SECRET not in text
    assert "[redacted]" in text


@pytest.mark.parametrize("padding", range(220, 300, 13))
def test_no_part_of_a_secret_is_left_where_an_answer_is_cut(
    make_run: Make, tmp_path: Path, padding: int
) -> None:
    run = make_run(token=SECRET)
    answer = leaky(run, padding)
    text = every_format(build(broken(run, answer, actual=answer.summary)), tmp_path)
    assert SECRET[:6] not in text


@pytest.mark.parametrize("secret", ["t", "a", "pass", "END-01", "conformant"])
def test_a_secret_that_is_a_common_word_spoils_nothing(
    make_run: Make, exchange: Make, tmp_path: Path, secret: str
) -> None:
    run = make_run(token=secret)
    report = build(run)
    assert report["verdict"] == "conformant"
    assert [rule["id"] for rule in report["rules"]] == list(run.contract.rules)
    assert {rule["outcome"] for rule in report["rules"]} == {"pass"}
    every_format(report, tmp_path)


@pytest.mark.parametrize("odd", ["\ud800", "\x00\x1b[31m", "\u202e", "\r\n"])
def test_any_letters_of_the_target_can_be_written(
    make_run: Make, exchange: Make, tmp_path: Path, odd: str
) -> None:
    run = broken(make_run(), exchange("getChat", {"detail": odd}, 404), actual=f"got {odd}")
    assert "END-03" in every_format(build(run), tmp_path)


def test_control_characters_of_the_target_do_not_reach_the_terminal(
    make_run: Make, exchange: Make
) -> None:
    made = exchange("getChat", b"\x1b]0;owned\x07", 502)
    run = broken(make_run(), made, actual="\x1b]0;owned\x07")
    assert "\x1b]" not in printed(build(run))
