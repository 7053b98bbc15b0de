"""TTL: a silent session ends by itself, not too early, and says so."""

from __future__ import annotations

from conformance.api import Api
from conformance.findings import Blocked, expect
from conformance.likeness import difference, tick
from conformance.rules import rule
from conformance.timeouts import TTL, Timeouts


@rule("TTL-01", "ttl", sessions=0)
def check_a_silent_session_times_out(api: Api, timeouts: Timeouts) -> None:
    timeouts.wait()
    api.story.append(timeouts.silent)
    final = timeouts.final
    wanted = f"a final session within {TTL} s and a grace of {timeouts.grace:g} s"
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
    timeouts.wait()
    if timeouts.final is None:
        raise Blocked("the silent session did not time out, see TTL-01")
    taken = [turn for turn in timeouts.turns if turn.ok]
    if not taken:
        raise Blocked("the turns that keep a session active were not taken")
    api.story += [timeouts.talking, *timeouts.turns]
    # Without its turns it would have ended with its silent twin; with them, not before this:
    last = taken[-1]
    cut = tick(timeouts.talking.session["last_activity"]).total_seconds()
    looks = [sight for sight in timeouts.looks if sight.finished < last.started + TTL - cut]
    if not looks:
        late = timeouts.final.finished - last.started
        raise Blocked(f"it was looked at only {late:.0f} s after its last turn, {TTL} s are due")
    for sight in looks:
        api.story.append(sight)
        final = sight.session["is_final"]
        expect(final is False, f"active until {TTL} s after its last turn", "it is final")


@rule("TTL-04", "ttl", sessions=0)
def check_without_timeout_a_session_stays(api: Api, timeouts: Timeouts) -> None:
    timeouts.wait()
    if timeouts.first_final is None:
        raise Blocked("no session timed out, see TTL-01")
    api.story.append(timeouts.endless)
    final = api.get(timeouts.endless.id).session["is_final"]
    expect(final is False, "a session that is still active", "it is final")


@rule("END-05", "ttl", sessions=0)
def check_an_end_keeps_the_timeouts_reason(api: Api, timeouts: Timeouts) -> None:
    timeouts.wait()
    api.story.append(timeouts.silent)
    before = api.get(timeouts.silent.id).session
    if before["final_reason"] != "ttl":
        raise Blocked("the session did not end by its timeout, see TTL-01")
    ended = api.end(timeouts.silent.id, note="too late").expect_status(200).session
    differs = difference(before, ended)
    expect(differs is None, "the session as it was, final as ttl", f"it differs in {differs}")
