"""OPEN: what an open answers with."""

from __future__ import annotations

from collections.abc import Iterator

from ..contract.document import Contract
from ..contract.rules import Rule
from ..judging.equivalence import same_id, same_time
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import NotApplicable, expect, shown
from ..registry import kind, rule
from ..target.api import Api
from ..target.operations import ABSENT, FILLER, UNSET
from .filters import given
from .listing import item_of

RESERVED = ("Channel", "SipEndpoint", "channel", "sip_endpoint")


@rule("OPEN-01", "smoke", sessions=2)
def check_open_is_answered_with_the_session(api: Api) -> None:
    opened = api.open().expect_ok()
    expect(
        isinstance(opened.json, dict) and api.resource.id in opened.json,
        "a session",
        opened.summary,
    )
    kind, create = "application/json; charset=utf-8", api.resource.operations["create"]
    whole = api.contract.filled(create, api.text(), api.plain())
    api.send(create, body=whole, content_type=kind).expect_ok()


@rule("OPEN-04", "smoke", sessions=2)
def check_open_answers_with_an_active_session(api: Api) -> None:
    endpoint = api.endpoint()
    first = api.open(endpoint=endpoint).session
    expect(api.resource.final(first) is False, "an active session", first)
    api.end(first[api.resource.id])
    second = api.open(endpoint=endpoint)  # which may be refused, see DEDUP-03
    if second.ok:
        fine = api.resource.final(second.session) is False
        expect(fine, "an active session", second.session)


@rule("OPEN-08", sessions=2)
def check_unknown_agent_is_refused(api: Api) -> None:
    api.given()
    api.open(agent=f"agent-unknown-{api.key()}").expect_status(*api.refused("unknown-agent"))


@rule("OPEN-09", sessions=2)
def check_disabled_agent_takes_no_session(api: Api) -> None:
    api.given()  # the same open with an enabled agent is taken
    refused = api.refused("agent-disabled")
    api.open(agent=api.config.disabled_agent).expect_status(*refused)
    every = api.asked_for(api.resource.all, api.contract.lifecycle.initial)
    count = len(api.listed(state=every))
    expect(count == 1, "the enabled agent's session alone in the channel", f"{count} sessions")


@rule("OPEN-12", "smoke", sessions=5)
def check_new_sessions_have_ids_of_their_own(api: Api) -> None:
    ids = [api.given() for _ in range(3)]
    ids.append(api.given_final())
    ids.append(api.given())  # which has not the id of the one that has ended
    distinct = len({id.lower() for id in ids})
    expect(distinct == len(ids), f"{len(ids)} distinct ids", ids)


@rule("OPEN-13")
def check_transcript_of_a_new_session(api: Api) -> str:
    messages = api.open().session[api.resource.transcript]
    return f"a new session holds {len(messages)} messages"


@rule("OPEN-15")
def check_endpoint_and_data_stay_out_of_the_session(api: Api) -> None:
    secret = f"secret-{api.key()}"
    endpoint = UNSET if api.resource.endpoint in api.contract.further else {"line": secret}
    opened = api.open(endpoint=endpoint, data={"note": secret})
    id = opened.id
    for answer in (opened, api.get(id)):
        expect(secret.encode() not in answer.content, "neither in the session", answer.summary)


@rule("OPEN-16", sessions=2)
def check_reserved_keys_are_accepted(api: Api) -> None:
    api.given()
    data = {"conformance_run": api.run, **dict.fromkeys(RESERVED, "the caller's own")}
    api.open(data=data).expect_ok()


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


@kind("default", sessions=2)
def check_what_is_left_out_is_the_default(api: Api, rule: Rule) -> None:
    """Or null where there is none, as a timeout is that is told as null."""
    for name in rule.members:
        schema = api.contract.members("create")[name]
        default, nullable = schema.get("default"), schema.get("nullable")
        cases = [] if default is None and not nullable else [(ABSENT, default)]
        cases = [] if api.needs("create", name) else cases
        cases += [(None, None)] if nullable and name == api.resource.timeout else []
        if not cases:
            raise NotApplicable(f"the contract has no {name} for an open without one")
        for value, wanted in cases:
            got = api.open(further={name: value}).expect_ok().session[name]
            expect(got == wanted, f"{name} {shown(wanted)}", shown(got))


@rule("GET-01", "smoke")
def check_a_session_is_retrieved_as_it_was_opened(api: Api) -> None:
    opened = api.open(timeout=api.contract.timeouts.near(600)).session
    got = api.get(opened[api.resource.id]).expect_ok().session
    id, names = opened[api.resource.id], api.resource
    expect(same_id(got[names.id], id), id, got[names.id])
    told = (names.agent, names.channel, names.timeout, names.mirror, *api.contract.further)
    for member in (name for name in told if name):
        expect(got[member] == opened[member], f"{member} {shown(opened[member])}", got[member])
