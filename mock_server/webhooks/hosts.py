"""Which hosts webhooks may go to: loopback, and those that are named."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["TargetRefused", "Targets"]

_EVERY = "*"


class TargetRefused(Exception):
    """A webhook is not sent, because its host is not allowed."""


class Targets:
    """The allow-list; `*` lets every host in."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self.hosts = frozenset(host.lower() for host in hosts)

    def allow(self, url: str) -> bool:
        """Whether a webhook may go to a URL."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return False
        known = _EVERY in self.hosts or host in self.hosts or is_local(host)
        return parts.scheme in ("http", "https") and known


def is_local(host: str) -> bool:
    """Whether a host is this machine by its name alone: no resolver is asked."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
