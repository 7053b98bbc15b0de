"""The clock: forward only, and all waiting goes through it."""

import asyncio
import time

from mock_server.domain.clock import Clock
from tests.mock_server.advancing import advance

SECOND = 1_000_000


def test_a_wall_clock_tells_the_time_and_goes_forward():
    clock = Clock()
    first = clock.now()
    assert abs(first / SECOND - time.time()) < 1
    assert clock.now() >= first


def test_a_frozen_clock_stands_still_until_it_is_advanced(run):
    clock = Clock(frozen_at=5)
    assert clock.now() == 5
    run(advance(clock, 7))
    assert clock.now() == 12


def test_a_clock_never_goes_back():
    clock = Clock(frozen_at=5)
    clock.move(4)
    assert clock.now() == 5


def test_stamps_are_cut_to_the_resolution():
    assert Clock(frozen_at=2_999_999, resolution=SECOND).stamp() == 2 * SECOND


def test_an_offset_survives_freezing_and_resuming(run):
    async def scene():
        clock = Clock()
        await advance(clock, 3600 * SECOND)
        clock.freeze()
        frozen = clock.now()
        clock.resume()
        assert 0 <= clock.now() - frozen < SECOND
        assert clock.now() / SECOND - time.time() > 3590

    run(scene())


def test_an_advance_fires_what_is_due_in_the_order_of_time(run):
    async def scene():
        clock, fired = Clock(frozen_at=0), []

        async def waiter(name, instant):
            await clock.sleep_until(instant)
            fired.append((name, clock.now()))
            if name == "first":
                await clock.sleep_until(25)
                fired.append(("again", clock.now()))

        tasks = [
            asyncio.create_task(waiter(name, instant))
            for name, instant in (("third", 30), ("first", 10), ("second", 20), ("late", 99))
        ]
        await advance(clock, 50)
        assert fired == [("first", 10), ("second", 20), ("again", 25), ("third", 30)]
        assert clock.now() == 50
        assert clock.next_due() == 99
        tasks[-1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert clock.next_due() is None

    run(scene())


def test_the_wall_wakes_a_sleeper(run):
    async def scene():
        clock = Clock()
        started = time.monotonic()
        await clock.sleep(0.05)
        assert time.monotonic() - started > 0.04

    run(scene())


def test_a_wait_ends_with_the_event_or_at_the_instant(run):
    async def scene():
        clock, event = Clock(frozen_at=0), asyncio.Event()
        waiting = asyncio.create_task(clock.wait(event, 10))
        await advance(clock, 10)
        await waiting
        event.set()
        await clock.wait(event, 10**9)
        await asyncio.sleep(0)
        assert clock.next_due() is None

    run(scene())


def test_a_clock_keeps_no_crowd_of_those_who_gave_up(run):
    async def scene():
        clock = Clock(frozen_at=0)
        first = asyncio.create_task(clock.sleep_until(1))
        for instant in range(2, 1_000):
            waiting = asyncio.create_task(clock.sleep_until(instant))
            await asyncio.sleep(0)
            waiting.cancel()
        assert len(clock._due) < 200
        clock.move(1)
        await first

    run(scene())
