"""Ends every session that a run has left open, those included that nobody told it of."""

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ..judging.outcomes import Blocked
from ..target.api import Api

MOST_PAGES = 200  # of one list


def clean_up(api: Api, ends_at: float = math.inf) -> None:
    """End every session that is still open, as long as there is time. One that cannot be ended
    stays in the audit, and in the ledger's file, for a sweep."""
    client, ledger = api.client, api.client.ledger
    try:
        client.wind_down(ends_at)
        _find_unanswered(api)
        for id in ledger.left_open:
            with suppress(Blocked):
                api.end(id, note=api.run)
        for id in ledger.left_open:  # an end that was refused tells nothing of the session
            with suppress(Blocked):
                api.get(id)
    finally:
        if ledger.file:
            unsure = ledger.left_open or ledger.unanswered or ledger.unconfirmed
            ledger.file.close(keep=bool(unsure))


def open_sessions(api: Api, pages: int = MOST_PAGES, **query: Any) -> Iterator[dict[str, Any]]:
    """The sessions with an id on the first pages of the lists of those that are not final.
    Blocked where no list is."""
    size, names = api.contract.page_sizes.most, api.resource
    for state in api.contract.open_lists:
        for number in range(pages):
            page = api.list(**query, state=state, limit=size, offset=number * size).page
            items = page[names.items]
            told = (item for item in items if isinstance(item, dict))
            yield from (item for item in told if isinstance(item.get(names.id), str))
            if len(items) < size:
                break


def _find_unanswered(api: Api) -> None:
    """An open that was not answered, or by a gateway alone, may have opened a session in a
    channel of the run's. Without channels nothing tells which one it is."""
    ledger = api.client.ledger
    if not api.resource.channel:
        return
    for channel in {*ledger.unanswered, *ledger.unconfirmed}:
        if not channel.startswith(api.run):
            ledger.unconfirmed.discard(channel)  # a body that names no channel opens nothing
            continue
        with suppress(Blocked):
            for item in open_sessions(api, pages=1, channel=channel):  # one is looked for
                if item.get(api.resource.channel) == channel:
                    ledger.note_open(item[api.resource.id])
            ledger.unconfirmed.discard(channel)
            ledger.unanswered[:] = [other for other in ledger.unanswered if other != channel]
