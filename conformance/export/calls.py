"""Each operation as a request that can be sent: for collections and HTTP files."""

from dataclasses import dataclass
from typing import Any

from ..contract.document import Contract
from ..contract.parts import server_urls
from ..target.credentials import Scheme

SHOWN = "the schemas of requests and answers: a collection holds examples"  # left out
FIRST = ("create", "read", "list", "submit")
LAST = ("end", "search")


@dataclass(frozen=True)
class Call:
    """One request. What stands in braces in its path is a variable."""

    operation: str
    summary: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    opens: bool  # whether its answer names the resource that the others are about


def header(key: Scheme, token: str) -> tuple[str, str] | None:
    """The header that carries the key; None of one in the query, or where none is wanted."""
    if key.kind in ("bearer", "basic"):
        return "Authorization", f"{key.kind.capitalize()} {token}"
    carried = {"header": (key.name, token), "cookie": ("Cookie", f"{key.name}={token}")}
    return carried.get(key.kind)


def calls(contract: Contract) -> list[Call]:
    """Every operation in an order in which they can be sent: what opens comes first."""
    roles = contract.resource.operations
    first, last = ([roles[role] for role in named if role in roles] for named in (FIRST, LAST))
    between = [id for id in contract.operations if id not in (*first, *last)]
    return [_call(contract, id) for id in (*first, *between, *last)]


def base_url(contract: Contract) -> str:
    """The first server of the contract."""
    return next(iter(server_urls(contract.spec)), "http://127.0.0.1:4010").rstrip("/")


def variables(path: str) -> list[str]:
    """The names of what stands in braces in a path."""
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _call(contract: Contract, id: str) -> Call:
    operation = contract.operations[id]
    taken = {name: _example(one) for name, one in operation.query.items()}
    examples = contract.examples(id)
    body = examples[0] if examples else contract.filled(id, "Hello")
    return Call(
        operation=id,
        summary=operation.raw.get("summary", id),
        method=operation.method,
        path=operation.path,
        query={name: str(value) for name, value in taken.items() if value is not None},
        body=body if contract.body(id) is not None else None,
        opens=id == contract.resource.operations["create"],
    )


def _example(parameter: dict[str, Any]) -> Any:
    """A value for a parameter; None where the contract has none."""
    schema = parameter["schema"]
    known = (parameter.get("example"), schema.get("example"), schema.get("default"))
    return next((value for value in known if value is not None), None)
