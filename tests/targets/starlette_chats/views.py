"""What clients see: sessions, messages, pages and call results as JSON documents."""

from collections.abc import Mapping
from typing import Any

from .instants import SECOND, write

Doc = dict[str, Any]


class Views:
    """Shows records the way the choices say."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self.choices = choices

    def time(self, instant: int) -> str:
        """An instant as text."""
        return write(instant, self.choices["time"])

    def session(self, session: Doc, listed: bool = False) -> Doc:
        """The ten members of a session."""
        return {
            "id": session["id"],
            "agent_id": session["agent"],
            "channel": session["channel"],
            "messages": self.transcript(session, listed),
            "created_time": self.time(session["created"]),
            "last_activity": self.time(session["touched"]),
            "ttl_seconds": session["ttl"],
            "is_final": session["reason"] is not None,
            "status": self.word(session["reason"] is not None),
            "final_reason": session["reason"],
        }

    def word(self, final: bool) -> str:
        """What the state is called."""
        return self.choices["final"] if final else "active"

    def transcript(self, session: Doc, listed: bool) -> list[Doc] | None:
        """The messages of a session, or null where lists leave them out."""
        if listed and self.choices["list_messages"] == "null":
            return None
        return [self.message(message) for message in session["log"]]

    def message(self, message: Doc) -> Doc:
        """One message."""
        shown: Doc = {
            "role": message["role"],
            "content": message["content"],
            "time": self.time(message["at"]),
        }
        if message["calls"]:
            shown["tool_calls"] = message["calls"]
            if self.choices["tool_content"] == "empty":
                shown["content"] = ""
        elif self.choices["tool_calls"] != "absent":
            shown["tool_calls"] = None if self.choices["tool_calls"] == "null" else []
        return shown

    def turn(self, answer: Doc) -> Doc:
        """The agent's side of a round."""
        return {
            "messages": [self.message(turn) for turn in answer["turns"]],
            "is_final": answer["final"],
            "status": self.word(answer["final"]),
        }

    def page(self, found: list[Doc], query: Doc) -> Doc:
        """One page of a list."""
        skip, take = query["skip"], query["take"]
        return {
            "items": [self.session(session, True) for session in found[skip : skip + take]],
            "total_count": len(found),
            "skip": skip,
            "take": take,
        }

    def result(self, session: Doc, call_id: str) -> Doc:
        """What is known of a finished session, for results and webhooks alike."""
        return {
            "callId": call_id,
            "agentId": session["agent"],
            "orgId": session["org"],
            "callAdditionalData": session["data"],
            "agentAdditionalData": {},
            "callType": "Chat",
            "endpoint": session["channel"],
            "createdTime": self.time(session["created"]),
            "completedTime": self.time(session["ended"]),
            "durationSeconds": (session["ended"] - session["created"]) / SECOND,
            "transcription": [self.line(message) for message in session["log"]],
            "result": {
                "finishReason": session["reason"],
                "postCallAnalysis": {"messages": len(session["log"])},
            },
            "recordingUrl": None,
        }

    def line(self, message: Doc) -> Doc:
        """One line of a transcription."""
        return {
            "speaker": message["role"],
            "text": message["content"],
            "startTime": self.time(message["at"]),
        }
