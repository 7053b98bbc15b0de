"""Mutants of the endpoint: which opens name the same one, and what a second open does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from mock_server.domain import chats as module
from mock_server.domain.chats import Chats
from mock_server.problems.kinds import Problem

from ..mutants import mutant
from ..patch import Patch
from .tools import Body, execute, save


@mutant("DEDUP-01", "a second open of an endpoint makes a second session")
def no_deduplication(patch: Patch) -> None:
    patch.around(module, "external_hash")(lambda real, external_id: None)


@mutant("DEDUP-01", "an endpoint has a session for each agent")
def one_session_an_agent(patch: Patch) -> None:
    @patch.around(Chats, "new_session")
    def new_session(real: Any, chats: Chats, agent: Any, body: Body) -> Any:
        session = real(chats, agent, body)
        named = session.external_hash and f"{session.external_hash} {agent.id}"
        return replace(session, external_hash=named)


@mutant("DEDUP-02", "an external_id is compared as it was written")
def key_order_matters(patch: Patch) -> None:
    @patch.around(module, "external_hash")
    def external_hash(real: Any, external_id: Body | None) -> str | None:
        return None if external_id is None else orjson.dumps(external_id).decode()


@mutant("DEDUP-02", "the keys of an external_id are sorted at the top only")
def nested_key_order_matters(patch: Patch) -> None:
    @patch.around(module, "external_hash")
    def external_hash(real: Any, external_id: Body | None) -> str | None:
        ordered = dict(sorted((external_id or {}).items()))
        return None if external_id is None else orjson.dumps(ordered).decode()


@mutant("DEDUP-03", "an endpoint stays taken when its session has ended")
def endpoint_stays_taken(patch: Patch) -> None:
    taken: set[str] = set()

    @patch.around(Chats, "open")
    async def open_chat(real: Any, chats: Chats, body: Body) -> Any:
        endpoint = f"{body.get('channel')} {module.external_hash(body.get('external_id'))}"
        session, new = await real(chats, body)
        if new and session.external_hash and endpoint in taken:
            await chats.end(session.id)
            raise Problem("endpoint-busy", "A session exists for this channel and external_id.")
        taken.add(endpoint)
        return session, new


@mutant("DEDUP-04", "a channel has one session where no external_id is given")
def one_session_a_channel(patch: Patch) -> None:
    @patch.around(module, "external_hash")
    def external_hash(real: Any, external_id: Body | None) -> Any:
        return "none" if external_id is None else real(external_id)


@mutant("DEDUP-05", "an external_id is one endpoint whatever the channel")
def endpoint_without_channel(patch: Patch) -> None:
    held: dict[str, str] = {}

    @patch.around(Chats, "open")
    async def open_chat(real: Any, chats: Chats, body: Body) -> Any:
        endpoint = module.external_hash(body.get("external_id"))
        if endpoint in held:
            existing = await chats.get(held[endpoint])
            if not existing.is_final:
                return existing, False
        session, new = await real(chats, body)
        if endpoint is not None:
            held[endpoint] = session.id
        return session, new


@mutant("DEDUP-06", "an external_id is told by its sender alone")
def endpoint_by_sender_alone(patch: Patch) -> None:
    @patch.around(module, "external_hash")
    def external_hash(real: Any, external_id: Body | None) -> Any:
        return external_id and real({"from": external_id.get("from", external_id)})


@mutant("DEDUP-09", "what is nested in an external_id is left out of the comparison")
def endpoint_without_nested_parts(patch: Patch) -> None:
    @patch.around(module, "external_hash")
    def external_hash(real: Any, external_id: Body | None) -> Any:
        if external_id is None:
            return None
        return real({k: v for k, v in external_id.items() if not isinstance(v, dict)})


def compared_as(patch: Patch, change: Any) -> None:
    """Compare external_ids by their JSON, changed."""

    @patch.around(module, "external_hash")
    def external_hash(real: Any, external_id: Body | None) -> Any:
        if external_id is None:
            return None
        return real({"as": change(orjson.dumps(external_id, option=orjson.OPT_SORT_KEYS).decode())})


@mutant("DEDUP-09", "capitals make no difference in an external_id")
def endpoint_without_capitals(patch: Patch) -> None:
    compared_as(patch, str.lower)


@mutant("DEDUP-09", "true is 1 in an external_id")
def true_is_one(patch: Patch) -> None:
    compared_as(patch, lambda text: text.replace("true", "1").replace("false", "0"))


@mutant("DEDUP-09", "an external_id is compared by its first 255 characters")
def endpoint_is_cut(patch: Patch) -> None:
    compared_as(patch, lambda text: text[:255])


@mutant("DEDUP-09", "blanks make no difference in an external_id")
def endpoint_without_blanks(patch: Patch) -> None:
    compared_as(patch, lambda text: text.replace(" ", ""))


@mutant("DEDUP-09", "the order of a list makes no difference in an external_id")
def endpoint_without_order(patch: Patch) -> None:
    compared_as(patch, lambda text: "".join(sorted(text)))


def on_duplicate(patch: Patch, change: Any) -> None:
    """Store a change of the session that a second open is answered with."""

    @patch.around(Chats, "open")
    async def open_chat(real: Any, chats: Chats, body: Body) -> Any:
        session, new = await real(chats, body)
        if not new:
            session = change(session, body)
            save(chats, session)
        return session, new


@mutant("DEDUP-07", "a second open moves the session to the agent that it names")
def duplicate_open_takes_the_agent(patch: Patch) -> None:
    on_duplicate(patch, lambda session, body: replace(session, agent_id=body["agent_id"]))


@mutant("DEDUP-08", "a second open sets the timeout anew")
def duplicate_open_sets_the_timeout(patch: Patch) -> None:
    on_duplicate(patch, lambda session, body: replace(session, ttl_seconds=body["ttl_seconds"]))


@mutant("DEDUP-08", "a second open clears the transcript")
def duplicate_open_clears_the_transcript(patch: Patch) -> None:
    @patch.around(Chats, "open")
    async def open_chat(real: Any, chats: Chats, body: Body) -> Any:
        session, new = await real(chats, body)
        if not new:
            execute(chats, "DELETE FROM messages WHERE session_id = ?", session.id)
            session = await chats.get(session.id)
        return session, new


@mutant("DEDUP-03", "an end of a final session frees the endpoint of the next one")
def late_end_frees_the_endpoint(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        before = await chats.get(session_id)
        if before.is_final:
            statement = "UPDATE sessions SET external_hash = NULL WHERE external_hash = ?"
            execute(chats, f"{statement} AND final_reason IS NULL", before.external_hash)
        return await real(chats, session_id, note)
