"""Mutants of what an error tells."""

from __future__ import annotations

from ..mutants import mutant
from ..patch import Answer, Patch


@mutant("ERR-01", "an error is plain text")
def error_as_text(patch: Patch) -> None:
    @patch.answer()
    def plain(answer: Answer) -> None:
        if answer.status >= 400:
            answer.content = b"Error"
            answer.headers["content-type"] = "text/plain"


@mutant("ERR-01", "an error is application/json")
def error_as_json(patch: Patch) -> None:
    @patch.answer()
    def plain(answer: Answer) -> None:
        if answer.status >= 400:
            answer.headers["content-type"] = "application/json"


@mutant("ERR-01", "the violations of a problem are texts")
def violations_as_texts(patch: Patch) -> None:
    @patch.answer()
    def texts(answer: Answer) -> None:
        if isinstance(answer.json, dict) and "errors" in answer.json:
            answer.json["errors"] = [error["detail"] for error in answer.json["errors"]]


@mutant("ERR-02", "every problem says status 400")
def problem_always_says_400(patch: Patch) -> None:
    @patch.answer()
    def bad(answer: Answer) -> None:
        if answer.status >= 400 and answer.json:
            answer.json["status"] = 400


@mutant("ERR-03", "a problem shows a stack trace")
def problem_shows_a_trace(patch: Patch) -> None:
    trace = 'Traceback (most recent call last):\n  File "/srv/app/chats.py", line 88, in get'

    @patch.answer()
    def traced(answer: Answer) -> None:
        if answer.status >= 400 and answer.json:
            answer.json["trace"] = trace


@mutant("ERR-03", "a problem shows a query")
def problem_shows_a_query(patch: Patch) -> None:
    @patch.answer()
    def told(answer: Answer) -> None:
        if answer.status == 404 and answer.json:
            answer.json["detail"] = "no row: SELECT id, agent FROM sessions WHERE id = ?"
