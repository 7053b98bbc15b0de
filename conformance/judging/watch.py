"""The rules that are judged on every exchange, whatever check caused it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..contract.document import Contract
from .evidence import Observation
from .exchange import ABSENT, Exchange
from .memory import Memory
from .outcomes import Violation, listed, shown
from .schema_errors import violation_of

WATCHED = (
    "SES-01", "SES-02", "SES-03", "SES-04", "SES-05", "MSG-01", "MSG-02", "MSG-03", "LIST-01",
    "LIFE-01", "LIFE-02", "LIFE-03", "LIFE-04", "LIFE-05", "LIFE-06", "LIFE-07", "LIFE-10",
    "TIME-01", "TIME-04", "HTTP-01", "HTTP-02", "HTTP-03", "HTTP-12", "ERR-01", "ERR-02", "ERR-03",
)  # fmt: skip

SESSION_OPERATIONS = ("openChat", "getChat", "endChat")
INTERNALS = re.compile(
    r"Traceback \(most recent call last\)|\bat [\w.$<>]+\([\w ]+\.(java|kt|cs|js|ts):?\d*\)"
    r"|\bFile \"[^\"]+\", line \d+|\bat [\w.<>`]+\([^)]*\) in [^\n]+:line \d+|goroutine \d+ \["
    r"|\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b[^\n]{0,80}\b(FROM|VALUES|SET|WHERE)\b"
    r"|/(?:site-packages|node_modules|usr/lib)/|sqlite3?\.|psycopg|System\.\w+Exception"
)
SESSION_RULES = ("SES-01", "SES-02", "SES-03", "SES-04", "SES-05", "MSG-01", "LIFE-01")


class Watch:
    """Looks at every exchange in turn. Safe to share between threads."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.memory = Memory()
        self.lock = threading.Lock()
        self.sessions = {
            (listed_too, final): contract.component(
                f"{'Listed' if listed_too else ''}{kind}Session"
            )
            for listed_too in (False, True)
            for final, kind in ((False, "Active"), (True, "Final"))
        }
        self.turns = {
            False: contract.component("ActiveTurnResult"),
            True: contract.component("FinalTurnResult"),
        }
        self.page = contract.component("SessionPage")
        self.results = contract.component("CallResultPage")
        self.problem = contract.component("Problem")

    def judge(self, exchange: Exchange) -> list[Observation]:
        """Every rule that the exchange gave evidence on, with the violation or None."""
        with self.lock:
            seen = list(self._protocol(exchange))
            if exchange.ok and exchange.json is not ABSENT:
                seen += self._body(exchange)
            elif exchange.operation and exchange.status >= 400 and exchange.status != 500:
                seen += self._error(exchange)
            return seen

    def _protocol(self, exchange: Exchange) -> Iterator[Observation]:
        listed_here = self._statuses(exchange)
        broken = exchange.status >= 500 and exchange.status not in {501, *listed_here}
        yield "HTTP-02", Violation("no server error", exchange.summary) if broken else None
        if listed_here and not broken:
            known = exchange.status in listed_here
            yield (
                "HTTP-01",
                None if known else Violation(f"status {listed(listed_here)}", exchange.summary),
            )
        if exchange.ok and exchange.operation:
            kind = exchange.media_type
            fine = kind == "application/json"
            yield "HTTP-03", None if fine else Violation("application/json", kind or "no type")
        bodied = exchange.content or (exchange.ok and exchange.status not in (204, 205))
        if bodied and "json" in exchange.media_type:
            fine = exchange.json is not ABSENT
            wanted = "well-formed JSON in UTF-8"
            yield "HTTP-12", None if fine else Violation(wanted, exchange.summary)
        yield "ERR-03", self._internals(exchange)

    def _statuses(self, exchange: Exchange) -> frozenset[int]:
        operation = self.contract.operations.get(exchange.operation or "")
        return operation.statuses if operation else frozenset()

    @staticmethod
    def _internals(exchange: Exchange) -> Violation | None:
        if exchange.status < 400:
            return None
        text = exchange.content.decode("utf-8", "replace")
        found = INTERNALS.search(text.replace('\\"', '"').replace("\\n", "\n"))
        return Violation("no internals of the server", shown(found.group())) if found else None

    def _error(self, exchange: Exchange) -> Iterator[Observation]:
        body = exchange.json
        wanted = "a problem document (application/problem+json)"
        if exchange.media_type != "application/problem+json":
            yield "ERR-01", Violation(wanted, exchange.media_type or "an empty body")
            return
        fits = isinstance(body, dict) and self.problem.is_valid(body)
        yield "ERR-01", None if fits else Violation(wanted, exchange.summary)
        if isinstance(body, dict) and "status" in body:
            same = body["status"] == exchange.status
            wanted = f"status {exchange.status} in the problem"
            yield "ERR-02", None if same else Violation(wanted, shown(body["status"]))

    def _body(self, exchange: Exchange) -> Iterator[Observation]:
        body = exchange.json
        if exchange.operation in SESSION_OPERATIONS:
            yield from self._session(body, exchange)
        elif exchange.operation == "listChats":
            yield from self._page(body, exchange)
        elif exchange.operation == "submitMessage":
            yield from self._turn(body)
        elif exchange.operation == "searchCallResults":
            yield "FIN-03", _schema_violation(self.results, body)

    def _page(self, body: Any, exchange: Exchange) -> Iterator[Observation]:
        """The page itself is LIST-01's; what is wrong within an item is the item's own."""
        items = body.get("items") if isinstance(body, dict) else None
        hollow = {**body, "items": []} if isinstance(items, list) else body
        yield "LIST-01", _schema_violation(self.page, hollow)
        for place, item in enumerate(items if isinstance(items, list) else ()):
            yield from self._session(item, exchange, at=("items", place))

    def _turn(self, body: Any) -> Iterator[Observation]:
        final = isinstance(body, dict) and body.get("is_final") is True
        wrong = _schema_violations(self.turns[final], body, _turn_rule)
        for rule in ("TURN-01", "MSG-01", "LIFE-01"):
            yield rule, wrong.get(rule)
        yield from _roles(body)

    def _session(
        self, body: Any, exchange: Exchange, at: tuple[str | int, ...] = ()
    ) -> Iterator[Observation]:
        """A session, listed ones `at` their place in the page."""
        if not isinstance(body, dict):
            yield "SES-05", Violation("a session", shown(body))
            return
        final = body.get("is_final") is True
        reason_rule = "LIFE-03" if final else "LIFE-04"
        wrong = _schema_violations(self.sessions[bool(at), final], body, _session_rule, at)
        wrong = {reason_rule if rule == "reason" else rule: why for rule, why in wrong.items()}
        for rule in (*SESSION_RULES, reason_rule):
            yield rule, wrong.get(rule)
        yield from _roles(body)
        yield from self.memory.compare(body, exchange)


