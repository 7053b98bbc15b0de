"""Generated requests: sent to real sessions, and judged by what was really sent."""

from collections import Counter
from functools import cached_property
from typing import Any

import requests
from schemathesis import Case, GenerationMode, Response

from ..contract.ids import canonical
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import Blocked, Hiccup, Violation
from ..judging.trace import Trace, relevant
from ..target.api import Api
from ..target.retry import READING
from .cases import UNLISTED, boundary_cases, fuzzed_cases, quiet_hypothesis, scenarios
from .oracle import Oracle


class Results:
    """What a walk has seen. `accepted` counts, by operation, the requests that fit and were
    answered 2xx, `broken` those that break the contract; `cause` says why a walk was cut."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.broken = 0
        self.found: dict[str, list[tuple[Violation, Trace]]] = {"fitting": [], "breaking": []}
        self.cause = ""


class Generation:
    """One walk through all generated requests, made when its results are first asked for."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.contract = api.contract
        self.names = self.contract.resource
        self.invalid = {415, *self.names.refusals["invalid-request"]}
        rows = self.contract.lifecycle.rows
        self.ended = {status for row in rows for status in self.contract.refused(*row)}
        self.ended -= self.invalid  # which tell nothing of the session
        self.oracle = Oracle(self.contract, str(api.config.agent))
        self.opening: Exchange | None = None
        self.in_scenario = False
        self.walked = Results()

    @cached_property
    def results(self) -> Results:
        seed = self.api.config.seed
        self._session()  # where a plain open is refused, nothing that fits can be judged
        with quiet_hypothesis():
            boundary_cases(self.contract, seed, self.visit)
            fuzzed_cases(self.contract, seed, self.visit)
            self.in_scenario = True
            scenarios(self.contract, seed, self._start, self.visit)
        return self.walked

    def visit(self, case: Case[Any]) -> Response | None:
        """Send one case and judge it; None where it could not be sent or answered."""
        if self.walked.cause:
            return None
        try:
            self._pin(case)
            prepared = _prepared(case, self.api.client.base)
            if prepared is None:
                return None
            exchange = self._send(case, prepared)
            self._judge(exchange)
        except Hiccup:
            return None  # one case less
        except Blocked as cause:
            self.walked.cause = str(cause)
            return None
        return _response(exchange, prepared)

    # Pinning: what is generated names this run's own agent, channel and sessions. Members are
    # assigned and never changed in place, because boundary cases share their containers.

    def _start(self) -> None:
        self.api.trace = []

    def _pin(self, case: Case[Any]) -> None:
        role = self.names.role(_operation(case))
        case.path_parameters = {
            name: self._named(case, value) for name, value in (case.path_parameters or {}).items()
        }
        if role == "list":
            case.query = self._listing(case.query or {})
        if role == "create" and self.in_scenario:
            # Drawn by Hypothesis, which counts on it that nothing else decides what follows.
            case.body = {UNLISTED: True} if case.body else {}
        if isinstance(case.body, dict):
            negative = _negative(case, "body")
            case.body = self._body(role, dict(case.body), negative=negative)

    def _named(self, case: Case[Any], id: Any) -> Any:
        """A session of this run, or for a case that means to name none an id that nobody has:
        a write to whatever was generated might meet somebody's session."""
        if not _negative(case, "path"):
            own = canonical(id) in self.api.client.ledger.opened
            return id if own else self._session()
        return id if case.method in READING else self.api.unknown(f"{id}~{self.api.run}")

    def _session(self) -> str:
        """An active session of this run."""
        if self.opening is None:
            self.opening = self.api.open()
            self.opening.id  # noqa: B018  # Blocked where there is none
        return self.opening.id

    def _listing(self, query: Json) -> Json:
        filtering, channel = self.names.filtering, self.names.channel
        own = {
            filtering[name]: str(value)
            for name, value in self.api.plain().items()
            if name in filtering
        }
        pinned = {key: own.get(key, value) for key, value in query.items()}
        if self.in_scenario and channel:
            pinned[filtering[channel]] = self.api.channel
        return pinned

    def _body(self, role: str, body: Json, *, negative: bool) -> Json:
        key = self.names.key
        if role == "create":
            return self._opening(body, negative=negative)
        if role == "submit" and _is_text(body.get(key)):
            body[key] = self._fresh(body[key])
        by_agent = self.names.searched.parameter(self.names.left.agent)
        agent = self.api.config.agent
        if role == "search" and not negative and agent and body.get(by_agent):
            body |= self.contract.sought(by_agent, agent)
        return body

    def _opening(self, body: Json, *, negative: bool) -> Json:
        names = self.names
        for name, value in self.api.plain().items():
            if _is_text(body.get(name)) or not (negative or name in body):
                body[name] = value
        if body.get(names.channel) != self.api.channel:
            body.pop(names.endpoint, None)  # what a duplicate gives elsewhere may be anybody's
        if isinstance(endpoint := body.get(names.endpoint), dict):
            body[names.endpoint] = {**endpoint, "conformance": self.api.key()}
        data = body.get(names.data, None if negative else {})
        if names.data and isinstance(data, dict):
            body[names.data] = {**data, "conformance_run": self.api.run}
        return body

    def _fresh(self, key: str) -> str:
        """A key of the same length that was not used before, if there is room for one."""
        unique = self.api.key()
        return key[: -len(unique)] + unique if len(key) > len(unique) else unique

    # Sending and judging.

    def _send(self, case: Case[Any], prepared: requests.PreparedRequest) -> Exchange:
        operation = _operation(case)
        url = str(prepared.url)
        if not self.in_scenario:
            used = self.opening is not None and self.opening.id in url
            self.api.trace = [self.opening] if self.opening and used else []
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        return self.api.request(
            str(prepared.method),
            url.removeprefix(self.api.client.base),
            operation=operation if self.oracle.names(operation, url) else None,
            content=body or None,
            content_type=prepared.headers.get("content-type"),
        )

    def _judge(self, exchange: Exchange) -> None:
        judgement = self.oracle.judge(exchange)
        trace = list(relevant(self.api.trace, self.contract.paths))
        if judgement.kind == "breaks":
            self.walked.broken += 1
            if exchange.status < 400:
                violation = Violation(f"a 4xx status, since {judgement.why}", exchange.summary)
                self.walked.found["breaking"].append((violation, trace))
        elif judgement.kind == "fits" and exchange.ok:
            self.walked.accepted[str(exchange.operation)] += 1
        elif judgement.kind == "fits" and exchange.status in self.invalid:
            if not self._explained(exchange):
                violation = Violation("no refusal, since the request fits", exchange.summary)
                self.walked.found["fitting"].append((violation, trace))
        self._retire(exchange)

    def _explained(self, exchange: Exchange) -> bool:
        """Whether it may be refused because of the state that its session is in."""
        lifecycle = self.contract.lifecycle
        if exchange.operation not in lifecycle.causes.values():
            return False
        event = lifecycle.of(exchange.operation)
        refusing = [state for state in lifecycle.states if self.contract.refused(state, event)]
        if not refusing:
            return False
        session = self.api.get(exchange.path.split("/")[-2]).session
        return self.contract.state_of(session) in (None, *refusing)

    def _retire(self, exchange: Exchange) -> None:
        """Take another session from now on where this request may have finished this one."""
        if self.opening is None or self.opening.id not in exchange.path:
            return
        ended = exchange.role == "end" and exchange.status < 400
        told = self.contract.state_of(exchange.json)
        left = told not in (None, *self.contract.lifecycle.turned)
        if ended or left or exchange.status in self.ended:
            self.opening = None


def _operation(case: Case[Any]) -> str:
    return str(case.operation.definition.raw["operationId"])


def _negative(case: Case[Any], part: str) -> bool:
    """Whether a part of the case means to break the contract."""
    components = case.meta.components if case.meta else {}
    return any(
        place.value == part and found.mode is GenerationMode.NEGATIVE
        for place, found in components.items()
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _prepared(case: Case[Any], base: str) -> requests.PreparedRequest | None:
    """The request in its wire form, None where it has none (NaN in JSON, say)."""
    try:
        return requests.Request(**case.as_transport_kwargs(base_url=base)).prepare()
    except (requests.RequestException, ValueError):
        return None


def _response(exchange: Exchange, prepared: requests.PreparedRequest) -> Response:
    return Response(
        status_code=exchange.status,
        headers={key: [value] for key, value in exchange.answer_headers.items()},
        content=exchange.content,
        request=prepared,
        elapsed=exchange.elapsed,
        verify=True,
    )
