"""TTL: a silent session ends by itself, not too early, and says so."""

from ..contract.document import Contract
from ..contract.lifecycle import EXPIRE
from ..contract.rules import Rule
from ..judging.answer import Answer
from ..judging.equivalence import instant, is_whole, tick
from ..judging.exchange import Exchange
from ..judging.memory import Change
from ..judging.outcomes import Blocked, NotApplicable, expect, shown
from ..registry import every_exchange, kind
from ..target.api import Api
from .pipeline import POLLS, Marked
from .timeouts import Timeouts
from .turns import touches


@kind("timer", "ttl", sessions=0, requests=POLLS)
def check_the_timer(api: Api, rule: Rule, timeouts: Timeouts) -> None:
    """A silent session ends within the bound told, or not before; a turn pushes that out; without
    a timeout none ends. One that has ended so leaves what the lifecycle has."""
    if rule.when and not touches(api):
        raise NotApplicable("a turn is no activity, as the lifecycle has it")
    timeouts.wait()
    if rule.bound == "maximum":
        expect_an_end_in_time(api, timeouts)
        return
    if timeouts.final is None:
        raise api.blocked("the silent session did not time out", "timer", bound="maximum")
    ways = {
        rule.by: expect_a_result,
        rule.when: expect_turns_to_push_it_out,
        rule.sent: expect_none_without_timeout,
        rule.bound: expect_no_early_end,
    }
    next(judge for word, judge in ways.items() if word)(api, timeouts)


def expect_an_end_in_time(api: Api, timeouts: Timeouts) -> None:
    api.trace += [timeouts.silent, *timeouts.sights]
    final = timeouts.final
    wanted = f"a final session within {timeouts.ttl} s and a grace of {timeouts.grace:g} s"
    expect(final is not None, wanted, "it is active")
    assert final
    if name := api.resource.reason:
        reason = api.get(timeouts.silent.id).session[name]
        due = api.contract.lifecycle.reason(EXPIRE)
        expect(reason == due, f"{name} {due}", shown(reason))
    if api.contract.lifecycle.does("touch", "expire"):
        name = api.resource.touched
        before, after = (one.session[name] for one in (timeouts.silent, final))
        expect(instant(after) > instant(before), f"a {name} after {before}", after)


def expect_no_early_end(api: Api, timeouts: Timeouts) -> None:
    early, final = timeouts.first_final, timeouts.final
    assert final
    assert early is not None
    api.trace += [timeouts.silent, final]
    # A deployment that keeps whole seconds counts from as much as one before the open.
    cut = tick(timeouts.silent.session[api.resource.touched]).total_seconds()
    wanted = f"{timeouts.ttl} s of silence at least"
    expect(early >= timeouts.ttl - cut, wanted, f"it was final after {early:.1f} s")
    api.trace[:] = [timeouts.talking, *timeouts.turns]
    for sight in certain_looks(timeouts) if touches(api) else ():
        api.trace.append(sight)
        silence = sight.finished - taken(timeouts)[-1].started
        active = api.resource.final(sight.session) is False
        expect(active, wanted, f"it is final {silence:.1f} s after a turn")


@every_exchange("timer", Answer.expiries)
def check_no_timeout_is_seen_at_once(change: Change, rule: Rule, contract: Contract) -> None:
    """Half of it, as an open that was lost may have come before the one that was answered."""
    timeout = change.before.get(contract.resource.timeout)
    if rule.bound != "minimum" or change.age is None or not is_whole(timeout):
        raise NotApplicable("nothing tells when it is due")
    wanted = f"{timeout:g} s of silence at least"
    expect(change.age > timeout / 2, wanted, f"it was final {change.age:.1f} s after its open")


def taken(timeouts: Timeouts) -> list[Exchange]:
    """The turns that kept the talking session active."""
    return [turn for turn in timeouts.turns if turn.ok]


def certain_looks(timeouts: Timeouts) -> list[Exchange]:
    """The looks at the talking session that came before its timeout can have passed."""
    opened, turns = timeouts.talking, taken(timeouts)
    cut = tick(opened.session[opened.resource.touched]).total_seconds()
    due = turns[-1].started + timeouts.ttl - cut if turns else 0.0
    return [sight for sight in timeouts.looks if sight.finished < due]


def expect_turns_to_push_it_out(api: Api, timeouts: Timeouts) -> None:
    assert timeouts.final
    if not taken(timeouts):
        raise api.blocked("the turns that keep a session active were not taken", "result", "submit")
    api.trace += [timeouts.talking, *timeouts.turns]
    # Without its turns it would have ended with its silent twin; with them, not as yet.
    looks = certain_looks(timeouts)
    if not looks:
        late = timeouts.final.finished - taken(timeouts)[-1].started
        raise Blocked(
            f"it was looked at only {late:.0f} s after its last turn, {timeouts.ttl} s are due"
        )
    for sight in looks:
        api.trace.append(sight)
        final = api.resource.final(sight.session)
        expect(final is False, f"active until {timeouts.ttl} s after its last turn", "it is final")


def expect_none_without_timeout(api: Api, timeouts: Timeouts) -> None:
    api.trace.append(timeouts.endless)
    final = api.resource.final(api.get(timeouts.endless.id).session)
    expect(final is False, "a session that is still active", "it is final")


def expect_a_result(api: Api, timeouts: Timeouts) -> None:
    api.trace.append(timeouts.silent)
    told = api.contract.lifecycle.does("pipeline", "expire")
    wanted = f"{'a' if told else 'no'} call result of it, as the lifecycle has it"
    found = bool(Marked(api, timeouts.marker, timeouts.silent.id).awaited())
    expect(found == told, wanted, "there is one" if found else "none")
