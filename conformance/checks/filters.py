"""LIST and FIN: every filter selects what matches, and nothing else."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import cycle
from typing import Any

from ..contract.document import Contract
from ..contract.results import Filter
from ..contract.rules import Rule
from ..contract.values import UUID, fitting, plain_values
from ..judging.equivalence import goes_back, instant, same_time, tick
from ..judging.exchange import Json
from ..judging.outcomes import Blocked, NotApplicable, Violation, expect, shown
from ..registry import kind
from ..target.api import Api, Sessions
from .listing import ids, item_of, states
from .pipeline import POLLS, Marked

EAST, WEST = (timezone(timedelta(hours=hours, minutes=30)) for hours in (5, -7))
ENDS = ("", "-other", "-Ab", "-ab", "_x", "-x", "-%", "-y")  # of channels' names
LONG_AGO, FAR_AHEAD = (datetime(year, 1, 1, tzinfo=UTC).isoformat() for year in (2001, 2101))


def choices(api: Api, one: Filter, row: Json) -> Iterator[tuple[Any, bool]]:
    """Values of the filter, and whether the row matches them, its own first; none where the row
    does not tell."""
    value = row.get(one.member)
    if one.how == "paths":
        path, marker = f"{one.member}.marker", row[one.member]["marker"]
        yield {path: marker}, True
        yield from (({path: other}, False) for other in (f"nobody-{api.key()}", marker[:-1]))
    elif one.how:
        before, after = around(value)
        within, without = (before, after) if one.how == "from" else (after, before)
        yield within, True
        yield without, False
        # What is told of a time may be less than what it is compared by: rounded down, if at all.
        if value and (one.how == "from" or tick(value) <= timedelta(microseconds=1)):
            yield value, True
    elif isinstance(value, str):
        other = UUID if one.member == api.resource.left.identity else f"nobody-{api.key()}"
        for values, wanted in (((value,), True), ((other,), False), ((other, value), True)):
            yield api.contract.sought(one.parameter, *values)[one.parameter], wanted


def around(completed: object) -> tuple[str, str]:
    """Instants an hour before and after this one, told with offsets of more than that; long before
    and after where a row does not tell."""
    try:
        moment, hour = instant(completed), timedelta(hours=1)
    except Blocked:
        return LONG_AGO, FAR_AHEAD
    before, after = (moment - hour).astimezone(EAST), (moment + hour).astimezone(WEST)
    return before.isoformat(), after.isoformat()


def names_the_channel(contract: Contract, rule: Rule) -> bool:
    return rule.members == (contract.resource.channel,)


@kind("filter", "smoke", sessions=13, turns=1, requests=2 * POLLS, first=names_the_channel)
def check_each_filter(api: Api, rule: Rule) -> None:
    """Of those that the rule names, of a list by what they are compared with too, or of all; each
    alone, beside others, or with the same as a session has."""
    filtered = False
    for operation in rule.operations:
        names = {*api.contract.taken(operation)}
        searches = api.resource.role(operation) == "search"
        compared = {} if searches else api.resource.filtering
        named = {compared.get(name, name) for name in rule.members}
        if named and names.isdisjoint(named):
            continue
        filtered, names = True, names & (named or names)
        wrong = [*(wrong_in_a_search if searches else IN_A_LIST[rule.sent])(api, names)]
        expect(not wrong, "every filter to select what matches it", "; ".join(wrong))
    if not filtered:
        raise NotApplicable(f"nothing is filtered by {' and '.join(rule.members)}")


def wrong_in_a_search(api: Api, names: Collection[str]) -> Iterator[str]:
    session = Marked(api)
    session.end()
    row = found_row(session)
    for name, one in api.resource.searched.by_parameter.items():
        if name in names:
            yield from deviations(session, one, row)


def found_row(session: Marked) -> Json:
    """The session's row, found by its marker; where that is in vain, among the agent's latest."""
    rows = session.awaited()
    if rows:
        return rows[0]
    api = session.api
    names, agent = api.resource.searched, api.config.agent
    by_agent = names.parameter(api.resource.left.agent)
    known: Json = api.contract.sought(by_agent, agent) if by_agent and agent else {}
    if most := api.contract.members("search")[names.size].get("maximum"):
        known[names.size] = most
    for row in api.search(**known).results[names.items]:
        if session.owns(row):
            raise Violation(f"a row by {next(iter(session.by_marker))}", "none")
    raise api.blocked("the session has no call result", "found")


def deviations(session: Marked, one: Filter, row: Json) -> Iterator[str]:
    """How a filter does not select the row, or selects it where it should not. Only what a row
    has may not be refused."""
    name, names = one.parameter, session.api.resource
    refused = (*session.api.refused("invalid-request"), 404)
    own, id = None, names.left.identity
    for value, wanted in choices(session.api, one, row):
        own = own or value
        answer = session.api.search(**{**session.by_marker, name: value})
        if value != own and answer.status in refused:
            continue
        rows = answer.results[names.searched.items]
        if (row[id] in [found.get(id) for found in rows]) != wanted:
            says = "leaves out what matches" if wanted else "gives what does not match"
            yield f"{name} {says} {shown(value, 80)}"


def wrong_in_a_list(api: Api, names: Collection[str]) -> Iterator[str]:
    """By what a list without the filter shows of its sessions, in each state that it can be asked
    for. The latest of them is not the last that was opened."""
    filters = [one for one in api.resource.filters if one.parameter in names]
    others = [one for one in filters if one.member != api.resource.channel]
    if filters != others:
        yield from wrong_in_channels(api)
    if not others:
        return
    final, *opened = [spaced(api, place) for place in range(4)]
    api.given_end(final)
    api.given_turn(opened[0])
    every = api.asked_for(api.resource.all, api.contract.lifecycle.initial)
    wholes = {state: api.listed(state=state) for state in states(api)}
    if not wholes[every]:
        raise api.blocked("the list does not hold what matches", "listed", sent="nothing")
    for one in others:
        for state in states(api) if one.all is None else (every,):
            yield from selected(api, one, wholes[state], state)


def wrong_in_channels(api: Api) -> Iterator[str]:
    """By sessions of channels that a careless comparison takes for one."""
    name = api.resource.channel
    opened = {api.channel + end: api.open(channel=api.channel + end) for end in ENDS}
    # What a channel's name may hold is not documented.
    ids_of = {channel: {one.id.lower()} for channel, one in opened.items() if one.ok}
    ids_of[f"nobody-{api.key()}"] = set()
    ended = {api.given_final(channel=api.channel + ENDS[1]).lower()}
    for channel, mine in ids_of.items():
        others = ended.union(*ids_of.values()) - mine
        for state in {api.active, *(states(api) if channel == api.channel else ())}:
            items = api.list(channel=channel, state=state).page[api.resource.items]
            strange = others.intersection(ids(api, items))
            strange |= {*ids(api, api.strangers(items))} if channel == api.channel else set()
            if strange:
                yield f"{name}={channel} lets {', '.join(sorted(strange))} through"
            if state == api.active and mine.difference(ids(api, items)):
                yield f"{name}={channel} leaves out {', '.join(mine)}"


def wrong_at_the_same(api: Api, names: Collection[str]) -> Iterator[str]:
    """A filter of what is later leaves out what is of the instant itself."""
    later = [one for one in api.resource.filters if one.how == "later" and one.parameter in names]
    if not later:
        raise NotApplicable("no list is filtered by what is later")
    for one in later:
        # One time in ten ends with a zero, which tells nothing of its precision: three do.
        id, *_ = [api.given() for _ in range(3)]
        items = api.listed()
        mine = item_of(api, items, id)
        if mine is None:
            raise api.blocked("the session is not in the list", "listed", sent="nothing")
        instant = mine[one.member]
        equal = api.listed(filters={one.parameter: instant})
        if (again := item_of(api, equal, id)) is None:
            continue
        if not same_time(instant, again[one.member]):
            raise api.blocked(f"listing alone moves {one.member}", "safe")
        if min(tick(item[one.member]) for item in items) > timedelta(microseconds=1):
            raise NotApplicable(f"{instant} may be coarser than what the deployment compares with")
        yield f"{one.parameter}={instant} lets {id} through"


def spaced(api: Api, place: int) -> str:
    """A session that is told to be older than whatever follows."""
    opened = api.open(further=given(api, place))
    api.pass_time(opened.session[api.resource.latest])
    return opened.id


def wrong_together(api: Api, names: Collection[str]) -> Iterator[str]:
    """Each beside the filters of the state and the channel, by what a list of every state shows."""
    ended, every = api.asked_for(api.contract.lifecycle.ended), api.asked_for(api.resource.all)
    others = [one for one in api.resource.filters if one.all is None and one.parameter in names]
    if not others:
        raise NotApplicable("lists have one filter alone")
    for place in (0, 1):
        api.given_final(further=given(api, place))
    api.given(further=given(api, 0))
    whole = api.listed(state=every)
    final = [item for item in whole if api.contract.state_of(item) == ended]
    if len(final) != 2:
        raise api.blocked("the list does not hold what matches", "listed", sent="all")
    active = {*ids(api, whole)}.difference(ids(api, final))
    for one in others:
        yield from selected(api, one, final, ended, active)


IN_A_LIST = {"": wrong_in_a_list, "together": wrong_together, "same": wrong_at_the_same}


def given(api: Api, place: int) -> Json:
    """Members of an open that sessions show and that `x-resource` does not name, the values of
    each place of their own; none at the last."""
    made = {}
    for name, schema in api.contract.further.items():
        values = [*plain_values(schema, (f"{api.channel}-{place}",))]
        is_free = schema["type"] == "string" and "enum" not in schema
        if place < 3 and values:
            made[name] = values[0 if is_free else place % len(values)]
    return made


def selected(
    api: Api, one: Filter, whole: Sessions, state: str | None, others: Collection[str] | None = None
) -> Iterator[str]:
    """How a list with this filter is not what the whole has of its values; with `others`, how it
    has one of them, or of another channel, too."""
    listing = api.listed if others is None else api.shown
    for value in filter_values(api, one, whole):
        items = listing(state=state, filters={one.parameter: value})
        wanted = {*ids(api, [item for item in whole if matches(one, item, value) is True])}
        if lacking := wanted.difference(ids(api, items)):
            yield f"{one.parameter}={value} leaves out {', '.join(sorted(lacking))}"
        wrong = [item for item in items if matches(one, item, value) is False]
        strange = {*ids(api, [*wrong, *api.strangers(items)])}
        strange |= {*ids(api, items)}.intersection(others or ())
        if strange:
            yield f"{one.parameter}={value} lets {', '.join(sorted(strange))} through"


def filter_values(api: Api, one: Filter, whole: Sessions) -> list[Any]:
    """Those that sessions have, and one that none has."""
    if one.member == api.resource.channel:
        return [api.channel]
    schema = api.contract.query(api.resource.operations["list"])[one.parameter]
    values = [item[one.member] for item in whole if item.get(one.member) is not None]
    if "enum" in schema:
        return [value for value in schema["enum"] if value != one.all]
    if schema["type"] != "string":
        return [*dict.fromkeys(values)]
    others = [FAR_AHEAD] if one.how == "later" else fitting(schema, [f"nobody-{api.key()}"])
    found = [*dict.fromkeys(values), *others]
    if one.how == "later":  # whatever the offset that an instant is told with
        zones = cycle((UTC, EAST, WEST))
        return [instant(value).astimezone(next(zones)).isoformat() for value in found]
    return found


def matches(one: Filter, item: Json, value: Any) -> bool | None:
    """Whether the filter selects an item; None of one at the instant itself."""
    shown = item.get(one.member)
    if one.how != "later":
        return bool(shown == value)
    later = goes_back(shown, value)
    return later if later or goes_back(value, shown) else None
