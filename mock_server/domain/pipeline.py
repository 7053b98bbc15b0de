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

_ORGANISATION = "org-mock"


class Pipeline:
    """The finish pipeline. `webhook_url` is for agents without a target of their own, and
    `announced` the members that a webhook has."""

    def __init__(
        self, webhook_url: str | None, renderer: Renderer, announced: frozenset[str]
    ) -> None:
        self.webhook_url, self.announced = webhook_url, announced
        self.renderer = renderer
        self.keeps_results = "search" in renderer.resource.operations
        self.call_result_delay = int(renderer.choices["call_result_delay"]) * SECOND

    def complete(self, session: Session, agent: Agent, note: str | None) -> Completion:
        """All that a session which has just become final leaves behind."""
        finished = session.last_activity if session.finished is None else session.finished
        result = self.call_result(session, agent, finished)
        return Completion(
            call_result=result if self.keeps_results else None,
            completed=finished,
            visible=finished + self.call_result_delay,
            event=session.final_reason or "final",
            note=note,
            webhook=self.webhook(agent, result),
        )

    def call_result(self, session: Session, agent: Agent, finished: int) -> dict[str, Any]:
        """The row that a search finds; its analysis is what the agent's fixture scripts."""
        analysis = agent.post_call_analysis
        return {
            "callId": self.renderer.identifier(session.id),
            "agentId": session.agent_id,
            "orgId": _ORGANISATION,
            "callAdditionalData": session.additional_data,
            "agentAdditionalData": agent.additional_data,
            "callStatus": "Completed",
            "callType": "Chat",
            "createdTime": self.renderer.instant(session.created),
            "completedTime": self.renderer.instant(finished),
            "durationSeconds": max(0, finished - session.created) / SECOND,
            "endpoint": session.channel,
            "result": {"finishReason": session.final_reason, "postCallAnalysis": analysis},
            "transcription": self.transcription(session.messages),
        }

    def transcription(self, messages: tuple[Message, ...]) -> list[dict[str, Any]]:
        """Every turn in order, with its speaker."""
        return [{"speaker": message.role, "text": message.content} for message in messages]

    def target(self, agent: Agent) -> Mapping[str, Any] | None:
        """Where the agent's webhooks go, with what headers; None when nobody listens, or the
        contract has no webhook."""
        if not self.announced:
            return None
        return agent.webhook or ({"url": self.webhook_url} if self.webhook_url else None)

    def webhook(self, agent: Agent, result: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The delivery to make, or None when nobody listens."""
        target = self.target(agent)
        if target is None:
            return None
        known = {"type": "CompletedWebHookPayload", "status": "Completed", **result}
        payload = {name: value for name, value in known.items() if name in self.announced}
        return {"url": target["url"], "headers": target.get("headers", {}), "payload": payload}
