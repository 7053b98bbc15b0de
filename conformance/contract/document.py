"""`openapi.yaml` as the suite reads it: operations, schemas, lifecycle and rules."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from .bounds import Bounds
from .declaration import shown
from .defects import defects
from .definition import resource
from .ids import Paths
from .lifecycle import FINISH, REPLAY, TURN, Lifecycle, Transition
from .operations import Operation, operations_of
from .parts import BODY, METHODS, at, examples_of
from .references import Document
from .resource import Resource
from .rules import Rule
from .validator import Validator
from .values import least


class Contract:
    """A contract that mock and suite carry out. Raises ContractError for one that they do not.

    `spec` is what stands in the file, `resolved` the same without references.
    """

    def __init__(self, path: Path) -> None:
        document = Document(path)
        if found := defects(document):
            raise document.error(found[0])
        self.path = path
        self.main = document.main
        self.resolved: dict[str, Any] = document.value
        self.spec: dict[str, Any] = document.main.value if document.is_one_file else self.resolved

    @property
    def version(self) -> str:
        return str(self.spec["info"]["version"])

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.main.raw).hexdigest()

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """Every rule by id, in the file's order."""
        found = enumerate(self.resolved["x-rules"])
        return {raw["id"]: Rule.of(raw, self.main.line(("x-rules", n))) for n, raw in found}

    @cached_property
    def judged(self) -> dict[str, Rule]:
        """The rules that a deployment is judged by: all but those with a reason not to be."""
        return {id: rule for id, rule in self.rules.items() if not rule.unchecked}

    def carrier(self, kind: str, operation: str = "", **told: object) -> str:
        """The id of the rule of this kind that is told this, and is about an operation of this
        role if any; of a row of the lifecycle that has none of its own, the one of all such rows;
        empty where there is none."""
        name = self.resource.operations.get(operation, "")
        for rule in self.judged.values():
            if rule.kind == kind and (not name or name in rule.operations):
                if all(getattr(rule, word) == value for word, value in told.items()):
                    return rule.id
        return self.carrier("followed") if kind in ("transition", "kept") else ""

    def accepting(self, operation: str) -> str:
        """The id of the rule that tells of what an operation is to take."""
        role = self.resource.role(operation)
        if role == "act":
            return self.carrier("followed")
        return self.carrier("accepted", role, sent="") or self.carrier("alike", "create")

    @cached_property
    def operations(self) -> dict[str, Operation]:
        return {op.id: op for op in operations_of(self.resolved)}

    @cached_property
    def methods(self) -> dict[str, frozenset[str]]:
        """The methods of each path template, in upper case."""
        return {
            path: frozenset(name.upper() for name in item if name in METHODS)
            for path, item in self.spec["paths"].items()
        }

    @cached_property
    def paths(self) -> Paths:
        return Paths(self.spec["paths"])

    @cached_property
    def resource(self) -> Resource:
        """What the lifecycle's words mean for the resource."""
        return Resource(**self.resolved["x-resource"])

    @cached_property
    def lifecycle(self) -> Lifecycle:
        return Lifecycle(self.resolved["x-lifecycle"])

    def refused(self, state: str, event: str) -> tuple[int, ...]:
        """The statuses that an event is refused with in a state; none where it is taken."""
        refusal = self.lifecycle.row(state, event).refusal
        return tuple(self.resource.refusals[refusal]) if refusal else ()

    @cached_property
    def reopening(self) -> tuple[Transition, ...]:
        """The rows by which what has ended goes on; none where an end is for ever."""
        rows, finals = self.lifecycle.rows.values(), self.resource.finals
        return tuple(row for row in rows if row.state in finals and row.to not in finals)

    def row_of(self, rule: Rule) -> Transition:
        """The row that a rule is about. Where no turn is remembered, each is a new one."""
        remembers = self.lifecycle.does("remember", FINISH if rule.by == FINISH else TURN)
        event = TURN if rule.when == REPLAY and not remembers else rule.when
        return self.lifecycle.row(rule.given, event)

    @cached_property
    def telling(self) -> dict[str, dict[str, Any]]:
        """The members by which an answer tells that the resource is in a state, for each state."""
        mirror, member = self.resource.mirror, self.resource.status
        if not mirror:
            return {state: {member: state} for state in self.lifecycle.states}
        members: dict[str, dict[str, Any]] = {}
        for one in self.answer(self.resource.operations["read"])["oneOf"]:
            mirrored, states = (one["properties"][name]["enum"] for name in (mirror, member))
            for state in states:
                members[state] = {mirror: mirrored[0]} | (
                    {member: state} if len(states) > 1 else {}
                )
        return members

    def state_of(self, body: Any) -> str | None:
        """The state that a session, or a turn's result, is told to be in; None of anything else."""
        for state, told in self.telling.items():
            if isinstance(body, dict) and all(body.get(name) == told[name] for name in told):
                return state
        return None

    def in_state(self, schema: dict[str, Any], *, final: bool) -> dict[str, Any]:
        """The alternative of a schema that a resource in this state is told by."""
        name, forms = self.resource.mirror or self.resource.status, schema.get("oneOf", [schema])
        values = (True,) if self.resource.mirror else self.resource.finals
        return next(
            one
            for one in forms
            if any((value in values) == final for value in one["properties"][name]["enum"])
        )

    def filled(
        self, operation: str, text: str, given: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """What is given, and what else an operation wants in its body: this text where a text
        stands, an example of the contract's, or the least that there is."""
        schema, examples = self.body(operation) or {}, self.examples(operation)
        made = {**(given or {})}
        for name in schema.get("required", ()):
            if name not in made:
                known = (text, *(one[name] for one in examples if name in one))
                made[name] = least(schema["properties"][name], known)
        return made

    def members(self, role: str) -> dict[str, dict[str, Any]]:
        """The schema of each member of the body that the operation of this role takes."""
        found: dict[str, Any] = (self.body(self.resource.operations[role]) or {})["properties"]
        return found

    def sought(self, parameter: str, *values: str) -> dict[str, Any]:
        """A search for any of the values, or for the last where it cannot be for several."""
        is_list = self.members("search")[parameter]["type"] == "array"
        return {parameter: [*values] if is_list else values[-1]}

    def taken(self, operation: str) -> dict[str, dict[str, Any]]:
        """The schema of each member of an operation's body, or of each parameter of its query."""
        body: dict[str, Any] = self.body(operation) or {}
        return body.get("properties") or self.query(operation)

    def needs_body(self, operation: str) -> bool:
        """Whether an operation cannot be asked for without a body."""
        return bool(self.operations[operation].raw.get("requestBody", {}).get("required"))

    def answer(self, operation: str) -> dict[str, Any]:
        """The schema of what an operation answers with, where it does what it is asked."""
        return self._answered(operation, "2", "application/json")

    @property
    def problem(self) -> dict[str, Any]:
        """The schema of what an operation answers with, where it refuses."""
        return self._answered(self.resource.operations["read"], "45", "application/problem+json")

    def _answered(self, operation: str, classes: str, kind: str) -> dict[str, Any]:
        """The schema of the first answer whose status is of one of these classes."""
        responses = self.operations[operation].raw["responses"]
        status = min(status for status in responses if status[0] in classes)
        schema: dict[str, Any] = responses[status]["content"][kind]["schema"]
        return schema

    @property
    def webhook(self) -> dict[str, Any]:
        """The schema of what a finished session is announced with."""
        (item,) = self.resolved["x-webhooks"].values()
        schema: dict[str, Any] = at(item["post"]["requestBody"], BODY)
        return schema

    def body(self, operation: str) -> dict[str, Any] | None:
        """The schema of what an operation takes, if it takes a body."""
        schema: dict[str, Any] | None = self.operations[operation].media.get("schema")
        return schema

    def examples(self, operation: str) -> tuple[Any, ...]:
        """The bodies that the contract gives as examples of what an operation takes."""
        return tuple(examples_of(self.operations[operation].media))

    def query(self, operation: str) -> dict[str, dict[str, Any]]:
        """The schema of each parameter of an operation's query."""
        return {name: one["schema"] for name, one in self.operations[operation].query.items()}

    def secured(self, operation: str) -> bool:
        """Whether an operation wants a key."""
        return bool(self.operations[operation].raw.get("security", self.resolved.get("security")))

    def takes(self, operation: str, body: Any) -> bool:
        """Whether a body fits what an operation takes."""
        return operation in self._bodies and self._bodies[operation].is_valid(body)

    @cached_property
    def timeouts(self) -> Bounds:
        """The seconds of silence that a session may be given; none where none expires."""
        schema = self.members("create").get(self.resource.timeout)
        return Bounds.of(schema) if schema else Bounds(0, 0)

    @property
    def default_state(self) -> str:
        """What a list selects that is asked for no state."""
        return str(self._listed["default"])

    @property
    def listed_states(self) -> tuple[str, ...]:
        """What a list can be asked for: states, and the word for all."""
        return tuple(self._listed["enum"])

    @cached_property
    def _listed(self) -> dict[str, Any]:
        query = self.query(self.resource.operations["list"])
        return query[self.resource.filtering[self.resource.status]]

    @cached_property
    def open_lists(self) -> list[str]:
        """What lists are asked for to have every session that is not final."""
        left = [state for state in self.lifecycle.states if state not in self.resource.finals]
        found = [state for state in left if state in self.listed_states]
        whole = found == left or self.resource.all not in self.listed_states
        return found if whole else [self.resource.all]

    @cached_property
    def further(self) -> dict[str, dict[str, Any]]:
        """The schemas of members that an open gives and a session shows, and that `x-resource`
        does not name."""
        return {name: self.members("create")[name] for name in shown(self.resolved)}

    @cached_property
    def page_sizes(self) -> Bounds:
        return Bounds.of(self.query(self.resource.operations["list"])[self.resource.limit])

    @cached_property
    def longest_key(self) -> int:
        """The most characters of a key that a deployment must take."""
        return int(self.members("submit").get(self.resource.key, {}).get("maxLength", 0))

    @cached_property
    def _bodies(self) -> dict[str, Validator]:
        bodies = {id: self.body(id) for id in self.operations}
        return {id: Validator(schema) for id, schema in bodies.items() if schema}


def find_contract() -> Path:
    """The contract that travels with the package."""
    return resource("openapi.yaml")
