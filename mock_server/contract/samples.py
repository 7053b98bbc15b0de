"""Whether the schemas of a contract take what they should: its examples, and what is served."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import jsonschema_rs

from ..codec import encode
from ..problems.violations import describe_error, leaf_errors, quote
from .definition import Defect
from .parts import (
    JSON,
    at,
    each_operation,
    each_schema,
    each_with,
    examples_of,
    holds,
    row_of,
    shown,
)
from .references import Steps
from .schemas import compile_schema

_SHOWN = 80


class Samples:
    """Holds values against the schemas of a document in which nothing else is wrong."""

    def __init__(self, document: Mapping[str, Any], samples: Mapping[str, Any]) -> None:
        self.document = document
        self.samples = _completed(samples, document)
        self.resource = document["x-resource"]
        self.validators: dict[int, jsonschema_rs.Draft4Validator] = {}
        self.operations = {o["operationId"]: steps for steps, o in each_operation(document)}

    def examples(self) -> Iterator[Defect]:
        """Examples and defaults that do not fit the schema that they stand beside."""
        for steps, node in each_with(self.document, "schema"):
            if "example" in node:
                yield from self._beside((*steps, "example"), node["example"], node["schema"])
            for name, example in node.get("examples", {}).items():
                place = (*steps, "examples", name, "value")
                yield from self._beside(place, example["value"], node["schema"])
        for steps, schema in each_schema(self.document):
            for name in sorted(schema.keys() & {"example", "default"}):
                yield from self._beside((*steps, name), schema[name], schema)

    def served(self) -> Iterator[Defect]:
        """Where a request or an answer of the mock or of the suite does not fit the contract."""
        checks = (self._requests, self._queries, self._answers, self._webhooks)
        related = (self._states, self._reasons, self._timeouts, self._pages)
        found = [*chain.from_iterable(check() for check in checks)]
        # What is wrong with an answer itself would be told again of each part that it is to hold.
        return iter(found) if found else chain.from_iterable(check() for check in related)

    def _requests(self) -> Iterator[Defect]:
        for id, samples in self.samples["requests"].items():
            yield from self._bodies((*self.operations[id], "requestBody", *JSON), samples)

    def _bodies(self, steps: Steps, samples: Mapping[str, Any]) -> Iterator[Defect]:
        """The samples, with what a body needs that the mock has no use for: as in an example."""
        used = set.intersection(*({*body} for body in samples["takes"]))
        content, needed = (
            at(self.document, steps[:-1]),
            at(self.document, steps).get("required", ()),
        )
        given: dict[str, Any] = {}
        for example in examples_of(content):
            given |= example
        for number, name in enumerate(needed):
            if name not in used and name not in given:
                wanted = "wanted a member that an example of the body holds"
                yield Defect((*steps, "required", number), f"{wanted}, got {quote(name)}")
                return
        needs = {name: given[name] for name in needed if name not in used}
        for body in samples["takes"]:
            yield from self._taken(steps, [needs | body])
        yield from self._sampled(steps, {"refuses": [needs | body for body in samples["refuses"]]})

    def _queries(self) -> Iterator[Defect]:
        for id, samples in self.samples["parameters"].items():
            steps = (*self.operations[id], "parameters")
            filters = self.resource["list"]["filters"]
            for number, parameter in enumerate(at(self.document, steps)):
                raw = filters.get(parameter["name"])
                known = samples.get(raw["member"] if isinstance(raw, dict) else raw, {})
                yield from self._sampled((*steps, number, "schema"), known)
        if "search" in self.resource:
            yield from self._searches()

    def _searches(self) -> Iterator[Defect]:
        steps = (*self.operations[self.resource["operations"]["search"]], "requestBody", *JSON)
        members = at(self.document, (*steps, "properties"))
        known = {**self.samples["searched"], **self.resource["result"].get("fixed", {})}
        for name, raw in self.resource["search"]["filters"].items():
            value = known[raw["member"] if isinstance(raw, dict) else raw]
            wanted = [value] if members[name]["type"] == "array" else value
            yield from self._taken((*steps, "properties", name), [wanted])

    def _answers(self) -> Iterator[Defect]:
        answers = self.samples["answers"]
        shown = answers[self.resource["operations"]["read"]]
        for id, operation in self.operations.items():
            steps = (*operation, "responses")
            for status, answer in at(self.document, steps).items():
                fine = status[0] == "2"
                values = answers.get(id, shown) if fine else self.samples["errors"]
                if fine and id == self.resource["operations"].get("search"):
                    values = [self._found(page) for page in values]
                for kind in answer.get("content", ()):
                    yield from self._taken((*steps, status, "content", kind, "schema"), values)

    def _found(self, page: Mapping[str, Any]) -> dict[str, Any]:
        """A page whose rows hold what is fixed in them too."""
        items, known = self.resource["search"]["items"], row_of(self.document)
        return {**page, items: [self._left(row, known) for row in page[items]]}

    def _left(self, row: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
        whole = {**row, **self.resource["result"].get("fixed", {})}
        return {member: value for member, value in whole.items() if member in known}

    def _webhooks(self) -> Iterator[Defect]:
        for name in self.document.get("x-webhooks", ()):
            steps: Steps = ("x-webhooks", name, "post", "requestBody", *JSON)
            known = at(self.document, steps)["properties"]
            told = [self._left(sample, known) for sample in self.samples["webhooks"]]
            yield from self._taken(steps, told)

    def _sampled(self, steps: Steps, samples: Mapping[str, Any]) -> Iterator[Defect]:
        yield from self._taken(steps, samples.get("takes", ()))
        for value in samples.get("refuses", ()):
            if self._validator(at(self.document, steps)).is_valid(value):
                yield Defect(steps, f"wanted a schema that refuses {_shown(value)}")

    def _taken(self, steps: Steps, values: Any) -> Iterator[Defect]:
        for value in values:
            for error in self._errors(at(self.document, steps), value):
                wanted = f"wanted a schema that takes {_shown(value)}"
                place = _written(self.document, (*steps, *error.schema_path))
                yield Defect(place, f"{wanted}: {describe_error(error)}")

    # What one part of the contract says, and another has to take.

    def _states(self) -> Iterator[Defect]:
        operations, told = self.resource["operations"], self.resource["state"]
        answers, table = self.samples["answers"], self.document["x-lifecycle"]
        turns = {
            row["to"]
            for row in table["transitions"]
            if table["events"][row["event"]]["operation"] == operations["submit"]
        }
        for state in table["states"]:
            final, steps = state in told["final"], ("x-lifecycle", "states", state)
            shown = answers[operations["end" if final else "create"]][0]
            session = {**shown, told["member"]: state}
            page = {**answers[operations["list"]][0], self.resource["list"]["items"]: [session]}
            tried = {"read": session, "list": page}
            if state in turns:
                tried["submit"] = {**answers[operations["submit"]][final], told["member"]: state}
            for role, value in tried.items():
                yield from self._shown(operations[role], value, steps, quote(state))

    def _reasons(self) -> Iterator[Defect]:
        operations = self.resource["operations"]
        final = self.samples["answers"][operations["end"]][0]
        member = self.resource["state"].get("reason")
        for number, row in enumerate(self.document["x-lifecycle"]["transitions"]):
            if member and "reason" in row:
                steps = ("x-lifecycle", "transitions", number, "reason")
                session = {**final, member: row["reason"]}
                yield from self._shown(operations["read"], session, steps, quote(row["reason"]))
            if "reason" in row:
                yield from self._announced(row["reason"])

    def _announced(self, reason: str) -> Iterator[Defect]:
        """Where the webhook cannot tell a reason."""
        outcome = self.resource.get("result", {}).get("outcome", {})
        told = {outcome.get("reason"): reason, outcome.get("analysis"): {}}
        told.pop(None, None)
        for name in self.document.get("x-webhooks", ()):
            body: Steps = ("x-webhooks", name, "post", "requestBody", *JSON)
            steps = (*body, "properties", outcome.get("member", ""))
            if holds(self.document, steps):
                yield from self._taken(steps, [told])

    def _timeouts(self) -> Iterator[Defect]:
        if "timer" not in self.resource:
            return
        operations, member = self.resource["operations"], self.resource["timer"]["after"]
        body = (*self.operations[operations["create"]], "requestBody", *JSON)
        active = self.samples["answers"][operations["create"]][0]
        for bound in ("minimum", "maximum"):
            steps = (*body, "properties", member, bound)
            seconds = at(self.document, steps)
            session = {**active, member: seconds}
            yield from self._shown(operations["read"], session, steps, str(seconds))

    def _pages(self) -> Iterator[Defect]:
        operations, listing = self.resource["operations"], self.resource["list"]
        parameters = (*self.operations[operations["list"]], "parameters")
        item = self.samples["answers"][operations["create"]][0]
        offset, limit = listing["page"]["offset"], listing["page"]["limit"]
        for number, parameter in enumerate(at(self.document, parameters)):
            if parameter["name"] == limit:
                most = parameter["schema"]["maximum"]
                page = {
                    listing["items"]: [item] * most,
                    listing["total"]: most,
                    offset: 0,
                    limit: most,
                }
                steps = (*parameters, number, "schema", "maximum")
                yield from self._shown(operations["list"], page, steps, str(most))

    def _shown(self, id: str, value: Any, steps: Steps, got: str) -> Iterator[Defect]:
        """Nothing where an operation can be answered with a value that holds what `steps` say."""
        schema = at(self.document, (*self.operations[id], "responses", "200", *JSON))
        if not self._validator(schema).is_valid(value):
            yield Defect(steps, f"wanted what the answer of {id} can hold, got {got}")

    def _beside(self, steps: Steps, value: Any, schema: Any) -> Iterator[Defect]:
        for error in self._errors(schema, value):
            place = (*steps, *error.instance_path)
            yield Defect(place, f"does not fit its schema: {describe_error(error)}")

    def _errors(self, schema: Any, value: Any) -> Iterator[jsonschema_rs.ValidationError]:
        return leaf_errors(self._validator(schema).iter_errors(value))

    def _validator(self, schema: Any) -> jsonschema_rs.Draft4Validator:
        if id(schema) not in self.validators:
            self.validators[id(schema)] = compile_schema(schema)
        return self.validators[id(schema)]


def _written(document: Any, steps: Steps) -> Steps:
    """The place of a keyword; a uuid is compiled to a pattern, and written as a format."""
    is_uuid = steps[-1] == "pattern" and not holds(document, steps)
    return (*steps[:-1], "format") if is_uuid else steps


def _completed(samples: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The samples, in which a session shows nothing of what an open need not give."""
    state, silent = document["x-resource"]["state"]["member"], shown(document)

    def completed(value: Any) -> Any:
        if isinstance(value, list):
            return [completed(item) for item in value]
        if not isinstance(value, dict):
            return value
        whole = {name: completed(item) for name, item in value.items()}
        is_session = state in whole and document["x-resource"]["members"]["created"] in whole
        return {**whole, **silent} if is_session else whole

    return {**samples, "answers": completed(samples["answers"])}


def _shown(value: Any) -> str:
    text = encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
