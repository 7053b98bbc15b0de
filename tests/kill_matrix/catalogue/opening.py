"""Mutants of the open, and of retrieving what was opened."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import replace
from typing import Any

from mock_server.domain.agents import Agent
from mock_server.domain.chats import Chats
from mock_server.domain.render import Renderer
from mock_server.http import handlers
from mock_server.http.validation import ValidatedOperation
from mock_server.problems.kinds import Problem

from ..mutants import mutant
from ..patch import Answer, Patch
from .tools import Body, execute, lenient_body, recast

TTL_RANGE = (60, 86400)  # as the contract has it


@mutant("OPEN-01", "an open is answered 202 without a session")
def open_is_only_accepted(patch: Patch) -> None:
    @patch.answer("openChat")
    def accepted(answer: Answer) -> None:
        if answer.ok:
            answer.status, answer.json = 202, {"accepted": True}


@mutant("OPEN-02", "a new session shows the agent's name in capitals")
def agent_in_capitals(patch: Patch) -> None:
    @patch.around(Renderer, "session")
    def session(real: Any, renderer: Renderer, value: Any) -> Any:
        return real(renderer, replace(value, agent_id=value.agent_id.upper()))


@mutant("OPEN-03", "a channel is kept in lower case")
def channel_in_lower_case(patch: Patch) -> None:
    @patch.around(Chats, "new_session")
    def new_session(real: Any, chats: Chats, agent: Agent, body: Body) -> Any:
        return real(chats, agent, {**body, "channel": (body.get("channel") or "web").lower()})


@mutant("OPEN-03", "every session is put on the channel web")
def channel_is_always_web(patch: Patch) -> None:
    @patch.around(Chats, "new_session")
    def new_session(real: Any, chats: Chats, agent: Agent, body: Body) -> Any:
        return real(chats, agent, {**body, "channel": "web"})


@mutant("OPEN-04", "an endpoint's ended session is given again")
def open_gives_the_ended_session(patch: Patch) -> None:
    given: dict[str, Any] = {}

    @patch.around(Chats, "open")
    async def opened(real: Any, chats: Chats, body: Body) -> Any:
        endpoint = f"{body.get('channel')} {body.get('external_id')}"
        if body.get("external_id") and endpoint in given:
            return await chats.get(given[endpoint]), False
        session, new = await real(chats, body)
        given[endpoint] = session.id
        return session, new


@mutant("OPEN-05", "the longest timeouts are cut to an hour")
def timeout_is_cut_to_an_hour(patch: Patch) -> None:
    @patch.around(handlers, "clamp")
    def clamp(real: Any, value: int | None, bounds: Any) -> Any:
        return real(value, (60, 3600) if bounds == TTL_RANGE else bounds)


@mutant("OPEN-05", "a session with an external_id has no timeout")
def timeout_is_lost_beside_an_endpoint(patch: Patch) -> None:
    @patch.around(Chats, "new_session")
    def new_session(real: Any, chats: Chats, agent: Agent, body: Body) -> Any:
        session = real(chats, agent, body)
        return replace(session, ttl_seconds=None) if body.get("external_id") else session


@mutant("OPEN-06", "a session that asks for no timeout gets an hour")
def timeout_by_default(patch: Patch) -> None:
    @patch.around(Chats, "new_session")
    def new_session(real: Any, chats: Chats, agent: Agent, body: Body) -> Any:
        return real(chats, agent, {**body, "ttl_seconds": body.get("ttl_seconds") or 3600})


@mutant("OPEN-07", "a timeout of zero stands for none")
def timeout_of_zero_is_none(patch: Patch) -> None:
    recast(patch, "ttl_seconds", lambda value: None if value == 0 else value)


@mutant("OPEN-07", "a timeout of more than a day takes effect")
def timeout_of_two_days(patch: Patch) -> None:
    lenient_body(patch, "ttl_seconds")

    @patch.around(handlers, "clamp")
    def clamp(real: Any, value: int | None, bounds: Any) -> Any:
        return value if bounds == TTL_RANGE else real(value, bounds)


@mutant("OPEN-08", "an unknown agent is taken for a new one")
def unknown_agent_is_taken(patch: Patch) -> None:
    @patch.around(Chats, "bind")
    def bind(real: Any, chats: Chats, agent_id: str) -> Agent:
        agents = chats.behaviour.agents
        return agents.get(agent_id) or replace(agents["agent-echo"], id=agent_id)


@mutant("OPEN-09", "a disabled agent takes sessions")
def disabled_agent_takes_sessions(patch: Patch) -> None:
    @patch.around(Chats, "bind")
    def bind(real: Any, chats: Chats, agent_id: str) -> Any:
        return chats.behaviour.agents.get(agent_id) or real(chats, agent_id)


@mutant("OPEN-10", "an open without an agent takes a default one")
def agent_by_default(patch: Patch) -> None:
    lenient_body(patch, "agent_id", "agent-echo")


@mutant("OPEN-11", "a channel of a wrong type is replaced by web")
def wrong_channel_is_web(patch: Patch) -> None:
    lenient_body(patch, "channel", "web")


@mutant("OPEN-11", "an external_id that is a text is dropped")
def text_as_external_id_is_dropped(patch: Patch) -> None:
    lenient_body(patch, "external_id", None)


@mutant("OPEN-11", "a ttl_seconds that is a text is read as a number")
def timeout_in_a_text_is_read(patch: Patch) -> None:
    recast(patch, "ttl_seconds", lambda ttl: int(ttl) if str(ttl).isdigit() else ttl)


@mutant("OPEN-11", "a ttl_seconds with a fraction is rounded down")
def timeout_is_rounded(patch: Patch) -> None:
    recast(patch, "ttl_seconds", lambda ttl: int(ttl) if isinstance(ttl, float) else ttl)


@mutant("OPEN-12", "the third open on a channel is answered with the session of the second")
def ids_are_given_twice(patch: Patch) -> None:
    opened: defaultdict[str, list[str]] = defaultdict(list)

    @patch.around(Chats, "open")
    async def open_chat(real: Any, chats: Chats, body: Body) -> Any:
        earlier = opened[str(body.get("channel"))]
        if len(earlier) == 2 and body.get("external_id") is None:
            return await chats.get(earlier.pop()), True
        session, new = await real(chats, body)
        earlier.append(session.id)
        return session, new


@mutant("OPEN-12", "the id of a session that was ended is given to the next on its channel")
def ids_of_ended_sessions_are_given_again(patch: Patch) -> None:
    ended: dict[str, str] = {}

    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        session = await real(chats, session_id, note)
        ended[session.channel] = session.id
        return session

    @patch.around(Chats, "new_session")
    def new_session(real: Any, chats: Chats, agent: Agent, body: Body) -> Any:
        session = real(chats, agent, body)
        if session.external_hash or session.channel not in ended:
            return session
        id = ended.pop(session.channel)
        execute(chats, "DELETE FROM messages WHERE session_id = ?", id)
        execute(chats, "DELETE FROM sessions WHERE id = ?", id)
        return replace(session, id=id)


@mutant("OPEN-15", "a session shows the additional_data that it was opened with")
def additional_data_is_shown(patch: Patch) -> None:
    @patch.around(Renderer, "session")
    def session(real: Any, renderer: Renderer, value: Any) -> Any:
        return {**real(renderer, value), "additional_data": value.additional_data}


@mutant("OPEN-15", "the first part of an external_id becomes the channel's suffix")
def external_id_in_the_channel(patch: Patch) -> None:
    @patch.around(Chats, "new_session")
    def new_session(real: Any, chats: Chats, agent: Agent, body: Body) -> Any:
        endpoint = body.get("external_id") or {}
        session = real(chats, agent, body)
        if "line" in endpoint:
            session = replace(session, channel=f"{session.channel}/{endpoint['line']}")
        return session


@mutant("OPEN-16", "an open that holds a reserved key is refused")
def reserved_keys_are_refused(patch: Patch) -> None:
    @patch.around(Chats, "new_session")
    def new_session(real: Any, chats: Chats, agent: Agent, body: Body) -> Any:
        if {"Channel", "SipEndpoint"} & (body.get("additional_data") or {}).keys():
            raise Problem("invalid-request", "The additional_data holds a reserved key.")
        return real(chats, agent, body)


@mutant("GET-01", "a retrieved session has lost its timeout")
def retrieved_without_timeout(patch: Patch) -> None:
    @patch.answer("getChat")
    def without(answer: Answer) -> None:
        if answer.ok and answer.json["ttl_seconds"] == 600:
            answer.json["ttl_seconds"] = None


@mutant("GET-01", "a retrieved session has another id, made afresh")
def retrieved_under_another_id(patch: Patch) -> None:
    @patch.answer("getChat")
    def renamed(answer: Answer) -> None:
        if answer.ok:
            answer.json["id"] = str(uuid.uuid4())


@mutant("GET-02", "an unknown id is answered with an empty session")
def unknown_id_is_an_empty_session(patch: Patch) -> None:
    @patch.around(Chats, "get")
    async def get(real: Any, chats: Chats, session_id: str) -> Any:
        session = await chats.sessions.get(session_id)
        if session is None:
            echo = chats.behaviour.agents["agent-echo"]
            blank = chats.new_session(echo, {"agent_id": echo.id})
            session = replace(blank, id=session_id)
        return session


@mutant("GET-02", "an unknown id is refused with 400")
def unknown_id_is_refused_with_400(patch: Patch) -> None:
    @patch.answer("getChat")
    def refused(answer: Answer) -> None:
        if "No session" in answer.told and "no UUID" not in answer.told:
            answer.status = answer.json["status"] = 400


@mutant("GET-03", "an id that is no UUID is refused with 403")
def malformed_id_is_forbidden(patch: Patch) -> None:
    @patch.answer("getChat")
    def forbidden(answer: Answer) -> None:
        if "no UUID" in answer.told:
            answer.status = answer.json["status"] = 403


@mutant("GET-03", "an id that is no UUID finds the session opened last")
def malformed_id_finds_the_last_session(patch: Patch) -> None:
    opened: list[str] = []

    @patch.around(Chats, "open")
    async def open_chat(real: Any, chats: Chats, body: Body) -> Any:
        session, new = await real(chats, body)
        opened.append(session.id)
        return session, new

    @patch.around(ValidatedOperation, "read_path")
    def read_path(real: Any, operation: Any, given: Any) -> Any:
        try:
            return real(operation, given)
        except Problem:
            if not opened or operation.name.startswith("POST"):
                raise
            return {"id": opened[-1]}
