"""Mutants of the completion webhook."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from mock_server.domain.chats import Chats
from mock_server.domain.pipeline import Pipeline
from mock_server.store.outbox import Outbox
from mock_server.webhooks import dispatcher as module
from mock_server.webhooks.dispatcher import Dispatcher
from mock_server.webhooks.sender import Sender

from ..mutants import mutant
from ..patch import Patch
from .tools import execute


def payload_changed(patch: Patch, change: Any) -> None:
    """Send a changed payload: `change(payload)`, in place."""

    @patch.around(Pipeline, "webhook")
    def webhook(real: Any, pipeline: Pipeline, *given: Any) -> Any:
        found = real(pipeline, *given)
        if found is not None:
            change(found["payload"])
        return found


def classified(patch: Patch, change: Any) -> None:
    """Take a receiver's answer in another way: `change(status, outcome)`."""
    patch.around(module, "classify")(lambda real, status: change(status, real(status)))


@mutant("HOOK-01", "no webhook is sent")
def no_webhook(patch: Patch) -> None:
    patch.around(Pipeline, "webhook")(lambda real, pipeline, *given: None)


@mutant("HOOK-01", "the payload has no orgId")
def payload_without_org(patch: Patch) -> None:
    payload_changed(patch, lambda payload: payload.pop("orgId"))


@mutant("HOOK-01", "the payload says status Finished")
def payload_says_finished(patch: Patch) -> None:
    payload_changed(patch, lambda payload: payload.update(status="Finished"))


@mutant("HOOK-01", "the payload names another agent")
def payload_of_another_agent(patch: Patch) -> None:
    payload_changed(patch, lambda payload: payload.update(agentId="agent-tools"))


@mutant("HOOK-02", "a second end is announced too")
def second_end_is_announced(patch: Patch) -> None:
    announce_again(patch, "user_end")


def announce_again(patch: Patch, reason: str) -> None:
    """Let an end of a session that is final for this reason send its webhook once more."""

    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        before = await chats.get(session_id)
        if before.final_reason == reason:
            statement = "UPDATE outbox SET due = 0, attempts = 0 WHERE session_id = ?"
            execute(chats, statement, session_id)
            chats.observer.finished(before, announced=True)
        return await real(chats, session_id, note)


@mutant("HOOK-02", "a delivery that was taken is sent once more")
def delivery_is_sent_twice(patch: Patch) -> None:
    @patch.around(Dispatcher, "retry_at")
    def retry_at(real: Any, dispatcher: Dispatcher, delivery: Any, outcome: str) -> Any:
        if outcome == "delivered" and delivery.attempts == 0:
            return dispatcher.clock.now()
        return real(dispatcher, delivery, outcome)


@mutant("HOOK-03", "a 4xx is sent again")
def rejected_delivery_is_sent_again(patch: Patch) -> None:
    classified(patch, lambda status, real: "unavailable" if real == "rejected" else real)


@mutant("HOOK-04", "a 5xx is final")
def server_error_is_final(patch: Patch) -> None:
    classified(patch, lambda status, real: "rejected" if (status or 0) >= 500 else real)


@mutant("HOOK-04", "a 5xx is sent again without the transcription")
def retry_without_transcription(patch: Patch) -> None:
    @patch.around(Outbox, "deliveries")
    async def deliveries(real: Any, outbox: Outbox) -> Any:
        return [_shortened(delivery) for delivery in await real(outbox)]


def _shortened(delivery: Any) -> Any:
    if not delivery.attempts:
        return delivery
    payload = orjson.loads(delivery.payload)
    return replace(delivery, payload=orjson.dumps({**payload, "transcription": [], "result": {}}))


@mutant("HOOK-04", "each delivery is sent twice at once, and a 5xx is final")
def twins_in_the_place_of_a_retry(patch: Patch) -> None:
    server_error_is_final(patch)
    sent_twice_at_once(patch)


def sent_twice_at_once(patch: Patch) -> None:
    @patch.around(Sender, "__call__")
    async def send(real: Any, sender: Sender, *given: Any) -> Any:
        answers = await asyncio.gather(real(sender, *given), real(sender, *given))
        return answers[0]


@mutant("HOOK-05", "each delivery is sent twice at once, and silence is final")
def twins_for_a_silent_receiver(patch: Patch) -> None:
    silence_is_final(patch)
    sent_twice_at_once(patch)


