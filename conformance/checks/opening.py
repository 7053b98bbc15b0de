"""OPEN: what an open answers with."""

from collections.abc import Callable, Iterator
from functools import partial

from ..contract.document import Contract
from ..contract.rules import Rule
from ..contract.values import fitting, least
from ..judging.equivalence import same_time
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import NotApplicable, expect, shown
from ..registry import kind
from ..target.api import Api
from ..target.operations import ABSENT, FILLER, UNSET
from .filters import given
from .kinds.accepted import Requests
from .kinds.arrange import expect_state, taking
from .kinds.bodies import FORMED
from .listing import item_of

CHARSET = "application/json; charset=utf-8"


@kind("result", "smoke", sessions=2, turns=2, subjects=lambda _, rule: 2 * len(rule.operations))
def check_what_an_operation_answers_with(api: Api, rule: Rule) -> None:
    """What is right is taken, also with the charset told, and answered with a session, or with the
    members of the contract and no others."""
    for operation in rule.operations:
        requests = Requests(api, operation)
        answer = requests.answer(requests.made_of({})).expect_ok()
        schema, got = api.contract.answer(operation), answer.json
        wanted = {name for form in schema.get("oneOf", [schema]) for name in form["properties"]}
        members = {*got} if isinstance(got, dict) else set()
        fine = api.resource.id in members if answer.gives_session else members == wanted
        told = "a session" if answer.gives_session else ", ".join(sorted(wanted))
        expect(fine, told, ", ".join(sorted(members)) or answer.summary)
        if requests.body:
            id, whole = requests.session(), requests.made_of({})
            api.send(operation, id=id, body=whole, content_type=CHARSET).expect_ok()


@kind("new", "smoke", sessions=6)
def check_what_is_new(api: Api, rule: Rule) -> None:
    """A new session has an id of its own, is in the first state, and nothing was said in it: of
    these, what the members of the rule tell."""
    names, initial = api.resource, api.contract.lifecycle.initial
    judged = rule.members or (names.id, names.status, names.transcript)
    opened = [api.open().session for _ in range(3)]
    api.end(opened[-1][names.id])
    opened.append(api.open().session)  # which has not the id of the one that has ended
    if names.status in judged and names.endpoint:
        endpoint = api.endpoint()
        api.end(api.given(endpoint=endpoint))
        again = api.open(endpoint=endpoint)  # which may be refused, see DEDUP-03
        opened += [again.session] if again.ok else []
    for session in opened:
        if names.status in judged:
            expect_state(api, session, initial)
        if names.transcript in judged:
            said = session[names.transcript]
            expect(not said, "nothing said in a new session", f"{len(said)} messages")
    if names.id in judged:
        ids = [session[names.id] for session in opened]
        distinct = len({id.lower() for id in ids})
        expect(distinct == len(ids), f"{len(ids)} distinct ids", ids)


@kind("agent", sessions=2)
def check_an_agent_takes_no_session(api: Api, rule: Rule) -> None:
    """One that is unknown or disabled, while another one takes sessions."""
    api.given()
    if rule.sent == "unknown":
        agent = f"agent-unknown-{api.key()}"
        api.open(agent=agent).expect_status(*api.refused("unknown-agent"))
        return
    refused = api.refused("agent-disabled")
    api.open(agent=api.config.disabled_agent).expect_status(*refused)
    every = api.asked_for(api.resource.all, api.contract.lifecycle.initial)
    count = len(api.listed(state=every))
    expect(count == 1, "the enabled agent's session alone in the channel", f"{count} sessions")


@kind("hidden", sessions=2, turns=2)
def check_what_is_given_is_shown_nowhere(api: Api, rule: Rule) -> None:
    """What the first operation of a rule takes, and no session shows, is in no answer of any."""
    secret, (operation, *_) = f"note-{api.key()}", rule.operations
    role = api.resource.role(operation)
    given = {
        name: secret if schema["type"] == "string" else {"line": secret}
        for name, schema in hidden(api.contract, operation).items()
        if fitting(schema, [secret])
    }
    if not given:
        raise NotApplicable(f"sessions show all that {operation} takes")
    id = "" if role == "create" else taking(api, operation).id
    base = api.plain() if role == "create" else {}
    body = api.contract.filled(operation, api.text(), base | given)
    answer = api.send(operation, id=id, body=body)
    looks: dict[str, Callable[[str], Exchange]] = {"read": api.get, "list": partial(in_a_list, api)}
    roles = [api.resource.role(one) for one in rule.operations]
    answers = [looks[one](id or answer.id).control() for one in roles if one in looks]
    for sight in (answer.expect_ok(), *answers):
        expect(secret.encode() not in sight.content, "none of it in the answer", sight.summary)


