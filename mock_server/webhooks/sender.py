"""Sends webhooks over HTTP to the hosts that are allowed."""

import asyncio
import sys
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..addresses import is_loopback
from ..domain.records import Delivery
from ..outgoing.faults import OutgoingFault
from ..settings import Settings

if TYPE_CHECKING:
    import httpx

_DEFAULT = "default"


class TargetRefused(Exception):
    """A webhook is not sent; the message says why."""


class NoAnswer(Exception):
    """A receiver gave no answer; the message says why."""


class Sender:
    """The sender of one sandbox. Its clients are made when the first webhook is due.

    Webhooks may go to loopback and to `hosts`; `*` lets every one in.
    """

    def __init__(self, settings: Settings, sandbox: str) -> None:
        own = urlsplit(settings.webhook_url or "").hostname
        self.hosts = {host.lower() for host in (*settings.webhook_hosts, own) if host}
        self.timeout = settings.webhook_timeout
        self.outgoing = settings.outgoing
        # So that a receiver, the mock's own sink included, can tell the sandboxes apart.
        named = {} if sandbox == _DEFAULT else {"X-Mock-Sandbox": sandbox}
        self.headers = {**named, "Content-Type": "application/json"}
        self._clients: dict[tuple[str, str | None, bool], httpx.AsyncClient] = {}

    async def __call__(self, delivery: Delivery) -> int:
        """The receiver's status. Raises NoAnswer, or TargetRefused for what cannot be sent."""
        if not self.allows(delivery.url):
            raise TargetRefused(f"{delivery.url} is not allowed; see --webhook-allow")
        if "httpx" not in sys.modules:
            await asyncio.to_thread(import_module, "httpx")  # slow, and needed here first
        import httpx

        try:
            client = await self.client(delivery.url)
            async with (
                asyncio.timeout(self.timeout),
                client.stream(
                    "POST",
                    delivery.url,
                    content=delivery.payload,
                    headers={**delivery.headers, **self.headers},
                ) as response,
            ):
                return response.status_code
        except OutgoingFault as fault:
            raise TargetRefused(str(fault)) from None
        except (httpx.InvalidURL, ValueError) as error:
            raise TargetRefused(f"its URL or a header cannot be sent: {error}") from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise NoAnswer(self.outgoing.cause_of(error, self.timeout)) from None

    def allows(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return False
        known = "*" in self.hosts or host in self.hosts or is_loopback(host)
        return parts.scheme in ("http", "https") and known

    async def client(self, url: str) -> "httpx.AsyncClient":
        """The client that leads to a URL, with added headers if its host is named: these are of
        no concern to what else may be allowed. Raises OutgoingFault."""
        bare = urlsplit(url).hostname not in self.hosts
        way = (urlsplit(url).scheme, self.outgoing.proxy_for(url), bare)
        if way not in self._clients:
            # In a thread: certificates take long to load.
            made = await asyncio.to_thread(self.outgoing.async_client, url, self.timeout, bare)
            self._clients.setdefault(way, made)
        return self._clients[way]

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()
