"""Arazzo 1.0.1: a workflow for each row of the lifecycle that a client can bring about."""

from typing import Any

from ..contract.document import Contract
from ..contract.lifecycle import FINISH, REPLAY, TURN, Transition
from ..contract.parts import Json
from ..target.credentials import Scheme
from .calls import variables
from .view import View, other_parts

KEPT = "first-turn"  # the key of the turn that is sent again


def arazzo(contract: Contract) -> View:
    """Each workflow opens a session of its own, brings the event about, and reads what came."""
    made = _Workflows(contract)
    rows = contract.lifecycle.rows.values()
    workflows = [made.workflow(row) for row in rows if made.why_not(row) is None]
    info = contract.spec["info"]
    document = {
        "arazzo": "1.0.1",
        "info": {"title": f"The lifecycle of the {info['title']}", "version": info["version"]},
        "sourceDescriptions": [{"name": "api", "url": contract.path.name, "type": "openapi"}],
        "workflows": workflows,
    }
    left_out = (f"{row.state} × {row.event}: {why}" for row in rows if (why := made.why_not(row)))
    return View.of("arazzo.json", document, *left_out, *other_parts(contract, "x-lifecycle"))


class _Workflows:
    """What a row is as steps."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.lifecycle, self.resource = contract.lifecycle, contract.resource
        self.key = Scheme.of(contract.resolved)

    def why_not(self, row: Transition) -> str | None:
        """Why a client cannot bring a row about; None if it can."""
        if self.lifecycle.is_timed(row.event):
            return "it comes with time, for which Arazzo cannot wait"
        if row.event == FINISH:
            return "the agent decides, and a workflow does not know what makes it"
        if self._way(row.state) is None:
            return f"no client can bring {row.state} about"
        return None

    def workflow(self, row: Transition) -> Json:
        steps = [self._open()]
        if row.event == REPLAY:
            first = self.lifecycle.row(self.lifecycle.initial, TURN)
            steps.append(self._event("before", first, keyed=True))
        for place, way in enumerate(self._way(row.state) or (), 1):
            steps.append(self._event(f"way-{place}", way))
        steps += [self._event("event", row, keyed=row.event == REPLAY), self._read(row)]
        inputs = ["agent", "token"] if self.resource.replies else ["token"]
        return {
            "workflowId": f"{row.state}-{row.event}",
            "summary": f"{row.event} on what is {row.state}",
            "inputs": {
                "type": "object",
                "required": inputs,
                "properties": {name: {"type": "string"} for name in inputs},
            },
            **_parameters(self.key),
            "steps": steps,
        }

    def _way(self, state: str) -> list[Transition] | None:
        return self.lifecycle.path(self.lifecycle.initial, state)

    def _open(self) -> Json:
        create, agent = self.resource.operations["create"], self.resource.agent
        payload = self.contract.filled(create, "Hello", {agent: "$inputs.agent"} if agent else {})
        return {
            "stepId": "open",
            "operationId": create,
            "requestBody": {"contentType": "application/json", "payload": payload},
            "successCriteria": [_one_of(self._good(create))],
            "outputs": {"id": f"$response.body#/{self.resource.id}"},
        }

    def _event(self, name: str, row: Transition, *, keyed: bool = False) -> Json:
        operation = str(self.lifecycle.causes[row.event])
        statuses = self.contract.refused(row.state, row.event) or self._good(operation)
        step: Json = {
            "stepId": name,
            "operationId": operation,
            "parameters": self._of_session(operation),
            "successCriteria": [_one_of(statuses)],
        }
        if self.contract.body(operation) is not None:
            payload = self.contract.filled(operation, "Hello")
            payload |= {self.resource.key: KEPT} if keyed else {}
            step["requestBody"] = {"contentType": "application/json", "payload": payload}
        return step

    def _read(self, row: Transition) -> Json:
        read = self.resource.operations["read"]
        told = {f"#/{name}": value for name, value in self.contract.telling[row.to].items()}
        if (reason := self._reason(row)) and self.resource.reason:
            told[f"#/{self.resource.reason}"] = reason
        return {
            "stepId": "read",
            "operationId": read,
            "parameters": self._of_session(read),
            "successCriteria": [
                _one_of(self._good(read)),
                *({"condition": f"$response.body{at} == {_literal(told[at])}"} for at in told),
            ],
        }

    def _reason(self, row: Transition) -> str | None:
        """The reason that is told afterwards: the row's own, or the one that was and stays."""
        way = self._way(row.state)
        stays = self.lifecycle.freezes(self.resource.reason, row.to)
        return row.reason or (way[-1].reason if way and stays else None)

    def _of_session(self, operation: str) -> list[Json]:
        names = variables(self.contract.operations[operation].path)
        return [{"name": name, "in": "path", "value": "$steps.open.outputs.id"} for name in names]

    def _good(self, operation: str) -> tuple[int, ...]:
        """The statuses with which an operation does what it is asked."""
        listed = sorted(self.contract.operations[operation].statuses)
        return tuple(status for status in listed if status < 300)


def _parameters(key: Scheme) -> Json:
    """How the key is carried; what every step sends."""
    name, value, place = key.name, "{$inputs.token}", key.kind
    if key.kind in ("bearer", "basic"):
        name, value, place = "Authorization", f"{key.kind.capitalize()} {value}", "header"
    return {"parameters": [{"name": name, "in": place, "value": value}]} if place else {}


def _one_of(statuses: tuple[int, ...]) -> Json:
    return {"condition": " || ".join(f"$statusCode == {status}" for status in statuses)}


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()
