"""What the checks of timeouts make of what was seen, however late the sweeper came."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from conformance.checks import ttl
from conformance.checks.timeouts import Timeouts, turns
from conformance.contract.bounds import Bounds
from conformance.contract.document import Contract
from conformance.contract.lifecycle import Lifecycle
from conformance.judging.outcomes import Blocked, Violation
from conformance.registry import watch_of

MARKS = ((1, "another"), (2, "mark"))
Make = Callable[..., Any]
Exchanges = Callable[..., Any]


@pytest.fixture
def seen(exchange: Exchanges, session: Make) -> Make:
    """What was seen of three sessions: a turn at 30 s, a final at this second, looks after it."""

    def make(final_at: float, *looks: tuple[float, bool]) -> Any:
        def sight(at: float, final: bool) -> Any:
            return exchange("getChat", session(is_final=final), started=at, finished=at)

        return SimpleNamespace(
            wait=lambda: None,
            ttl=60,
            grace=75.0,
            silent=exchange("openChat", session(), started=0.0, finished=0.0),
            marker="mark",
            first_final=final_at,
            talking=exchange("openChat", session(), started=0.0, finished=0.0),
            turns=[exchange("submitMessage", {}, started=30.0, finished=30.0)],
            final=sight(final_at, True),
            looks=[sight(*look) for look in looks],
        )

    return make


def judge(connect: Make, timeouts: Any) -> None:
    api = connect(lambda request: httpx.Response(404))
    ttl.expect_turns_to_push_it_out(api, timeouts)


def test_a_session_that_its_turns_kept_active_passes(connect: Make, seen: Make) -> None:
    judge(connect, seen(60.5, (60.6, False), (62.6, False)))


def test_a_session_that_ended_in_spite_of_its_turn_is_a_violation(
    connect: Make, seen: Make
) -> None:
    with pytest.raises(Violation, match="after its last turn"):
        judge(connect, seen(60.5, (60.6, False), (62.6, True)))


def test_an_end_in_spite_of_a_turn_is_too_early_too(connect: Make, seen: Make) -> None:
    api = connect(lambda request: httpx.Response(404))
    ttl.expect_no_early_end(api, seen(60.5, (60.6, False), (91.0, True)))
    with pytest.raises(Violation, match="final 30.6 s after a turn"):
        ttl.expect_no_early_end(api, seen(60.5, (60.6, True)))


def test_an_end_after_the_pushed_timeout_proves_nothing(connect: Make, seen: Make) -> None:
    judge(connect, seen(60.5, (60.6, False), (91.0, True)))


def test_a_sweeper_that_comes_too_late_is_told_and_never_passes(connect: Make, seen: Make) -> None:
    with pytest.raises(Blocked, match="75 s after its last turn, 60 s are due"):
        judge(connect, seen(105.0, (105.1, True)))


def test_the_older_session_talks_until_the_silent_one_is_final(
    connect: Make, session: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends the silent session has passed the talking one by."""
    for name, value in (("TTL", 1), ("TURN_EVERY", 0.2), ("PAUSE", 0.05), ("LOOK_EVERY", 0.01)):
        monkeypatch.setattr(f"conformance.checks.timeouts.{name}", value)
    monkeypatch.setattr(Contract, "timeouts", Bounds(1, 9))
    begun = time.monotonic()
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(3)]
    opened = iter(ids)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/messages"):
            return httpx.Response(200, json={"messages": [], "is_final": False})
        if request.method == "POST":
            return httpx.Response(201, json=session(id=next(opened)))
        id = request.url.path.rsplit("/", 1)[-1]
        late = time.monotonic() - begun > 1.5  # a sweeper that comes half a second late
        return httpx.Response(200, json=session(id=id, is_final=late and id == ids[1]))

    timeouts = Timeouts(connect(answer, ttl_grace=5.0))
    timeouts.wait()
    assert timeouts.talking.id == ids[0]
    assert len(timeouts.turns) >= 4
    assert timeouts.looks[0].finished < timeouts.turns[-1].started + 1
    assert not any(sight.session["is_final"] for sight in timeouts.looks)


def test_a_session_that_does_not_end_is_told_with_every_look_at_it(
    connect: Make, session: Make, exchange: Exchanges
) -> None:
    opened = exchange("openChat", session(), 201)
    sights = [exchange("getChat", session()) for _ in range(3)]
    seen = SimpleNamespace(
        wait=lambda: None, ttl=60, grace=75.0, silent=opened, sights=sights, final=None
    )
    api = connect(lambda request: httpx.Response(404))
    with pytest.raises(Violation, match="it is active"):
        ttl.expect_an_end_in_time(api, cast(Timeouts, seen))
    assert api.trace == [opened, *sights]


@pytest.mark.parametrize(
    ("operation", "reason", "looked_at", "broken"),
    [
        ("openChat", "ttl", 20.0, True),
        ("openChat", "ttl", 40.0, False),  # an open that was lost may have come before
        ("openChat", "user_end", 20.0, False),
        ("getChat", "ttl", 20.0, False),  # who knows when it was opened
    ],
)
def test_a_timeout_that_is_seen_at_once(
    contract: Contract,
    exchange: Exchanges,
    session: Make,
    operation: str,
    reason: str,
    looked_at: float,
    broken: bool,
) -> None:
    watch, at = watch_of(contract), looked_at
    watch.judge(exchange(operation, session(ttl_seconds=60), started=0.0, finished=1.0))
    final = session(ttl_seconds=60, is_final=True, final_reason=reason)
    seen = watch.judge(exchange("getChat", final, started=at, finished=at))
    assert [bool(violation) for rule, violation in seen if rule == "TTL-02"] in (
        [[True]] if broken else [[], [False]]
    )


def test_a_declared_grace_is_part_of_the_plan() -> None:
    assert (turns(60, 75.0), turns(60, 300.0), turns(120, 75.0)) == (5, 12, 7)


@pytest.mark.parametrize(("runs", "rows"), [(True, 0), (False, 1)])
def test_a_call_result_of_a_timeout_is_as_the_lifecycle_has_it(
    connect: Make, seen: Make, monkeypatch: pytest.MonkeyPatch, runs: bool, rows: int
) -> None:
    """Told by its data, as its id may be its own."""
    other, mine = ({"callId": str(n), "callAdditionalData": {"marker": m}} for n, m in MARKS)
    found = {"results": [other, *[mine] * rows], "totalCount": rows + 1, "totalPages": 1}
    api = connect(lambda request: httpx.Response(200, json=found), index_wait=0.1)
    monkeypatch.setattr(Lifecycle, "does", lambda *_: not runs)
    ttl.expect_a_result(api, seen(60.5))
    monkeypatch.setattr(Lifecycle, "does", lambda *_: runs)
    with pytest.raises(Violation, match="as the lifecycle has it"):
        ttl.expect_a_result(api, seen(60.5))
