"""URLs and hosts, judged by their text alone: nothing is resolved or asked."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_usable(url: str) -> bool:
    """Whether a URL is one that can be asked over HTTP."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.port != 0 and bool(parts.hostname)
    except ValueError:
        return False
    return known and url.isprintable() and " " not in url


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: by its name, or by an address in either notation."""
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
