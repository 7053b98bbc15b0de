"""Options on how other servers are reached: certificates, proxies, headers."""

import logging
from pathlib import Path
from typing import Any

import click

from ..outgoing.clients import Outgoing
from ..outgoing.faults import OutgoingFault
from ..serve.errors import OptionError
from .options import file_option, option, together

_NAMES = ("ca", "client_cert", "insecure", "proxy", "no_proxy", "http2", "header")


class _Line(click.types.StringParamType):
    """A text that may hold blanks; the environment gives one a line."""

    def split_envvar_value(self, rv: str) -> list[str]:
        return rv.splitlines()


# `take_outgoing` makes one thing of them.
outgoing_options = together(
    file_option("ca", "PEM certificates to trust beside the public ones."),
    option("client-cert", "PEM certificate to show, and its key if that is in another file.",
           metavar="FILE[,KEY]"),
    option("insecure", "Check no certificate of a server.", is_flag=True),
    option("proxy", "Ask by way of this proxy. [default: HTTP_PROXY, HTTPS_PROXY or ALL_PROXY]",
           metavar="URL"),
    option("no-proxy", "Ask no proxy, whatever the environment says.", is_flag=True),
    option("http2", "Speak HTTP/2 alone, as where TLS wants it anyway.", is_flag=True),
    option("header", "Add this header, such as a gateway's key; $VARIABLE in a value is filled in. "
           "Repeatable.", multiple=True, type=_Line(), metavar="'NAME: VALUE'"),
)  # fmt: skip


def take_outgoing(
    options: dict[str, Any],
    url: str | None = None,
    unix_socket: Path | None = None,
    key: str = "",
) -> Outgoing:
    """Take the options out of all that were given; `url` is where to, if that is known, and `key`
    says what stands in Authorization.

    Raises OptionError for what cannot be used.
    """
    given = {name: options.pop(name) for name in _NAMES}
    try:
        return Outgoing.of(url, key=key, unix_socket=unix_socket, **given)
    except OutgoingFault as fault:
        raise OptionError(str(fault)) from None


def warn_insecure(outgoing: Outgoing, log_format: str) -> None:
    """Say on stderr that no certificate is checked."""
    if outgoing.insecure:
        from ..serve.logs import start_log

        start_log(log_format)
        logging.getLogger("adjourn").warning("--insecure: no certificate of a server is checked")
