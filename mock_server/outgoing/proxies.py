"""Which proxy a URL is asked by way of, as an option or the environment has it."""

import os
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from ..addresses import is_loopback, is_usable
from .faults import OutgoingFault

_SCHEMES = ("http", "https", "socks5", "socks5h")
_WANTED = "wanted an http, https or socks5 URL, such as http://proxy.test:3128"


def usable_proxy(text: str, source: str, cure: str = "") -> str:
    """The URL of a proxy, which without a scheme speaks HTTP, as for curl. Raises OutgoingFault."""
    url = text if "://" in text else f"http://{text}"
    if not is_usable(url, _SCHEMES):  # it may hold a password, so it is not shown
        raise OutgoingFault(f"{source}: {_WANTED}{cure}")
    return url


def environments_proxy(url: str) -> str | None:
    """The proxy of the environment for a URL; none for this machine, nor for what NO_PROXY has.
    Raises OutgoingFault."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or _is_exempt(host, parts.port or {"https": 443}.get(parts.scheme, 80)):
        return None
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        if found := _variable(name):
            return usable_proxy(found, f"{name.upper()} of the environment", "; see --no-proxy")
    return None


def _variable(name: str) -> str | None:
    """A variable in lower or upper case. HTTP_PROXY in capitals is a header of a CGI script's
    caller, where there is one (CVE-2016-5385)."""
    told = os.environ.get(name)
    if told or (name == "http_proxy" and "REQUEST_METHOD" in os.environ):
        return told
    return os.environ.get(name.upper())


def _is_exempt(host: str, port: int) -> bool:
    """Whether NO_PROXY has the host: by name, by domain, by address or by network."""
    entries = (_variable("no_proxy") or "").split(",")
    return any(_covers(entry.strip(), host, port) for entry in entries)


def _covers(entry: str, host: str, port: int) -> bool:
    name, colon, wanted = entry.lower().rpartition(":")
    if not (colon and wanted.isdigit() and (":" not in name or name.endswith("]"))):
        name, wanted = entry.lower(), ""
    if wanted and wanted != str(port):
        return False
    try:
        return ip_address(host) in ip_network(name.strip("[]"), strict=False)
    except ValueError:
        domain = name.removeprefix("*").removeprefix(".")
    named = bool(domain) and (host == domain or host.endswith(f".{domain}"))
    return named or name == "*"
