"""HOOK: what the completion webhook brings, how often, and when it is sent again."""

import json
import time
from typing import Any

from ..contract.lifecycle import END, FINISH
from ..contract.rules import Rule
from ..contract.validator import Validator
from ..judging.exchange import Json
from ..judging.outcomes import Blocked, expect, shown
from ..registry import kind
from ..target.api import Api
from ..target.listener import Listener
from ..target.receiver import HANG, Delivery
from .pipeline import closing_leaves_traces, expect_ending_to_leave_traces, goes_on

SETTLE = 4.0  # seconds without a delivery, after which no further one is expected


class Announced:
    """A session whose deliveries are found by its marker, or `by_text`.

    Where a first wait was in vain, no other check waits: what is wrong is known, and told."""

    leaves, event = "delivery", END  # which is announced

    def __init__(
        self, api: Api, listener: Listener, *answers: int, by_text: bool = False, **members: Any
    ) -> None:
        if listener.vain and not (by_text and listener.strangers):
            raise Blocked(listener.vain)
        self.api, self.listener = api, listener
        self.marker = api.marker()
        nested = {"a": [1, None], "large": 16777217}  # more than a 32-bit float keeps
        self.data = {**api.marked(self.marker), "nested": nested}
        listener.answer(self.marker, *answers)
        self.id = api.given(data=self.data, **members)
        listener.expect(self.id, self.marker)

    def end(self) -> None:
        expect_ending_to_leave_traces(self.api)
        self.ended_at = time.monotonic()
        self.api.given_end(self.id)

    def close(self, key: str | None = None) -> None:
        """Let the closing agent finish the session."""
        self.event = FINISH
        self.api.given_close(self.id, key)

    def told(self, count: int = 1) -> list[Delivery]:
        """What came for the session by its data or id, once there are so many, or in vain."""
        return self.listener.wait(self.marker, count, self.api.config.webhook_wait)

    def arrived(self) -> list[Delivery]:
        """What came for the session; nothing where the patience was in vain."""
        found = self.told()
        if not found and not self.listener.heard:
            self.listener.vain = (
                "no webhook holds the data or the id of its session, so none can be told"
                if self.listener.strangers
                else str(self.missing(END))
            )
        return found

    def likely(self, text: str) -> list[Delivery]:
        """What came without the session's data or id, and holds the session's text, or fits and
        is the only one of its agent since the end."""
        api = self.api
        payload = webhook_schema(api)
        fitting = [
            delivery
            for delivery in self.listener.strangers_since(self.ended_at)
            if payload.is_valid(delivery.payload)
            and delivery.payload.get(api.resource.left.agent, "") in (api.config.agent, "")
        ]
        telling = self.telling(text)
        if len(fitting) > 1 and not telling:
            raise Blocked("several webhooks came, and none can be told to be the session's")
        return telling or fitting

    def telling(self, text: str) -> list[Delivery]:
        """What came since the end without the session's data or id, and holds its text."""
        since = self.listener.strangers_since(self.ended_at)
        return [one for one in since if text in json.dumps(one.payload, ensure_ascii=False)]

    def delivery(self, text: str) -> Delivery:
        """What comes for the session, told by its data, its id or its text."""
        listener = self.listener
        found = listener.until(
            lambda: listener.deliveries(self.marker) or self.telling(text),
            self.api.config.webhook_wait,
        )
        if not found:
            raise Blocked(listener.vain) if listener.vain else self.missing(END)
        return found[0]

    def first(self) -> Delivery:
        found = self.arrived()
        if not found:
            raise self.missing(self.event)
        return found[0]

    def missing(self, event: str) -> Blocked:
        return self.api.blocked(f"no webhook came to {self.listener.url}", "announced", when=event)

    def left(self, delivery: Delivery | None = None) -> Json:
        """The payload of the first delivery, or of this one, where it is an object."""
        delivery = delivery or self.first()
        if not isinstance(delivery.payload, dict):
            raise self.api.blocked("the payload is no JSON object", "announced", when=END)
        return delivery.payload

    def settled(self) -> list[Delivery]:
        self.first()
        return self.listener.settled(self.marker, SETTLE)

    def retried(self) -> Delivery | None:
        """The delivery that follows a failed one; another that came beside it is none."""
        return self.listener.retry(self.first(), self.marker, self.api.config.webhook_wait)

    def again(self, after: str) -> Delivery:
        found = self.retried()
        beside = len(self.listener.deliveries(self.marker)) - 1
        came = f"{beside} beside the first, none after it" if beside else "none"
        expect(found is not None, f"another delivery {within(self.api)} of {after}", came)
        assert found is not None
        return found


