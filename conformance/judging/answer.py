"""What is judged in every exchange: the answer itself, the sessions, turns and messages in it,
and how each session has changed since an earlier answer.

Of a body of any size only the first parts are judged; no answer of the contract has as many.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Self

from ..contract.document import Contract
from ..contract.lifecycle import EXPIRE
from ..contract.resource import Resource
from ..contract.validator import Validator
from .exchange import ABSENT, Exchange, Json
from .memory import Change, Memory
from .schema_errors import Place, SchemaErrors

MOST_MESSAGES = 2000  # of a transcript


class Schemas:
    """The compiled schemas of the bodies that are judged on every exchange."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        names = contract.resource
        answers = {role: contract.answer(id) for role, id in names.operations.items()}
        page, turn, session = (answers[role] for role in ("list", "submit", "read"))
        listed = page["properties"][names.items]["items"]
        self.page = Validator(_hollow(page, names.items))
        self.problem = Validator(contract.problem)
        self.turns = {
            final: Validator(contract.in_state(turn, final=final)) for final in (False, True)
        }
        self.sessions = {
            (in_list, final): Validator(contract.in_state(schema, final=final))
            for in_list, schema in ((False, session), (True, listed))
            for final in (False, True)
        }

    @cached_property
    def results(self) -> Validator:
        """A page of call results, where the contract has an operation that finds them."""
        return Validator(self.contract.answer(self.contract.resource.operations["search"]))


Page = tuple[str, SchemaErrors]  # and the operation that gave it


@dataclass(frozen=True)
class Part:
    """A session, or a turn's result, as an answer holds it, and how it does not fit its schema."""

    body: Any
    errors: SchemaErrors
    resource: Resource

    @property
    def is_final(self) -> bool:
        return self.resource.final(self.body) is True

    @property
    def messages(self) -> list[Any] | None:
        """The transcript; None where there is none, as in a list."""
        found = self.body.get(self.resource.transcript) if isinstance(self.body, dict) else None
        return found[:MOST_MESSAGES] if isinstance(found, list) else None


class Answer:
    """One exchange, taken apart for the rules. Each method gives what one kind of rule judges."""

    def __init__(self, exchange: Exchange, schemas: Schemas, memory: Memory) -> None:
        self.exchange = exchange
        self.schemas = schemas
        self.memory = memory

    # The answer itself.

    def asked(self) -> Iterator[Self]:
        """Also where no answer came."""
        yield self

    def every(self) -> Iterator[Self]:
        if not self.exchange.silence:
            yield self

    def success(self) -> Iterator[Self]:
        """A 2xx of an operation of the contract."""
        if self.exchange.ok and self.exchange.operation:
            yield self

    def refusal(self) -> Iterator[Self]:
        """An error that the contract knows: a plain 500 is another rule's."""
        exchange = self.exchange
        if exchange.operation and exchange.status >= 400 and exchange.status != 500:
            yield self

    def pages(self) -> Iterator[Page]:
        """A page of sessions, or of call results."""
        for role in ("list", "search"):
            body = self._body_of(role)
            if body is not ABSENT:
                whole = self.schemas.page if role == "list" else self.schemas.results
                yield str(self.exchange.operation), SchemaErrors(whole, body)

    @property
    def listed_statuses(self) -> frozenset[int]:
        """What the contract lists for the operation; none where it is no operation's."""
        operation = self.schemas.contract.operations.get(self.exchange.operation or "")
        return operation.statuses if operation else frozenset()

    @property
    def is_server_error(self) -> bool:
        """Whether the server failed. 501 tells of a method; 502 and 503 are listed for turns."""
        return self.exchange.status >= 500 and self.exchange.status not in {
            501,
            *self.listed_statuses,
        }

    # The parts of a success.

    def session_bodies(self) -> Iterator[Part]:
        """What stands where a session does."""
        yield from self._sessions

    def sessions(self) -> Iterator[Part]:
        for part in self._sessions:
            if isinstance(part.body, dict):
                yield part

    def turns(self) -> Iterator[Part]:
        yield from self._turns

    def parts(self) -> Iterator[Part]:
        """Sessions and turns: whatever has messages and a status."""
        yield from self.sessions()
        yield from self.turns()

    def messages(self) -> Iterator[Json]:
        for part in self.parts():
            for message in part.messages or ():
                if isinstance(message, dict):
                    yield message

    # What has changed.

    def changes(self) -> Iterator[Change]:
        """Each session beside an earlier answer's, in whichever order the two came to be."""
        yield from self._changes

    def successions(self) -> Iterator[Change]:
        """Each session beside what was answered before it was asked for."""
        yield from (change for change in self._changes if change.in_order)

    def sights(self) -> Iterator[Part | Change]:
        """Each session as it is told, and beside what was answered before."""
        yield from self.sessions()
        yield from self.successions()

    def expiries(self) -> Iterator[Change]:
        """Each session that its timeout has finished since an earlier answer."""
        lifecycle, name = self.schemas.contract.lifecycle, self.exchange.resource.reason
        due = lifecycle.reason(EXPIRE) if EXPIRE in lifecycle.causes else None
        for change in self.successions() if name and due else ():
            if change.before.get(name) != due == change.now.get(name):
                yield change

    @cached_property
    def _sessions(self) -> list[Part]:
        bodies, names = self.exchange.bodies, self.exchange.resource
        if self.exchange.gives_session:
            return [self._session(body) for body in bodies]
        items = enumerate(islice(bodies, 2 * self.schemas.contract.page_sizes.most))
        return [self._session(item, (names.items, place)) for place, item in items]

    @cached_property
    def _turns(self) -> list[Part]:
        body, names = self._body_of("submit"), self.exchange.resource
        if body is ABSENT or not names.replies:
            return []
        return [_part(self.schemas.turns[names.final(body) is True], body, names)]

    @cached_property
    def _changes(self) -> list[Change]:
        """What the memory has of the sessions; it then remembers them as they are now."""
        if self.exchange.may_be_old:
            return []
        compared = [self.memory.compare(part.body, self.exchange) for part in self.sessions()]
        return [change for change in compared if change]

    def _session(self, body: Any, at: Place = ()) -> Part:
        names = self.exchange.resource
        return _part(self.schemas.sessions[bool(at), names.final(body) is True], body, names, at)

    def _body_of(self, role: str) -> Any:
        """The JSON of a success of the operation of this role, or ABSENT."""
        exchange = self.exchange
        return exchange.json if exchange.ok and exchange.role == role else ABSENT


def _hollow(schema: Json, member: str) -> Json:
    """The schema with nothing wanted of what is in a list."""
    members = schema["properties"]
    return {**schema, "properties": {**members, member: {**members[member], "items": {}}}}


def _part(validator: Validator, body: Any, names: Resource, at: Place = ()) -> Part:
    return Part(body, SchemaErrors(validator, body, at, names.transcript), names)
