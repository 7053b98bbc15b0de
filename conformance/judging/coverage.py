"""What a run exercised of the contract: statuses by operation, lifecycle cells by event."""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..contract.document import Contract
from ..contract.ids import canonical
from ..contract.lifecycle import EXPIRE, FINISH, REPLAY
from ..contract.rules import Rule
from .evidence import Finding
from .exchange import Exchange, Json

Cell = tuple[str, str]  # a state and an event of x-lifecycle

SERVER_FAULT = 500  # a failed agent has a status of its own, and leaves the session as it was


@dataclass
class ObservedSession:
    """A session as the exchanges have shown it. Times are monotonic seconds."""

    agent: str | None
    ttl: float | None
    touched: float
    state: str
    since: float = 0.0  # when an answer first told this state; 0 of the state it was opened in

    def met(self, exchange: Exchange) -> str | None:
        """The state in which the exchange met the session; None where it raced with the exchange
        that showed the session so, and the order is unknown."""
        return self.state if exchange.started > self.since else None

    def is_overdue(self, exchange: Exchange) -> bool:
        """Whether the session's timeout had certainly passed when the request was sent."""
        return self.ttl is not None and exchange.started > self.touched + self.ttl

    def learn(self, state: str, exchange: Exchange, *, for_ever: bool) -> None:
        """Take what an answer tells, unless another one may have told what came later."""
        if state != self.state and (for_ever or self.met(exchange)):
            self.state, self.since = state, exchange.finished