def hidden(contract: Contract, operation: str) -> dict[str, Json]:
    """The members that an operation takes, of any text or shape, and that no session shows."""
    session = contract.answer(contract.resource.operations["read"])
    shown = {name for form in session.get("oneOf", [session]) for name in form["properties"]}
    shown.add(contract.resource.text)  # which is said
    return {
        name: schema
        for name, schema in contract.taken(operation).items()
        if name not in shown and schema.get("type") in ("string", "object")
        if FORMED.isdisjoint(schema)
    }


def in_a_list(api: Api, _: str) -> Exchange:
    state = api.asked_for(api.resource.all, *api.contract.listed_states)
    return api.list(channel=api.channel, state=state)


@kind("reserved", sessions=2)
def check_reserved_keys_are_accepted(api: Api) -> None:
    api.given()
    opening = api.contract.taken(api.resource.operations["create"])
    known = opening[api.resource.data].get("properties", {})
    own = {key: least(known.get(key, {}), ("the caller's own",)) for key in api.resource.reserved}
    api.open(data={"conformance_run": api.run, **own}).expect_ok()


def is_plain(contract: Contract, rule: Rule) -> bool:
    return bool(rule.members) and contract.resource.timeout not in rule.members


@kind("shown", "smoke", sessions=4, first=is_plain)
def check_what_an_open_gives_is_shown(api: Api, rule: Rule) -> None:
    """As it was given, or as its default or null: the members that the rule names, or all. No other
    member is tried in several ways: an open that is refused for it would be another rule's."""
    legal, names = api.contract.timeouts, api.resource
    timeouts = legal.least, legal.near(3600), legal.most, legal.near(600)
    for place, timeout in enumerate(timeouts):
        own = {names.timeout: timeout, names.channel: f"{api.channel}{'-Ab' * (place == 1)}"}
        each = {name: value for name, value in own.items() if name} | given(api, place)
        members = {name: each[name] for name in each if name in (rule.members or each)}
        endpoint = api.endpoint() if place == 3 else UNSET
        opened = api.open(endpoint=endpoint, further=members).expect_ok()
        least = api.contract.filled(names.operations["create"], FILLER)
        silent = {
            name: least.get(name, schema.get("default"))
            for name, schema in api.contract.further.items()
        }
        told = {**api.plain(), **silent, **members}
        for view, body in views(api, rule, opened):
            for name in rule.members or told:
                got, wanted = body.get(name), told[name]
                fine = got == wanted or same_time(got, wanted)
                expect(fine, f"{name} {shown(wanted)} by the {view}", shown(got))


def views(api: Api, rule: Rule, opened: Exchange) -> Iterator[tuple[str, Json]]:
    """What the operations of a rule show of a session, which an end makes final."""
    roles = [api.resource.role(operation) for operation in rule.operations]
    if "create" in roles:
        yield "open", opened.session
    if "read" in roles:
        yield "retrieve", api.get(opened.id).session
    if "list" in roles:
        state = api.asked_for(api.resource.all, api.contract.lifecycle.initial)
        if item := item_of(api, api.listed(state=state), opened.id):
            yield "list", item
    if "end" in roles:
        yield "end", api.end(opened.id).session


@kind("default", sessions=2, subjects=lambda _, rule: 2 * len(rule.members))
def check_what_is_left_out_is_the_default(api: Api, rule: Rule) -> None:
    """Or null where there is none, as a timeout is that is told as null."""
    tried = False
    for name in rule.members:
        schema = api.contract.members("create")[name]
        default, nullable = schema.get("default"), schema.get("nullable")
        cases = [] if default is None and not nullable else [(ABSENT, default)]
        cases = [] if api.needs("create", name) else cases
        cases += [(None, None)] if nullable and name == api.resource.timeout else []
        for value, wanted in cases:
            tried, got = True, api.open(further={name: value}).expect_ok().session[name]
            expect(got == wanted, f"{name} {shown(wanted)}", shown(got))
    if not tried:
        names = " and no ".join(rule.members)
        raise NotApplicable(f"the contract has no {names} for an open without one")
