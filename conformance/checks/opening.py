"""OPEN: what an open answers with."""

from __future__ import annotations

from ..judging.equivalence import same_id, same_time
from ..judging.outcomes import NotApplicable, expect, shown
from ..registry import rule
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


@rule("OPEN-02", "smoke")
def check_open_binds_the_agent(api: Api) -> None:
    session = api.open().session
    agent = session[api.resource.agent]
    expect(agent == api.config.agent, str(api.config.agent), agent)


@rule("OPEN-03", "smoke", sessions=2)
def check_open_keeps_the_channel(api: Api) -> None:
    for channel in (api.channel, f"{api.channel}-Ab"):
        got = api.open(channel=channel).session[api.resource.channel]
        expect(got == channel, channel, got)


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


@rule("OPEN-05", sessions=4)
def check_open_keeps_the_timeout(api: Api) -> None:
    legal = api.contract.timeouts
    plain = ((seconds, UNSET) for seconds in (legal.least, legal.near(3600), legal.most))
    for seconds, endpoint in (*plain, (legal.near(600), api.endpoint())):
        opened = api.open(timeout=seconds, endpoint=endpoint).expect_ok().session
        timeout = opened[api.resource.timeout]
        expect(timeout == seconds, f"{api.resource.timeout} {seconds}", timeout)


@rule("OPEN-06", sessions=2)
def check_open_without_timeout_has_none(api: Api) -> None:
    name, default = api.resource.timeout, api.contract.timeouts.default
    cases = [(ABSENT, default), (None, None)]
    for value, wanted in cases[api.needs("create", name) :]:
        timeout = api.open(timeout=value).expect_ok().session[name]
        expect(timeout == wanted, f"{name} {shown(wanted)}", timeout)


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


@rule("OPEN-14")
def check_open_without_a_channel(api: Api) -> None:
    channel = api.resource.channel
    default = api.contract.members("create")[channel].get("default")
    if default is None or api.needs("create", channel):
        raise NotApplicable("the contract has no channel for an open without one")
    opened = api.open(channel=UNSET)
    expect(opened.ok, "an open without a channel to be taken", opened.summary)
    expect(opened.session[channel] == default, f"{channel} {default}", opened.session[channel])


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


@rule("OPEN-19", sessions=4)
def check_what_an_open_gives_is_shown(api: Api) -> None:
    """By the open, retrieved, listed and once the session is final."""
    names, timeout = api.resource, api.contract.timeouts.near(600)
    plain = api.plain() | ({names.timeout: timeout} if names.timeout else {})
    state = api.asked_for(api.resource.all, api.contract.lifecycle.initial)
    for place in range(4):
        members = given(api, place)
        opened = api.open(timeout=timeout, further=members).expect_ok()
        least = api.contract.filled(names.operations["create"], FILLER)
        silent = {
            name: least.get(name, schema.get("default"))
            for name, schema in api.contract.further.items()
        }
        views = {"open": opened.session, "retrieve": api.get(opened.id).session}
        if item := item_of(api, api.listed(state=state), opened.id):
            views["list"] = item
        views["end"] = api.end(opened.id).session
        for name, value in {**plain, **silent, **members}.items():
            for view, body in views.items():
                wanted = f"{name} {shown(value)} by the {view}"
                got = body.get(name)
                expect(got == value or same_time(got, value), wanted, shown(got))


@rule("GET-01", "smoke")
def check_a_session_is_retrieved_as_it_was_opened(api: Api) -> None:
    opened = api.open(timeout=api.contract.timeouts.near(600)).session
    got = api.get(opened[api.resource.id]).expect_ok().session
    id, names = opened[api.resource.id], api.resource
    expect(same_id(got[names.id], id), id, got[names.id])
    told = (names.agent, names.channel, names.timeout, names.mirror, *api.contract.further)
    for member in (name for name in told if name):
        expect(got[member] == opened[member], f"{member} {shown(opened[member])}", got[member])
