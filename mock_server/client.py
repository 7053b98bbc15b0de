"""A small client of the control plane, for the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from .addresses import is_loopback
from .http.sandboxes import HEADER
from .outgoing.clients import Outgoing
from .outgoing.faults import OutgoingFault

KEY = "the token goes in ADJOURN_ADMIN_TOKEN"

_SLACK_SECONDS = 30.0


class ClientError(Exception):
    """A call that was refused or never answered; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Client:
    """Calls the mock at `url`, in a sandbox if one is named."""

    url: str
    token: str | None = None
    sandbox: str | None = None
    outgoing: Outgoing = field(default_factory=Outgoing)

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
        patience = seconds + _SLACK_SECONDS
        try:
            with self._connect(patience) as client:
                url = f"{self.url.rstrip('/')}{path}"
                return _value(client.request(method, url, json=body, params=query, headers=headers))
        except OutgoingFault as fault:
            raise ClientError(str(fault)) from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            cause = self.outgoing.cause_of(error, patience)
            advice = "start one with adjourn-mock, or give the address of one"
            raise ClientError(f"no mock answers at {self.url} ({cause}); {advice}") from None

    def _connect(self, patience: float) -> httpx.Client:
        # A certificate of a mock on this machine is as a rule one that it signed itself.
        local = is_loopback(urlsplit(self.url).hostname or "")
        unchecked = local and not self.outgoing.ca
        outgoing = replace(self.outgoing, insecure=True) if unchecked else self.outgoing
        return outgoing.client(self.url, patience)


def _value(response: httpx.Response) -> Any:
    try:
        value = response.json() if response.content else None
    except ValueError:
        value = {}
    if response.is_success:
        return value
    problem = value if isinstance(value, dict) else {}
    places = [f"{e['pointer'] or '/'}: {e['detail']}" for e in problem.get("errors", ())]
    place = response.headers.get("location") if response.is_redirect else None
    elsewhere = place and f"which leads to {place[:200]!r}"
    detail = problem.get("detail") or elsewhere or "is there a mock behind this address?"
    raise ClientError("; ".join([f"{response.status_code}, {detail}", *places]))
