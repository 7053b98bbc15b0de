"""A run is stopped between two requests, whenever the signal comes."""

import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from conformance.report.model import build
from conformance.report.terminal import print_verdict
from conformance.run.run import Run
from conformance.target.interrupt import (
    cut_at,
    install_handlers,
    resume,
    shielded,
    stop_after,
    warn_first,
)

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def hearing() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)  # under nohup one of them is ignored
    install_handlers()
    yield
    resume()
    for number, handler in before.items():
        signal.signal(number, handler)


def ask(number: signal.Signals = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_what_is_under_way_is_done_to_its_end(number: signal.Signals) -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), shielded():
        ask(number)
        done.append("the answer")
    assert done == ["the answer"]


def test_between_two_requests_a_signal_interrupts_at_once() -> None:
    with shielded():
        pass
    with pytest.raises(KeyboardInterrupt):
        ask()


def test_a_second_signal_is_not_kept_waiting() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), shielded():
        ask()
        ask()
        done.append("the answer")
    assert done == []


def test_one_signal_interrupts_once() -> None:
    with pytest.raises(KeyboardInterrupt), shielded():
        ask()
    with shielded():
        done = "the clean-up"
    assert done == "the clean-up"


def test_a_request_that_fails_is_followed_by_the_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt) as raised, shielded():
        ask()
        raise ValueError("not answered")
    assert isinstance(raised.value.__context__, ValueError)


def test_another_thread_holds_nothing_up() -> None:
    inside, leave = threading.Event(), threading.Event()

    def request() -> None:
        with shielded():
            inside.set()
            leave.wait()

    thread = threading.Thread(target=request)
    thread.start()
    inside.wait()
    with pytest.raises(KeyboardInterrupt):
        ask()
    leave.set()
    thread.join()


def test_a_clean_up_goes_on_over_a_first_signal_and_says_so() -> None:
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt), warn_first(lambda: told.append("ending 3 sessions")):
        ask(signal.SIGTERM)
        told.append("ended one")
        ask()
        told.append("never")
    assert told == ["ending 3 sessions", "ended one"]


def test_a_hang_up_that_nohup_keeps_away_stays_unheard() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    install_handlers()
    ask(signal.SIGHUP)


def winding_up(make_run: Callable[..., Run], session: Any, signals: int) -> tuple[Run, list[str]]:
    """A finished run that left three sessions, asked to stop so often as it ends the first."""
    run = make_run()
    told: list[str] = []
    left = [signals]

    def answer(request: httpx.Request) -> httpx.Response:
        while left[0]:
            left[0] -= 1
            ask()
        id = request.url.path.split("/")[-2]
        return httpx.Response(200, json=session(id=id, is_final=True))

    run.say = told.append
    run.client.http = httpx.Client(transport=httpx.MockTransport(answer))
    for number in range(3):
        run.client.ledger.note_open(f"00000000-0000-4000-8000-{number:012}")
    run._wind_up()
    return run, told


def test_a_run_that_cleans_up_goes_on_over_a_first_signal(
    make_run: Callable[..., Run], session: Any
) -> None:
    run, told = winding_up(make_run, session, signals=1)
    assert told == ["\nclean-up  ending 3 sessions; once more to give up"]
    assert build(run)["sessions_left_open"] == 0


def test_a_clean_up_that_is_given_up_is_reported(
    make_run: Callable[..., Run], session: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run, told = winding_up(make_run, session, signals=2)
    report = build(run)
    assert report["sessions_left_open"] > 0
    assert "given up" in told[-1]
    print_verdict(report)
    assert f"sweep --run {run.tag} --target http://127.0.0.1:9 " in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such signal here")
def test_a_wait_of_any_kind_ends_with_the_time_of_the_run() -> None:
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), stop_after(0.2):
        threading.Event().wait(60)
    assert time.monotonic() - begun < 30
    with stop_after(0):
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_what_other_threads_wait_for_is_cut_short_until_the_clean_up() -> None:
    with pytest.raises(KeyboardInterrupt):
        ask()
    assert cut_at() <= time.monotonic() + 0.5
    resume()
    assert cut_at() == math.inf
