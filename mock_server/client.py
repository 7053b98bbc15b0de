"""A small client of the control plane, for the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from .http.sandboxes import HEADER

__all__ = ["Client", "ClientError"]

_SLACK_SECONDS = 30.0


class ClientError(Exception):
    """A call that was refused or never answered; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Client:
    """Calls the mock at `url`, in a sandbox if one is named."""

    url: str
    token: str | None = None
    sandbox: str | None = None

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        seconds: float = 0.0,
    ) -> Any:
        """The JSON value of an answer, None for one without. Raises ClientError."""
        headers = {HEADER.encode(): self.sandbox.encode()} if self.sandbox else {}
        if self.token:
            headers[b"Authorization"] = f"Bearer {self.token}".encode()
        try:
            response = httpx.request(
                method,
                f"{self.url.rstrip('/')}{path}",
                json=body,
                params=query,
                headers=headers,
                timeout=seconds + _SLACK_SECONDS,
                trust_env=False,
                verify=not _is_local(self.url),
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            advice = "start one with adjourn-mock, or give the address of one"
            raise ClientError(f"no mock answers at {self.url} ({error}); {advice}") from None
        return _value(response)


def _value(response: httpx.Response) -> Any:
    try:
        value = response.json() if response.content else None
    except ValueError:
        value = {}
    if response.is_success:
        return value
    problem = value if isinstance(value, dict) else {}
    places = [f"{e['pointer'] or '/'}: {e['detail']}" for e in problem.get("errors", ())]
    detail = problem.get("detail") or "is there a mock behind this address?"
    raise ClientError("; ".join([f"{response.status_code}, {detail}", *places]))


def _is_local(url: str) -> bool:
    # A mock's certificate is as a rule one that it signed itself.
    return httpx.URL(url).host in ("localhost", "127.0.0.1", "::1")
