"""Mutants that close the connection in the place of an answer, or give none in time."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..mutants import mutant
from ..patch import Answer, Patch


def unanswered(patch: Patch, operation: str, met: Any, *, after: float = 0.0) -> None:
    """Leave what meets a condition without an answer: `met(answer)`."""

    @patch.answer(operation)
    def silent(answer: Answer) -> None:
        if met(answer):
            answer.silence = after


def session_of(answer: Answer) -> str:
    return str(answer.request["path"]).split("/")[4]


@mutant("HTTP-19", "the connection is closed on a second end")
def second_end_closes_the_connection(patch: Patch) -> None:
    ends: Counter[str] = Counter()

    def again(answer: Answer) -> bool:
        ends[session_of(answer)] += 1
        return ends[session_of(answer)] > 1

    unanswered(patch, "endChat", again)


@mutant("HTTP-19", "the connection is closed on every turn")
def turns_close_the_connection(patch: Patch) -> None:
    unanswered(patch, "submitMessage", lambda answer: True)


@mutant("HTTP-19", "the connection is closed on every open")
def opens_close_the_connection(patch: Patch) -> None:
    unanswered(patch, "openChat", lambda answer: True)


@mutant("HTTP-19", "the connection is closed on every list")
def lists_close_the_connection(patch: Patch) -> None:
    unanswered(patch, "listChats", lambda answer: True)


@mutant("HTTP-19", "the connection is closed on a retrieve of a final session")
def final_retrieve_closes_the_connection(patch: Patch) -> None:
    unanswered(patch, "getChat", lambda answer: answer.ok and answer.json["is_final"])


@mutant("HTTP-20", "an end of a final session is not answered in time", waits=True)
def second_end_is_not_answered(patch: Patch) -> None:
    ends: Counter[str] = Counter()

    def again(answer: Answer) -> bool:
        ends[session_of(answer)] += 1
        return ends[session_of(answer)] > 1

    unanswered(patch, "endChat", again, after=60.0)
