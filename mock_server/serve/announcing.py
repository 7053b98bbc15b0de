"""What a server says once it answers."""

import os

import orjson

from ..contract.parts import needed, operation_of
from ..http.security import Scheme
from ..mock import Mock


def announce_json(mock: Mock, url: str, version: str) -> str:
    """One line for programs."""
    operations = [
        {"operationId": operation_id, "method": method, "path": path}
        for method, path, operation_id, _ in mock.contract.operations()
    ]
    facts = {
        "url": url,
        "pid": os.getpid(),
        "version": version,
        "contract": mock.contract.version,
        "operations": operations,
        "agents": [*filter(None, mock.agents)],
        **({"demo_fault": fault} if (fault := mock.settings.demo_fault) else {}),
    }
    return orjson.dumps(facts).decode()


def banner(mock: Mock, url: str, version: str) -> str:
    """A few lines for people."""
    operations = [*mock.contract.operations()]
    width = max(len(path) for _, path, _, _ in operations)
    agents = [f"  {agent.id:17}{agent.description}" for agent in mock.agents.values() if agent.id]
    resource, title = mock.contract.resource, mock.contract.document["info"]["title"]
    (opened,) = (path for _, path, id, _ in operations if id == resource.operations["create"])
    given = needed(mock.contract.resolved, resource.operations["create"])
    if resource.replies:
        given = {resource.members["agent"]: "agent-echo", **given}
    body = orjson.dumps(given).decode()
    fault = mock.settings.demo_fault
    warning = (
        [f"!!! BROKEN ON PURPOSE (--demo-fault {fault}): not the contract !!!"] if fault else []
    )
    return "\n".join(
        [
            *warning,
            f"{title} mock {version} at {url} (docs: {url}/ui/)",
            *(f"  {method:5}{path:{width}} {summary}" for method, path, _, summary in operations),
            *(["Agents", *agents] if agents else []),
            "Try",
            f"  curl -s {url}{opened} {_key(mock)}--json '{body}'",
            *warning,
        ]
    )


def _key(mock: Mock) -> str:
    """What sends the key of an open, where it wants one."""
    document = mock.contract.resolved
    opening = operation_of(document, mock.contract.resource.operations["create"])
    security = opening.get("security", document.get("security", ()))
    scheme = Scheme.of(security, document["components"].get("securitySchemes", {}))
    return f"{scheme.curl('TOKEN' if mock.settings.token else 'any')} " if scheme else ""
