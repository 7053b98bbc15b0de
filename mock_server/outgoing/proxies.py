"""Which proxy a URL is asked by way of, as an option or the environment has it."""

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

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
    parts, told = urlsplit(url), getproxies_environment()
    host, port = parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)
    exempt = (entry.strip() for entry in told.get("no", "").split(","))
    if is_loopback(host) or any(_covers(entry, host, port) for entry in exempt):
        return None
    for name in (parts.scheme, "all"):
        if name in told:
            source = f"{name.upper()}_PROXY of the environment"
            return usable_proxy(told[name], source, "; see --no-proxy")
    return None


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY has the host: by name, by domain, by address or by network."""
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