class Coverage:
    """Counts, from exchanges alone, what was seen. Safe to share between threads."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        timed = EXPIRE in contract.lifecycle.causes
        self.timed_out = contract.lifecycle.reason(EXPIRE) if timed else None
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.cells: Counter[Cell] = Counter()
        self.cell_of: dict[int, Cell | None] = {}  # by exchange; None where events raced
        self.sessions: dict[str, ObservedSession] = {}
        self.answered: set[tuple[str, str]] = set()
        self.closing: set[tuple[str | None, str]] = set()
        self.lock = threading.Lock()

    def count(self, exchange: Exchange) -> None:
        """Count the exchange, and learn from it what state its sessions are in."""
        with self.lock:
            if exchange.operation is None:
                return
            self.statuses[exchange.operation, exchange.status] += 1
            named = self.contract.paths.named(exchange.path)
            known = self.sessions.get(named)
            if known and (event := self._event(exchange, named, known)):
                self._count(exchange, known, event)
            for session in islice(exchange.bodies, 2 * self.contract.page_sizes.most):
                if isinstance(session, dict):
                    self._learn(session, exchange)
            if exchange.role == "submit" and exchange.ok and known:
                self._remember_turn(exchange, named, known)

    def _event(self, exchange: Exchange, id: str, known: ObservedSession) -> str | None:
        """The event that the exchange brought to its session; None where it brought none."""
        body, state, lifecycle = exchange.sent, known.met(exchange), self.contract.lifecycle
        if exchange.operation not in lifecycle.causes.values():
            return None
        event = lifecycle.of(exchange.operation)
        refusals = self.contract.refused(state, event) if state else ()
        if not (exchange.ok or exchange.status in (SERVER_FAULT, *refusals)):
            return None
        if exchange.role != "submit":
            return event
        if not isinstance(body.get(exchange.resource.text), str):
            return None
        if (id, str(body.get(exchange.resource.key))) in self.answered:
            return REPLAY
        told = exchange.ok and exchange.resource.final(exchange.json) is True
        finishes = told and state not in (None, *self.contract.resource.finals)
        closes = finishes or (known.agent, body[exchange.resource.text]) in self.closing
        return FINISH if closes else event

    def _count(self, exchange: Exchange, known: ObservedSession, event: str) -> None:
        state = known.met(exchange)
        self.cell_of[exchange.number] = (state, event) if state else None
        if state:
            self.cells[state, event] += 1

    def _learn(self, session: Json, exchange: Exchange) -> None:
        id = canonical(session.get(exchange.resource.id))
        known, shown = self.sessions.get(id), self.contract.state_of(session)
        finals = self.contract.resource.finals
        reopened = bool(self.contract.reopening) and shown not in finals
        if known is None:
            if exchange.role == "create" and shown not in finals:
                initial = self.contract.lifecycle.initial
                self.sessions[id] = _observed(session, exchange, shown or initial)
            return
        if known.state in finals and not reopened:
            if shown == known.state and known.met(exchange) and known.is_overdue(exchange):
                self._expired(exchange, known.state)
        elif shown:
            reason = session.get(exchange.resource.reason)
            if shown in finals and reason is not None and reason == self.timed_out:
                self._expired(exchange, known.state)
            known.learn(shown, exchange, for_ever=self._is_for_ever(shown))

    def _is_for_ever(self, state: str) -> bool:
        return state in self.contract.resource.finals and not self.contract.reopening

    def _expired(self, exchange: Exchange, state: str) -> None:
        self.cells[state, EXPIRE] += 1
        self.cell_of.setdefault(exchange.number, (state, EXPIRE))

    def _remember_turn(self, exchange: Exchange, id: str, known: ObservedSession) -> None:
        body = exchange.sent
        if isinstance(key := body.get(exchange.resource.key), str):
            self.answered.add((id, key))
        known.touched = max(known.touched, exchange.finished)
        state, finals = self.contract.state_of(exchange.json), self.contract.resource.finals
        cell = self.cell_of.get(exchange.number)
        if state in finals and cell and cell[0] not in finals and cell[1] == FINISH:
            self.closing.add((known.agent, str(body.get(exchange.resource.text))))
        if state and known.state not in finals and not (cell and cell[1] == REPLAY):
            known.learn(state, exchange, for_ever=self._is_for_ever(state))

    def report(self, findings: Iterable[Finding]) -> dict[str, Any]:
        """The `coverage` member of the report."""
        with self.lock:
            blamed = self._blamed(findings)
            return {
                "statuses": [self._operation(id) for id in self.contract.operations],
                "lifecycle": self._lifecycle(blamed),
            }

    def _operation(self, id: str) -> dict[str, Any]:
        operation = self.contract.operations[id]
        seen = {status: n for (name, status), n in self.statuses.items() if name == id}
        listed = {str(status): seen.pop(status, 0) for status in sorted(operation.statuses)}
        return {
            "operation": id,
            "method": operation.method,
            "path": operation.path,
            "listed": listed,
            "unlisted": {str(status): seen[status] for status in sorted(seen)},
        }

    def _lifecycle(self, blamed: dict[Cell, set[str]]) -> dict[str, Any]:
        table = self.contract.resolved["x-lifecycle"]
        return {
            "states": dict(table["states"]),
            "events": {name: event["text"] for name, event in table["events"].items()},
            "cells": [
                {
                    "state": row.state,
                    "event": row.event,
                    "to": row.to,
                    "reason": row.reason,
                    "refusal": row.refusal,
                    "exercised": self.cells[row.state, row.event],
                    "broken": sorted(blamed.get((row.state, row.event), ())),
                }
                for row in self.contract.lifecycle.rows.values()
            ],
        }

    def _blamed(self, findings: Iterable[Finding]) -> dict[Cell, set[str]]:
        """The rules whose findings' last event was this cell's, if they speak of it. Where
        the last events raced, no cell can be named."""
        blamed: dict[Cell, set[str]] = {}
        events = self.contract.resolved["x-lifecycle"]["events"]
        for finding in findings:
            numbers = [e.number for e in finding.trace if e.number in self.cell_of]
            cell = self.cell_of[numbers[-1]] if numbers else None
            rule = self.contract.rules[finding.rule]
            if cell and _speaks(rule, events[cell[1]]["operation"]):
                blamed.setdefault(cell, set()).add(finding.rule)
        return blamed


def _speaks(rule: Rule, operation: str | None) -> bool:
    """Whether a rule is about the events of an operation, or of none but time."""
    told = operation in rule.operations if operation else rule.kind == "timer"
    return told or rule.kind == "followed"


def _observed(session: Json, exchange: Exchange, state: str) -> ObservedSession:
    ttl, agent = session.get(exchange.resource.timeout), session.get(exchange.resource.agent)
    lasting = float(ttl) if isinstance(ttl, int) else None
    bound = agent if isinstance(agent, str) else None
    return ObservedSession(bound, lasting, exchange.finished, state)
