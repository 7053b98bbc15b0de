"""Headers of one's own for every request, such as a gateway's key."""

import os
import re
import string
from collections.abc import Iterable, Iterator

from .faults import OutgoingFault

CLIENTS_OWN = "the clients send their own, which is passed on"

Headers = tuple[tuple[bytes, bytes], ...]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
# Of the message and of the connection, or of whom a request is from.
_NOT_ADDED = (
    "accept", "accept-encoding", "connection", "content-length", "content-type", "expect",
    "keep-alive", "proxy-authorization", "proxy-connection", "te", "traceparent", "trailer",
    "transfer-encoding", "upgrade", "via", "x-mock-sandbox", "x-request-id",
)  # fmt: skip
_AUTHORIZATION = "authorization"
_CURES = {"proxy-authorization": "; a proxy's password goes in --proxy http://USER:PASSWORD@HOST"}


def parse_headers(texts: Iterable[str], key: str = "") -> Headers:
    """Names and values of `Name: value`, where `$VARIABLE` in a value stands for that of the
    environment, so that no secret need stand in a command line or a file.

    `key` says where the key in Authorization comes from, if that is not free. Raises OutgoingFault.
    """
    headers = tuple(_parsed(texts, key))
    if [name.lower() for name, _ in headers].count(b"host") > 1:
        raise OutgoingFault("--header Host is given more than once; a request has one")
    return headers


def _parsed(texts: Iterable[str], key: str) -> Iterator[tuple[bytes, bytes]]:
    for text in texts:
        name, colon, template = (part.strip() for part in text.partition(":"))
        if not colon:  # it may be a secret, so it is not shown
            raise OutgoingFault("--header without a colon: wanted 'Name: value'")
        if not _NAME.fullmatch(name):
            raise OutgoingFault(f"--header {name!r}: wanted 'Name: value'")
        fault = f"--header {name}: "
        if key and name.lower() == _AUTHORIZATION:
            raise OutgoingFault(f"{fault}{key}")
        if name.lower() in _NOT_ADDED:
            cure = _CURES.get(name.lower(), "")
            raise OutgoingFault(f"{fault}this header is not to be added{cure}")
        value = _filled_in(template, fault)
        if _UNPRINTABLE.search(value):
            raise OutgoingFault(f"{fault}the value holds what no HTTP header can carry")
        yield name.encode(), value.encode()


def _filled_in(template: str, fault: str) -> str:
    own = "a dollar sign of its own is written $$"
    try:
        return string.Template(template).substitute(os.environ)
    except KeyError as error:
        lacking = f"the environment has no variable {error.args[0]}"
        raise OutgoingFault(f"{fault}{lacking} ({own})") from None
    except ValueError:
        raise OutgoingFault(f"{fault}a dollar sign begins the name of a variable; {own}") from None
