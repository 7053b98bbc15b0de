"""Whether the schemas of a contract take what is sent, what is answered, and its examples."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from .declaration import shown as shown_members
from .leavings import rows_of
from .parts import BODY, Json, at, examples_of, holders, holds, places, schemas
from .resource import Resource
from .validator import Validator
from .values import least
from .words import Defect, Steps, described, leaves, quoted, shown, unmet

LONGEST = 80  # characters of a sample that are told

Trial = tuple[str, Json, Steps, str]  # a role, what its answer is to hold, and what says so, where


class Samples:
    """A document that is sound in all else, and the values that its schemas are tried with."""

    def __init__(self, document: Json, samples: Json) -> None:
        self.document = document
        self.resource: Json = document["x-resource"]
        self.declared = Resource(**self.resource)
        self.samples = {
            **samples,
            "answers": self._completed(samples["answers"], self._given_least()),
        }
        self.compiled: dict[int, Validator] = {}

    @cached_property
    def operations(self) -> dict[str, Steps]:
        return places(self.document)

    def unfit_examples(self) -> Iterator[Defect]:
        """Examples, and defaults, that do not fit their schema."""
        for steps, holder in holders(self.document, "schema"):
            examples = holder.get("examples", {}).items()
            values: dict[Steps, Any] = {
                (*steps, "examples", name, "value"): one["value"] for name, one in examples
            }
            if "example" in holder:
                values[*steps, "example"] = holder["example"]
            for place, value in values.items():
                yield from self._unfit(place, value, holder["schema"])
        for steps, schema in schemas(self.document):
            for name in ("default", "example"):
                if name in schema:
                    yield from self._unfit((*steps, name), schema[name], schema)

    def unserved(self) -> Iterator[Defect]:
        """Schemas that do not take what the suite sends or the mock answers, or that take what
        a deployment is to refuse; where there is none, what no answer can hold."""
        yield from [*self._misfits()] or self._untold()

    def _misfits(self) -> Iterator[Defect]:
        for name, samples in self.samples["requests"].items():
            yield from self._bodies((*self.operations[name], "requestBody", *BODY), samples)
        for name, samples in self.samples["parameters"].items():
            steps = (*self.operations[name], "parameters")
            members = {one.parameter: one.member for one in self.declared.filters}
            for place, one in enumerate(at(self.document, steps)):
                known = samples.get(members.get(one["name"]), {})
                yield from self._tried((*steps, place, "schema"), known)
        if "search" in self.resource:
            yield from self._filters()
        for name in self.operations:
            yield from self._answers(name)
        for name in self.document.get("x-webhooks", ()):
            steps = ("x-webhooks", name, "post", "requestBody", *BODY)
            members = at(self.document, steps)["properties"]
            values = [self._with_fixed(one, members) for one in self.samples["webhooks"]]
            yield from self._refusing(steps, values)
        yield from self._reasons()

    def _untold(self) -> Iterator[Defect]:
        for role, answer, steps, got in (*self._states(), *self._ends(), *self._bounds()):
            name = self.resource["operations"][role]
            schema = at(self.document, (*self._steps(role), "responses", "200", *BODY))
            if self._errors(schema, answer):
                yield unmet(steps, f"what the answer of {name} can hold", got)

    def _filters(self) -> Iterator[Defect]:
        """Filters of a search that do not take what they are compared with."""
        steps = (*self._steps("search"), "requestBody", *BODY, "properties")
        known = {**self.samples["searched"], **self.resource["result"].get("fixed", {})}
        for name, filtered in self.declared.searched.by_parameter.items():
            one = known[filtered.member]
            listed = at(self.document, (*steps, name))["type"] == "array"
            yield from self._refusing((*steps, name), [[one] if listed else one])

    def _with_fixed(self, left: Json, members: Json) -> Json:
        """What an end leaves, in an object of these members."""
        whole = left | self.resource.get("result", {}).get("fixed", {})
        return {name: value for name, value in whole.items() if name in members}

    def _answers(self, name: str) -> Iterator[Defect]:
        steps = (*self.operations[name], "responses")
        answers: dict[str, list[Any]] = {**self.samples["answers"]}
        if name == self.resource["operations"].get("search"):
            items, rows = self.resource["search"]["items"], rows_of(self.document)
            answers[name] = [
                {**page, items: [self._with_fixed(row, rows) for row in page[items]]}
                for page in answers[name]
            ]
        shown = answers[self.resource["operations"]["read"]]
        for status, answer in at(self.document, steps).items():
            values = answers.get(name, shown) if status < "300" else self.samples["errors"]
            for kind in answer.get("content", {}):
                yield from self._refusing((*steps, status, "content", kind, "schema"), values)

    def _given_least(self) -> Json:
        """What sessions show of an open that gives nothing which it need not."""
        body = at(self.document, (*self._steps("create"), "requestBody", *BODY[:2]))
        given = examples_of(body)
        needed, members = body["schema"].get("required", ()), body["schema"]["properties"]
        made = {name: members[name].get("default") for name in shown_members(self.document)}
        for name in made.keys() & {*needed}:
            known = tuple(example[name] for example in given if name in example)
            made[name] = least(members[name], known)
        return made

    def _completed(self, value: Any, silent: Json) -> Any:
        """A value whose sessions show this too."""
        if isinstance(value, list):
            return [self._completed(one, silent) for one in value]
        if not isinstance(value, dict):
            return value
        whole = {name: self._completed(one, silent) for name, one in value.items()}
        named = {self.resource["members"]["created"], self.resource["state"]["member"]}
        return {**whole, **silent} if named <= whole.keys() else whole

    def _bodies(self, steps: Steps, samples: Json) -> Iterator[Defect]:
        """A body also holds what else is wanted in it, as the examples have it."""
        schema, media = at(self.document, steps), at(self.document, steps[:-1])
        made = {k: v for example in examples_of(media) for k, v in example.items()}
        named = set.intersection(*({*body} for body in samples["takes"]))
        others = [name for name in schema.get("required", ()) if name not in named]
        if unknown := [name for name in others if name not in made]:
            place = schema["required"].index(unknown[0])
            wanted = "a member that an example of the body holds"
            yield unmet((*steps, "required", place), wanted, quoted(unknown[0]))
            return
        beside = {name: made[name] for name in others}
        whole = {word: [{**beside, **body} for body in some] for word, some in samples.items()}
        yield from self._tried(steps, whole)

    def _tried(self, steps: Steps, samples: Json) -> Iterator[Defect]:
        yield from self._refusing(steps, samples.get("takes", []))
        for value in samples.get("refuses", []):
            if not self._errors(at(self.document, steps), value):
                yield Defect(steps, f"wanted a schema that refuses {shown(value, LONGEST)}")

    def _refusing(self, steps: Steps, values: Iterable[Any]) -> Iterator[Defect]:
        """Where a schema refuses one of these values."""
        for value in values:
            for error in self._errors(at(self.document, steps), value):
                wanted = f"wanted a schema that takes {shown(value, LONGEST)}"
                yield Defect((*steps, *error.schema_path), f"{wanted}: {described(error)}")

    # What one part says is to be told in another: in the answer of a role, for each.

    def _states(self) -> Iterator[Trial]:
        operations, table = self.resource["operations"], self.document["x-lifecycle"]
        member, finals = self.resource["state"]["member"], self.resource["state"]["final"]
        events = table["events"].items()
        turns = [name for name, one in events if one["operation"] == operations["submit"]]
        after = {row["to"] for row in table["transitions"] if row["event"] in turns}
        for state in table["states"]:
            steps, final = ("x-lifecycle", "states", state), state in finals
            session = {**self._answer("end" if final else "create"), member: state}
            page = {**self._answer("list"), self.resource["list"]["items"]: [session]}
            yield "read", session, steps, quoted(state)
            yield "list", page, steps, quoted(state)
            if state in after:
                turn = self.samples["answers"][operations["submit"]][final]
                yield "submit", {**turn, member: state}, steps, quoted(state)

    def _ends(self) -> Iterator[Trial]:
        final, member = self._answer("end"), self.resource["state"].get("reason")
        for place, row in enumerate(self.document["x-lifecycle"]["transitions"]):
            if (reason := row.get("reason")) and member:
                steps = ("x-lifecycle", "transitions", place, "reason")
                yield "read", {**final, member: reason}, steps, quoted(reason)

    def _bounds(self) -> Iterator[Trial]:
        """Of a timeout, and of a page."""
        session = self._answer("create")
        if after := self.resource.get("timer", {}).get("after"):
            steps = (*self._steps("create"), "requestBody", *BODY, "properties", after)
            for bound in ("minimum", "maximum"):
                seconds = at(self.document, (*steps, bound))
                yield "read", {**session, after: seconds}, (*steps, bound), str(seconds)
        steps, listing = (*self._steps("list"), "parameters"), self.resource["list"]
        names = [one["name"] for one in at(self.document, steps)]
        offset, limit = listing["page"]["offset"], listing["page"]["limit"]
        place = (*steps, names.index(limit), "schema", "maximum")
        most = at(self.document, place)
        page = {listing["items"]: [session] * most, listing["total"]: most, offset: 0, limit: most}
        yield "list", page, place, str(most)

    def _reasons(self) -> Iterator[Defect]:
        """Where the webhook has no place for a reason."""
        outcome = self.resource.get("result", {}).get("outcome", {"member": ""})
        rows = self.document["x-lifecycle"]["transitions"]
        for reason in dict.fromkeys(row["reason"] for row in rows if "reason" in row):
            told = {"reason": reason, "analysis": {}}
            value = {outcome[role]: told[role] for role in told if role in outcome}
            for name in self.document.get("x-webhooks", ()):
                body: Steps = ("x-webhooks", name, "post", "requestBody", *BODY)
                steps = (*body, "properties", outcome["member"])
                if holds(self.document, steps):
                    yield from self._refusing(steps, [value])

    def _steps(self, role: str) -> Steps:
        return self.operations[self.resource["operations"][role]]

    def _answer(self, role: str) -> Json:
        answer: Json = self.samples["answers"][self.resource["operations"][role]][0]
        return answer

    def _unfit(self, steps: Steps, value: Any, schema: Json) -> Iterator[Defect]:
        for error in self._errors(schema, value):
            place = (*steps, *error.instance_path)
            yield Defect(place, f"does not fit its schema: {described(error)}")

    def _errors(self, schema: Json, value: Any) -> list[Any]:
        if id(schema) not in self.compiled:
            self.compiled[id(schema)] = Validator(schema)
        return list(leaves(self.compiled[id(schema)].errors(value)))
