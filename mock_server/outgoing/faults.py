"""What is wrong with the way to other servers, and why one gave no answer."""

import os
import re
import socket
import ssl
from collections.abc import Iterator

_NOT_OF_AN_AUTHORITY = (62, 64, 10, 9)  # X509_V_ERR_*: of another name or address, or time
_PLACE = re.compile(r"\[\w+\] | \(_ssl\.c:\d+\)")  # in OpenSSL's own words


class OutgoingFault(ValueError):
    """A certificate, a proxy or a header cannot be used; the message says which, why and what
    to do."""


def cause_of(error: BaseException, seconds: float | None = None) -> str:
    """Why a request was not answered, in a few words; `seconds` are what it was given."""
    for cause in _chain(error):
        if isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__:
            return f"no answer within {seconds:g} s" if seconds else "no answer in time"
        if isinstance(cause, ssl.SSLCertVerificationError):
            cure = "" if cause.verify_code in _NOT_OF_AN_AUTHORITY else "; see --ca"
            return f"its certificate is not trusted ({cause.verify_message}){cure}"
        if isinstance(cause, ssl.SSLError):
            reason = reason_of(cause)
            cure = "; see --client-cert" if "certificate" in reason else ""
            return f"TLS failed ({reason}){cure}"
        if isinstance(cause, socket.gaierror):
            return "there is no host of this name"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, ConnectionResetError | BrokenPipeError):
            return "the connection was broken off"
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
    who = "the proxy on the way says " if type(error).__name__ == "ProxyError" else ""
    return who + (" ".join(str(error).split())[:200] or type(error).__name__)


def wants_http2(error: BaseException) -> bool:
    """Whether a server refuses HTTP/1.1 in the handshake of TLS (RFC 7301, section 3.2)."""
    causes = (cause for cause in _chain(error) if isinstance(cause, ssl.SSLError))
    return any("no application protocol" in str(cause).lower() for cause in causes)


def reason_of(error: OSError) -> str:
    """What OpenSSL or the system says."""
    if isinstance(error, ssl.SSLError):
        said = _PLACE.sub("", error.strerror or "no PEM")
        return (getattr(error, "reason", None) or said).replace("_", " ").lower()
    return error.strerror or str(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it came from."""
    following: BaseException | None = error
    while following is not None:
        yield following
        following = following.__cause__ or following.__context__
