"""Sending webhooks over HTTP, to the hosts that are allowed."""

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..domain.repository import Delivery
from ..settings import Settings
from .hosts import TargetRefused, Targets

if TYPE_CHECKING:
    import httpx

__all__ = ["Sender"]

_DEFAULT = "default"


class Sender:
    """The sender of one sandbox. Its client is made when the first webhook is due."""

    def __init__(self, settings: Settings, sandbox: str) -> None:
        own = urlsplit(settings.webhook_url or "").hostname
        self.targets = Targets([*settings.webhook_hosts, *([own] if own else [])])
        self.timeout = settings.webhook_timeout
        # So that a receiver, the mock's own sink included, can tell the sandboxes apart.
        self.headers = {} if sandbox == _DEFAULT else {"X-Mock-Sandbox": sandbox}
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, delivery: Delivery) -> int | None:
        """The receiver's status, None without an answer.

        Raises TargetRefused for a webhook that cannot be sent or is not allowed to be.
        """
        import httpx

        if not self.targets.allow(delivery.url):
            raise TargetRefused(f"{delivery.url} is not allowed; see --webhook-allow")
        try:
            async with (
                asyncio.timeout(self.timeout),
                self.client().stream(
                    "POST",
                    delivery.url,
                    content=delivery.payload,
                    headers=self.all_headers(delivery),
                ) as response,
            ):
                return int(response.status_code)
        except (httpx.InvalidURL, ValueError) as error:
            raise TargetRefused(f"its URL or a header cannot be sent: {error}") from None
        except (httpx.HTTPError, TimeoutError):
            return None

    def client(self) -> "httpx.AsyncClient":
        """The client, which follows no redirects and asks no proxy."""
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx

        if self._client is None:
            # A jar that takes nothing: each delivery is to come alone.
            jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            self._client = httpx.AsyncClient(timeout=self.timeout, trust_env=False, cookies=jar)
        return self._client

    def all_headers(self, delivery: Delivery) -> dict[str, str]:
        """The delivery's headers and those that every one has."""
        return {**delivery.headers, **self.headers, "Content-Type": "application/json"}

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.aclose()
