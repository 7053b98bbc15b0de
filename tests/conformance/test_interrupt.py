"""A run is stopped between two requests, whenever the signal comes."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from conformance.interrupt import hear, patient, whole

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def hearing() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    hear()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def ask(number: signal.Signals = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_what_is_under_way_is_done_to_its_end(number: signal.Signals) -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), whole():
        ask(number)
        done.append("the answer")
    assert done == ["the answer"]


def test_between_two_requests_a_signal_interrupts_at_once() -> None:
    with whole():
        pass
    with pytest.raises(KeyboardInterrupt):
        ask()


def test_a_second_signal_is_not_kept_waiting() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), whole():
        ask()
        ask()
        done.append("the answer")
    assert done == []


def test_one_signal_interrupts_once() -> None:
    with pytest.raises(KeyboardInterrupt), whole():
        ask()
    with whole():
        done = "the clean-up"
    assert done == "the clean-up"


def test_a_request_that_fails_is_followed_by_the_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt) as raised, whole():
        ask()
        raise ValueError("not answered")
    assert isinstance(raised.value.__context__, ValueError)


def test_another_thread_holds_nothing_up() -> None:
    inside, leave = threading.Event(), threading.Event()

    def request() -> None:
        with whole():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=request)
    thread.start()
    inside.wait(10)
    with pytest.raises(KeyboardInterrupt):
        ask()
    leave.set()
    thread.join()


def test_a_clean_up_goes_on_over_a_first_signal_and_says_so() -> None:
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt), patient(lambda: told.append("ending 3 sessions")):
        ask(signal.SIGTERM)
        told.append("ended one")
        ask()
        told.append("never")
    assert told == ["ending 3 sessions", "ended one"]


def test_a_hang_up_that_nohup_keeps_away_stays_unheard() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    hear()
    ask(signal.SIGHUP)
