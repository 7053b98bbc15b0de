"""Which hosts webhooks may go to: loopback, and those that are named."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from ..addresses import is_loopback

_EVERY = "*"


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
        known = _EVERY in self.hosts or host in self.hosts or is_loopback(host)
        return parts.scheme in ("http", "https") and known

    def names(self, url: str) -> bool:
        """Whether the host of a URL, which is allowed, is named itself."""
        return urlsplit(url).hostname in self.hosts
