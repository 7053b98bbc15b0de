"""Connections that end where they should not, and answers that do not come."""

from __future__ import annotations

import socket
import struct

from ..server import Call, Mode, told

SECOND = 1.0


def silent(call: Call) -> None:
    while True:
        call.wait(SECOND)


def closes(_: Call) -> None:
    pass


def closes_in_the_head(call: Call) -> None:
    call.send(b"HTTP/1.1 200 OK\r\nContent-Ty")


def closes_in_the_body(call: Call) -> None:
    call.send(told(call.honest)[:-1])


def resets(call: Call) -> None:
    call.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    call.connection.close()


def resets_in_the_body(call: Call) -> None:
    call.send(told(call.honest)[:-1])
    resets(call)


def half_closes(call: Call) -> None:
    call.connection.shutdown(socket.SHUT_WR)
    silent(call)


def body_drips(call: Call) -> None:
    whole = told(call.honest)
    head, _, body = whole.partition(b"\r\n\r\n")
    call.send(head, b"\r\n\r\n")
    for byte in body:
        call.send(bytes([byte]))
        call.wait(SECOND)


def head_drips(call: Call) -> None:
    for byte in told(call.honest):
        call.send(bytes([byte]))
        call.wait(SECOND / 2)


def late(call: Call) -> None:
    call.wait(1.6 * SECOND)
    call.send(told(call.honest))


def early(call: Call) -> None:
    call.send(told(call.honest))
    call.connection.shutdown(socket.SHUT_WR)
    while call.connection.recv(65536):
        pass


def twice(call: Call) -> None:
    call.send(told(call.honest), told(call.honest, body=b"{}"))


def of_another(call: Call) -> None:
    """The answer to the request before this one."""
    call.send(told(call.served.answers[-1] if call.served.answers else call.honest))


MODES = (
    Mode("never-answers", "inconclusive", silent),
    Mode("never-answers-anything", "inconclusive", silent, after=0),
    Mode("closes-before-the-head", "inconclusive", closes),
    Mode("closes-at-once", "inconclusive", closes, after=0),
    Mode("closes-in-the-head", "inconclusive", closes_in_the_head),
    Mode("closes-in-the-body", "inconclusive", closes_in_the_body),
    Mode("resets", "inconclusive", resets),
    Mode("resets-in-the-body", "inconclusive", resets_in_the_body),
    Mode("half-closes", "inconclusive", half_closes),
    Mode("body-drips", "inconclusive", body_drips),
    Mode("head-drips", "inconclusive", head_drips),
    Mode("head-drips-at-once", "inconclusive", head_drips, after=0),
    Mode("answers-at-the-last-moment", "inconclusive", late),
    Mode("answers-before-it-is-asked", "non-conformant", early, early=True),
    Mode("answers-twice", "non-conformant", twice, keeps=True),
    Mode("answers-another-request", "non-conformant", of_another, keeps=True),
)
