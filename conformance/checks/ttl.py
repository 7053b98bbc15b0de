"""TTL: a silent session ends by itself, not too early, and says so."""

from __future__ import annotations

import time

from conformance.api import Api
from conformance.findings import Blocked, expect
from conformance.likeness import difference, tick
from conformance.rules import rule
from conformance.timeouts import GRACE, TTL, Timeouts


@rule("TTL-01", "ttl", sessions=3, turns=1)
def check_a_silent_session_times_out(api: Api, timeouts: Timeouts) -> None:
    timeouts.wait()
    api.story.append(timeouts.silent)
    final = timeouts.final
    wanted = f"a final session within {TTL} s and a grace of {GRACE:g} s"
    expect(final is not None, wanted, "it is active")
    reason = api.get(timeouts.silent.id).session["final_reason"]
    expect(reason == "ttl", "final_reason ttl", reason)


@rule("TTL-02", "ttl", sessions=0)
def check_no_session_times_out_early(api: Api, timeouts: Timeouts) -> None:
    timeouts.wait()
    early = timeouts.first_final
    if early is None:
        raise Blocked("the session did not time out, see TTL-01")
    # A deployment that keeps whole seconds counts from as much as one before the open.
    cut = tick(timeouts.silent.session["last_activity"]).total_seconds()
    expect(early >= TTL - cut, f"{TTL} s of silence at least", f"it was final after {early:.1f} s")


@rule("TTL-03", "ttl", sessions=0)
def check_a_turn_pushes_the_timeout_out(api: Api, timeouts: Timeouts) -> None:
    turn = timeouts.turn
    if turn is None or not turn.ok:
        raise Blocked("the turn half-way was not taken")
    if timeouts.first_final is None:
        raise Blocked("the silent session did not time out, see TTL-01")
    api.story += [timeouts.talking, turn]
    # Without the turn it would have ended with its silent twin; with it, not before this:
    until = turn.started + TTL
    while time.monotonic() < until - 5:
        sight = api.get(timeouts.talking.id)
        if sight.finished < until:
            final = sight.session["is_final"]
            expect(final is False, f"active until {TTL} s after its turn", "it is final")
        time.sleep(2)


@rule("TTL-04", "ttl", sessions=0)
def check_without_timeout_a_session_stays(api: Api, timeouts: Timeouts) -> None:
    if timeouts.first_final is None:
        raise Blocked("no session timed out, see TTL-01")
    api.story.append(timeouts.endless)
    final = api.get(timeouts.endless.id).session["is_final"]
    expect(final is False, "a session that is still active", "it is final")


@rule("END-05", "ttl", sessions=0)
def check_an_end_keeps_the_timeouts_reason(api: Api, timeouts: Timeouts) -> None:
    api.story.append(timeouts.silent)
    before = api.get(timeouts.silent.id).session
    if before["final_reason"] != "ttl":
        raise Blocked("the session did not end by its timeout, see TTL-01")
    ended = api.end(timeouts.silent.id, note="too late").expect_status(200).session
    differs = difference(before, ended)
    expect(differs is None, "the session as it was, final as ttl", f"it differs in {differs}")
