"""Mutants of authentication."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from mock_server.http import security
from mock_server.http.security import SecuredOperation
from mock_server.problems.kinds import Problem

from ..mutants import mutant
from ..patch import Answer, Patch


@mutant("AUTH-01", "retrieving a session needs no key")
def get_needs_no_key(patch: Patch) -> None:
    @patch.around(SecuredOperation, "__call__")
    async def call(real: Any, operation: Any, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "GET" and not scope["path"].endswith("/chats"):
            await operation.next_app(scope, receive, send)
        else:
            await real(operation, scope, receive, send)


@mutant("AUTH-01", "a missing key is refused with 403")
def missing_key_is_403(patch: Patch) -> None:
    @patch.answer()
    def forbidden(answer: Answer) -> None:
        if answer.status == 401:
            answer.status = answer.json["status"] = 403


@mutant("AUTH-02", "any scheme will do")
def any_scheme_will_do(patch: Patch) -> None:
    @patch.around(security, "check_credentials")
    def check(real: Any, given: str | None, token: str | None) -> None:
        if given is None or given.lower().startswith("bearer"):
            real(given, token)


@mutant("AUTH-02", "Bearer without a key will do")
def bearer_without_a_key_will_do(patch: Patch) -> None:
    @patch.around(security, "check_credentials")
    def check(real: Any, given: str | None, token: str | None) -> None:
        if given is None or given.strip() != "Bearer":
            real(given, token)


@mutant("AUTH-02", "what has no scheme will do, whatever it is")
def key_without_a_scheme_will_do(patch: Patch) -> None:
    @patch.around(security, "check_credentials")
    def check(real: Any, given: str | None, token: str | None) -> None:
        if given is None or given.lower().startswith(("bearer", "basic ", "token ")):
            real(given, token)


@mutant("AUTH-03", "any key will do")
def any_key_will_do(patch: Patch) -> None:
    patch.around(security, "same_key")(lambda real, key, token: True)


@mutant("AUTH-03", "a key that begins like the right one will do")
def longer_key_will_do(patch: Patch) -> None:
    patch.around(security, "same_key")(lambda real, key, token: key.startswith(token))


@mutant("AUTH-03", "the case of a key does not count")
def key_in_any_case_will_do(patch: Patch) -> None:
    patch.around(security, "same_key")(lambda real, key, token: key.lower() == token.lower())


@mutant("AUTH-04", "a 401 names no scheme")
def no_scheme_is_named(patch: Patch) -> None:
    @patch.answer()
    def silent(answer: Answer) -> None:
        answer.headers.pop("www-authenticate", None)


def act_before_refusing(
    patch: Patch, last: str = "", *, with_key: bool = False, told: bool = False
) -> None:
    """Carry a request out whose path ends so, and then refuse it for its key; `with_key` only
    one that has a key at all. What else refuses it is `told` instead, or kept silent."""

    @patch.around(SecuredOperation, "__call__")
    async def call(real: Any, operation: Any, scope: Any, receive: Any, send: Any) -> None:
        given = security._given(scope, b"authorization")
        try:
            security.check_credentials(given, operation.token)
        except Problem:
            meant = given is not None or not with_key
            if meant and scope["method"] == "POST" and scope["path"].endswith(last):
                with suppress(*() if told else (Problem,)):
                    await operation.next_app(scope, receive, _swallow)
            raise
        await real(operation, scope, receive, send)


async def _swallow(message: Any) -> None:
    """Send nothing."""


@mutant("AUTH-05", "an end without a key is refused with 401, and ends the session")
def refused_end_ends(patch: Patch) -> None:
    act_before_refusing(patch, "/end")


@mutant("AUTH-05", "a key is looked at when all else is done")
def key_is_looked_at_late(patch: Patch) -> None:
    act_before_refusing(patch, told=True)


@mutant("AUTH-05", "a turn without a key is refused with 401, and kept")
def refused_turn_is_kept(patch: Patch) -> None:
    act_before_refusing(patch, "/messages")


@mutant("AUTH-05", "an open without a key is refused with 401, and makes a session")
def refused_open_opens(patch: Patch) -> None:
    act_before_refusing(patch, "/chats")


@mutant("AUTH-05", "an end with a wrong key is refused with 401, and ends the session")
def end_with_a_wrong_key_ends(patch: Patch) -> None:
    act_before_refusing(patch, "/end", with_key=True)
