"""What a check builds on: arrangements of the target, and values that nobody else uses."""

import time
import uuid
from typing import Any
from urllib.parse import unquote

from ..contract.ids import canonical
from ..contract.lifecycle import FINISH
from ..judging.equivalence import same_time, tick
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import Blocked, NotApplicable
from .operations import UNSET, Operations

Sessions = list[Json]
MOST_PAGES = 10  # of a list in which sessions are looked for
PLAIN_QUERY = {"state", "offset", "limit"}  # no filter that another rule is about


class Api(Operations):
    """One check's view of the target: its operations, and the states it needs. An arrangement
    that the target does not give is `Blocked`."""

    def blocked(self, why: str, kind: str, role: str = "", **told: object) -> Blocked:
        """What a check raises that a rule of this kind is to blame for."""
        return Blocked(why, self.contract.carrier(kind, role, **told))

    def given(self, *, turns: int = 0, **members: Any) -> str:
        """The id of a new active session with this many turns."""
        id = self.open(**members).id
        for _ in range(turns):
            self.given_turn(id)
        return id

    def marked(self, marker: str) -> Json:
        """Data by which what an end of the session leaves is told from all else."""
        return {"conformance_run": self.run, "marker": marker}

    def marker(self) -> str:
        """No other run's, whatever its seed."""
        return f"{self.channel}-{self.key()}"

    def plain(self) -> Json:
        """What an open of this check holds at least, so that it is the check's own."""
        names = self.resource
        own = {names.agent: self.config.agent, names.channel: self.channel}
        return {name: value for name, value in own.items() if name}

    def given_turn(self, id: str, text: Any = None, **members: Any) -> Json:
        """The result of a turn that the target took."""
        return self.submit(id, text, **members).turn

    def given_final(self, *, turns: int = 0, **members: Any) -> str:
        """The id of a session that was ended."""
        id = self.given(turns=turns, **members)
        self.given_end(id)
        return id

    def given_end(self, id: str) -> None:
        """End a session."""
        if not self.resource.final(self.end(id).session):
            raise self.blocked("an end left the session active", "transition", "end")

    @property
    def has_closer(self) -> bool:
        """Whether the suite was given an agent that finishes, and the text that makes it."""
        return "closing_agent" in self.config.capabilities

    def given_closed(self, key: str | None = None, **members: Any) -> tuple[str, Exchange]:
        """The id of a session that the closing agent finished, and the turn that did it."""
        id = self.given(agent=self.config.closing_agent, **members)
        return id, self.given_close(id, key)

    def given_close(self, id: str, key: str | None = None) -> Exchange:
        """The turn in which the closing agent finishes its session."""
        turn = self.submit(id, self.config.closing_text, key=key or UNSET)
        if not self.resource.final(turn.turn):
            why = "the closing agent did not finish on the closing text"
            raise self.blocked(why, "transition", when=FINISH)
        return turn

    @property
    def active(self) -> str | None:
        """What a list is asked for to have active sessions; None where it has them by default."""
        initial = self.contract.lifecycle.initial
        if self.contract.default_state == initial:
            return None
        return self.asked_for(initial, self.resource.all)

    @property
    def whole(self) -> str:
        """What a list is asked for to have sessions in every state."""
        return self.asked_for(self.resource.all)

    def asked_for(self, *words: str) -> str:
        """The first of these words for a state that a list can be asked for."""
        for word in words:
            if word in self.contract.listed_states:
                return word
        raise NotApplicable(f"no list can be asked for what is {words[0]}")

    @property
    def turned(self) -> str | None:
        """As `active`, of sessions that have had turns, where a turn may lead to another state."""
        return self.active if len(self.contract.lifecycle.turned) == 1 else self.whole

    def listed(self, **query: Any) -> Sessions:
        """The items of a list narrowed to this check's channel, the active ones unless told.
        Blocked where the target does not keep to the channel, alone or beside another filter."""
        items = self.shown(**query)
        if self.strangers(items):
            alone = {"members": (self.resource.channel,)}
            told = alone if query.keys() <= PLAIN_QUERY else {"sent": "together"}
            name = self.resource.operations["list"]
            raise self.blocked(f"{name} does not keep to the channel", "filter", "list", **told)
        return items

    def shown(self, **query: Any) -> Sessions:
        """As `listed`, whoever's they are. Without channels they are this check's own, or of the
        page that is asked for."""
        asked = {"state": self.active, "channel": self.channel, **query}
        paged = "offset" in query or "limit" in query
        if not self.resource.channel and not paged:
            return self._own_of(asked)
        items: Sessions = self.list(**asked).page[self.resource.items]
        return items

    def strangers(self, items: Sessions) -> Sessions:
        """Those that do not tell this check's channel."""
        name = self.resource.channel
        return [
            item
            for item in items
            if name and not (isinstance(item, dict) and item.get(name) == self.channel)
        ]

    def _own_of(self, asked: Json) -> Sessions:
        """This check's sessions on the pages of a list, which overlap, as others come and go."""
        size, name = self.contract.page_sizes.most, self.resource.id
        found: dict[str, Json] = {}
        for offset in range(0, MOST_PAGES * size, max(1, size // 2)):
            items = self.list(**asked, offset=offset, limit=size).page[self.resource.items]
            told = [item for item in items if isinstance(item, dict)]
            mine = (item for item in told if canonical(item.get(name)) in self.own)
            found |= {canonical(item[name]): item for item in mine}
            if len(items) < size or found.keys() == self.own:
                return [*found.values()]
        raise Blocked(f"the list is longer than {MOST_PAGES} pages, too long to be looked through")

    def still(self, id: str) -> Json:
        """The session as it stays while it is only looked at, until a change would show:
        without its last activity where a look alone moves it (TIME-03 reports that)."""
        name = self.resource.latest
        before = self.get(id).session[name]
        self.pass_time(before)
        sights = [self.get(id).session for _ in range(2)]
        if not all(same_time(before, sight[name]) for sight in sights):
            del sights[-1][name]
        return sights[-1]

    def pass_time(self, instant: object) -> None:
        """Wait until the deployment would tell a later time than this one: it may tell whole
        seconds, and a change within one of them does not show."""
        time.sleep(max(0.02, 1.1 * tick(instant).total_seconds()))

    def unknown_id(self) -> str:
        """A well-formed id that names no session, and that may be written to."""
        return self.unknown(str(uuid.UUID(int=self.random.getrandbits(128), version=4)))

    def malformed_id(self) -> str:
        """What is no UUID and names no session, and so may be written to."""
        return self.unknown(f"not-a-uuid-{self.random.getrandbits(32):08x}")

    def unknown(self, id: str) -> str:
        """The id, noted as one that nobody has and that may be written to."""
        self.client.ledger.unknown_ids |= {canonical(id), canonical(unquote(id))}
        return id