def _session_rule(path: list[str | int], keyword: str) -> str:
    """The rule that a schema error within a session belongs to."""
    if not path:
        return {"required": "SES-01", "additionalProperties": "SES-02"}.get(keyword, "SES-05")
    if path[0] == "messages" and len(path) > 1:
        return "MSG-01"
    return {
        "id": "SES-03",
        "created_time": "SES-04",
        "last_activity": "SES-04",
        "is_final": "LIFE-01",
        "status": "LIFE-01",
        "final_reason": "reason",
    }.get(str(path[0]), "SES-05")


def _turn_rule(path: list[str | int], keyword: str) -> str:
    if path and path[0] == "messages" and len(path) > 1:
        return "MSG-01"
    return "LIFE-01" if path and path[0] in ("is_final", "status") else "TURN-01"


def _schema_violations(
    validator: Any,
    body: Any,
    rule_of: Callable[[list[str | int], str], str],
    at: Sequence[str | int] = (),
) -> dict[str, Violation]:
    """The schema errors of each rule, as one violation."""
    errors: dict[str, list[Any]] = {}
    for error in validator.iter_errors(body):
        errors.setdefault(rule_of(error.instance_path, error.kind.name), []).append(error)
    return {rule: violation_of(of, at) for rule, of in errors.items()}


def _schema_violation(validator: Any, body: Any) -> Violation | None:
    errors = list(validator.iter_errors(body))
    return violation_of(errors) if errors else None


def _roles(body: Any) -> Iterator[Observation]:
    messages = body.get("messages") if isinstance(body, dict) else None
    for message in messages if isinstance(messages, list) else ():
        role = message.get("role") if isinstance(message, dict) else None
        if isinstance(role, str):
            fine = role in ("user", "assistant")
            yield "MSG-02", None if fine else Violation("the role user or assistant", shown(role))