@kind("announced", "webhooks", sessions=2, turns=2)
def check_an_event_is_announced(api: Api, rule: Rule, listener: Listener) -> None:
    """Where the lifecycle has it leave something."""
    if rule.when == FINISH:
        expect_finish_announced(api, listener)
    else:
        expect_end_announced(api, listener)


def expect_end_announced(api: Api, listener: Listener) -> None:
    session, text = Announced(api, listener), api.text()
    api.given_turn(session.id, text)
    session.end()
    found = session.arrived() or session.likely(text)
    wanted = f"a webhook to {listener.url} {within(api)} of the end"
    question = f"none (is the agent's result webhook pointed at {listener.url}?)"
    expect(len(found) > 0, wanted, question)
    payload = webhook_schema(api)
    errors = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in payload.errors(found[0].payload)
    ]
    expect(not errors, "a payload that fits the contract", shown(errors))
    if (name := api.resource.left.agent) in found[0].payload:
        agent = found[0].payload[name]
        expect(agent == api.config.agent, f"{name} {api.config.agent}", agent)
    if session.told() and goes_on(api, session.id):
        session.end()
        expect(len(session.told(2)) > 1, f"another webhook {within(api)} of another end", "none")


def expect_4xx_to_be_final(api: Api, listener: Listener) -> None:
    refused = {status: Announced(api, listener, *[status] * 3) for status in (400, 404, 410)}
    failed, taken = Announced(api, listener, 500), Announced(api, listener)
    for session in (*refused.values(), failed, taken):
        session.end()
    retried = failed.retried()  # tells how long the deployment takes to send something again
    if retried is None:
        raise api.blocked("not even a 500 is sent again", "sent-again", sent="5xx")
    delay = retried.at - failed.first().at
    if len(taken.settled()) > 1:
        raise api.blocked(
            "what is taken comes more than once too", "once", needs=("webhook_listener",)
        )
    for status, session in refused.items():
        session.first()
        found = listener.settled(session.marker, max(SETTLE, delay / 2))
        expect(len(found) == 1, f"no further delivery after {status}", f"{len(found)} deliveries")


@kind("sent-again", "webhooks", sessions=5, turns=2)
def check_a_delivery_is_sent_again(api: Api, rule: Rule, listener: Listener) -> None:
    """As it was, where a server error has been answered, and where nothing has; never where what
    was answered is the client's own error."""
    if rule.sent == "4xx":
        expect_4xx_to_be_final(api, listener)
        return
    answers = (500, 503) if rule.sent == "5xx" else (HANG,)
    failed = {answer: Announced(api, listener, answer, turns=1) for answer in answers}
    for session in failed.values():
        session.end()
    for answer, session in failed.items():
        again = session.again("silence" if answer == HANG else f"a {answer}")
        same = again.payload == session.first().payload
        expect(same, "the same payload again", shown(again.payload))


@kind("carried", "webhooks", turns=1)
def check_the_payload_holds_the_sessions_data(api: Api, listener: Listener) -> None:
    session, text = Announced(api, listener, by_text=True), api.text()
    api.given_turn(session.id, text, data={"nested": "for this round only"})
    session.end()
    name = api.resource.left.data
    data = session.left(session.delivery(text)).get(name)
    held = data if isinstance(data, dict) else {}
    missing = {key: value for key, value in session.data.items() if held.get(key) != value}
    expect(not missing, f"{name} with {shown(session.data)}", data)


def expect_finish_announced(api: Api, listener: Listener) -> None:
    session = Announced(api, listener, agent=api.config.closing_agent)
    session.close()
    if not closing_leaves_traces(api):
        ended = Announced(api, listener)
        ended.end()
        ended.first()  # by now the other one would have come
        came = listener.settled(session.marker, SETTLE)
        expect(not came, "no webhook of the agent's finish", f"{len(came)} deliveries")
        return
    found = session.arrived()
    expect(len(found) > 0, f"a webhook {within(api)} of the agent's finish", "none")


def webhook_schema(api: Api) -> Validator:
    contract = api.client.watch.contract
    return Validator(contract.webhook)


def within(api: Api) -> str:
    return f"within {api.config.webhook_wait:g} s (--webhook-wait)"