@mutant("HOOK-05", "a delivery that was not answered is given up")
def silence_is_final(patch: Patch) -> None:
    classified(patch, lambda status, real: "rejected" if status is None else real)


@mutant("HOOK-05", "a delivery that was not answered counts as taken")
def silence_is_a_delivery(patch: Patch) -> None:
    classified(patch, lambda status, real: "delivered" if status is None else real)


@mutant("HOOK-06", "the transcription holds the last round alone")
def transcription_of_the_last_round(patch: Patch) -> None:
    payload_changed(patch, lambda payload: payload.update(transcription=_lines(payload)[-2:]))


@mutant("HOOK-06", "the transcription is in reverse order")
def transcription_in_reverse(patch: Patch) -> None:
    payload_changed(patch, lambda payload: payload.update(transcription=_lines(payload)[::-1]))


@mutant("HOOK-06", "the user speaks as the assistant in the transcription")
def transcription_without_a_user(patch: Patch) -> None:
    def change(payload: Any) -> None:
        payload["transcription"] = [{**line, "speaker": "assistant"} for line in _lines(payload)]

    payload_changed(patch, change)


def _lines(payload: Mapping[str, Any]) -> list[Any]:
    return list(payload["transcription"])


@mutant("HOOK-07", "callAdditionalData leaves out what is nested")
def nested_data_is_left_out(patch: Patch) -> None:
    def change(payload: Any) -> None:
        data = payload["callAdditionalData"]
        payload["callAdditionalData"] = {k: v for k, v in data.items() if not isinstance(v, dict)}

    payload_changed(patch, change)


@mutant("HOOK-07", "callAdditionalData holds numbers of 32 bits")
def data_in_32_bits(patch: Patch) -> None:
    def change(payload: Any) -> None:
        payload["callAdditionalData"] = _in_32_bits(payload["callAdditionalData"])

    payload_changed(patch, change)


def _in_32_bits(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_32_bits(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_32_bits(item) for item in value]
    return struct.unpack("f", struct.pack("f", value))[0] if isinstance(value, int) else value


@mutant("HOOK-07", "callAdditionalData holds what a turn put in the place of the session's")
def data_of_the_last_turn(patch: Patch) -> None:
    given: dict[str, Any] = {}

    @patch.around(Chats, "ask")
    async def ask(real: Any, chats: Chats, session: Any, body: Mapping[str, Any]) -> Any:
        given.setdefault(session.id, {}).update(body.get("additional_data") or {})
        return await real(chats, session, body)

    @patch.around(Pipeline, "complete")
    def complete(real: Any, pipeline: Pipeline, session: Any, *more: Any) -> Any:
        data = {**session.additional_data, **given.get(session.id, {})}
        return real(pipeline, replace(session, additional_data=data), *more)


@mutant("HOOK-07", "callAdditionalData holds texts only")
def data_as_texts(patch: Patch) -> None:
    def change(payload: Any) -> None:
        data = payload["callAdditionalData"]
        payload["callAdditionalData"] = {k: str(v) for k, v in data.items()}

    payload_changed(patch, change)


@mutant("HOOK-08", "a session that the agent finished is not announced")
def agents_finish_is_not_announced(patch: Patch) -> None:
    @patch.around(Pipeline, "complete")
    def complete(real: Any, pipeline: Pipeline, session: Any, *given: Any) -> Any:
        found = real(pipeline, session, *given)
        ended = session.final_reason == "agent_finish"
        return replace(found, webhook=None) if ended else found


@mutant("HOOK-02", "an end of a session that the agent finished announces it again")
def finished_session_is_announced_again(patch: Patch) -> None:
    announce_again(patch, "agent_finish")


@mutant("HOOK-03", "a 404 is sent again")
def not_found_is_sent_again(patch: Patch) -> None:
    classified(patch, lambda status, real: "unavailable" if status == 404 else real)


@mutant("HOOK-04", "a 5xx other than 500 is final")
def unavailable_receiver_is_given_up(patch: Patch) -> None:
    classified(patch, lambda status, real: "rejected" if (status or 0) > 500 else real)


@mutant("HOOK-06", "the transcription ends before the agent's last reply, where it finished")
def transcription_without_the_goodbye(patch: Patch) -> None:
    def change(payload: Any) -> None:
        if payload["result"]["finishReason"] == "agent_finish":
            payload["transcription"] = _lines(payload)[:-1]

    payload_changed(patch, change)
