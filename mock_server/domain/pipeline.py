"""What happens to a finished session: analysis, call result, audit entry, webhook, in order.

Pure: the store calls it inside the transaction that finished the session, so it runs once.
"""

from collections.abc import Mapping
from typing import Any

from .agents import Agent
from .instants import SECOND
from .records import Completion
from .render import Renderer
from .session import Message, Session


class Pipeline:
    """The finish pipeline. `webhook_url` is for agents without a target of their own."""

    def __init__(self, webhook_url: str | None, renderer: Renderer) -> None:
        self.webhook_url = webhook_url
        self.renderer = renderer
        self.call_result_delay = int(renderer.choices["call_result_delay"]) * SECOND

    def complete(self, session: Session, agent: Agent, note: str | None) -> Completion:
        """All that a session which has just become final leaves behind."""
        finished = session.last_activity if session.finished is None else session.finished
        left = self.call_result(session, agent, finished)
        names = self.renderer.resource.result
        row = names.kept(left)
        return Completion(
            call_result=row or None,
            columns=names.columns(row),
            completed=finished,
            visible=finished + self.call_result_delay,
            event=session.final_reason or "final",
            note=note,
            webhook=self.webhook(agent, left),
        )

    def call_result(self, session: Session, agent: Agent, finished: int) -> dict[str, Any]:
        """What a search finds a part of, and a webhook tells another; its analysis is what the
        agent's fixture scripts."""
        names = self.renderer.resource.result
        outcome = {names.reason: session.final_reason, names.analysis: agent.post_call_analysis}
        outcome.pop("", None)
        values = {
            "identity": self.renderer.identifier(session.id),
            "agent": session.agent_id,
            "profile": agent.additional_data,
            "data": session.additional_data,
            "channel": session.channel,
            "created": self.renderer.instant(session.created),
            "completed": self.renderer.instant(finished),
            "duration": max(0, finished - session.created) / SECOND,
            "outcome": outcome,
            "transcript": self.transcription(session.messages),
        }
        return names.written(values)

    def transcription(self, messages: tuple[Message, ...]) -> list[dict[str, Any]]:
        """Every turn in order, with its speaker."""
        names, speakers = self.renderer.resource.result, self.renderer.speakers
        return [{names.speaker: speakers[one.role], names.text: one.content} for one in messages]

    def target(self, agent: Agent) -> Mapping[str, Any] | None:
        """Where the agent's webhooks go, with what headers; None when nobody listens, or the
        contract has no webhook."""
        if not self.renderer.resource.result.payload:
            return None
        return agent.webhook or ({"url": self.webhook_url} if self.webhook_url else None)

    def webhook(self, agent: Agent, left: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The delivery to make, or None when nobody listens."""
        target = self.target(agent)
        if target is None:
            return None
        payload = self.renderer.resource.result.sent(left)
        return {"url": target["url"], "headers": target.get("headers", {}), "payload": payload}
