"""Faults of call results and of the completion webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .fault import fault

if TYPE_CHECKING:
    from .site import Site

Doc = dict[str, Any]


def keep_twice(site: Site, real: Any, session: Doc) -> Doc:
    real(session)
    row: Doc = real(session)
    return row


def keep_not(site: Site, real: Any, session: Doc) -> Doc:
    row: Doc = real(session)
    site.archive.rows.remove(row)
    return row


async def keep_again(site: Site, real: Any, session: Doc, note: str | None) -> Doc:
    if session["reason"] is not None:
        site.wrap_up(session)
    ended: Doc = await real(session, note)
    return ended


def keep_early(site: Site, real: Any, org: str, order: Doc, endpoint: Any) -> Doc:
    session: Doc = real(org, order, endpoint)
    site.archive.keep(session | {"ended": session["created"]})
    return session


def paged_as(**changes: Any) -> Any:
    """A deviation that searches with other numbers for the page."""

    def deviation(site: Site, real: Any, org: str, order: Doc) -> Doc:
        changed = {name: change(order[name]) for name, change in changes.items()}
        return dict(real(org, order | changed))

    return deviation


def total_as_text(site: Site, real: Any, org: str, order: Doc) -> Doc:
    page: Doc = real(org, order)
    return page | {"totalCount": str(page["totalCount"])}


def any_owner_found(site: Site, real: Any, org: str) -> list[Doc]:
    return [row for each in sorted({row["org"] for row in site.archive.rows}) for row in real(each)]


def without_speaker(site: Site, real: Any, message: Doc) -> Doc:
    return {name: value for name, value in real(message).items() if name != "speaker"}


def announce_twice(site: Site, real: Any, session: Doc, row: Doc) -> None:
    real(session, row)
    real(session, row)


def announce_ended(site: Site, real: Any, session: Doc, row: Doc) -> None:
    if session["reason"] != "agent_finish":
        real(session, row)


def payload_with(**changes: Any) -> Any:
    """A deviation that sends other values for these members."""

    def deviation(site: Site, real: Any, session: Doc, row: Doc) -> Doc:
        payload: Doc = real(session, row)
        return payload | {name: change(payload[name]) for name, change in changes.items()}

    return deviation


def payload_without_org(site: Site, real: Any, session: Doc, row: Doc) -> Doc:
    return {name: value for name, value in real(session, row).items() if name != "orgId"}


KEEP, SEARCH, AGAIN = "archive.keep", "archive.search", "courier.again"
ANNOUNCE, PAYLOAD = "courier.announce", "courier.payload"

FINISH_FAULTS = {
    # Call results
    "result-missing": fault("FIN-01", "A finished session has no call result.", KEEP, keep_not),
    "result-twice": fault("FIN-02", "A finished session has two call results.", KEEP, keep_twice),
    "result-per-end": fault(
        "FIN-02 HOOK-02",
        "Every further end adds a call result and a delivery.",
        "desk.end",
        keep_again,
    ),
    "result-early": fault(
        "FIN-06", "An active session has a call result.", "desk.build", keep_early
    ),
    "result-total-text": fault("FIN-03", "totalCount is a text.", SEARCH, total_as_text),
    "result-speechless": fault(
        "FIN-04", "A line of a transcription has no speaker.", "views.line", without_speaker
    ),
    "result-empty": fault(
        "FIN-04",
        "A call result has no transcription.",
        "views.result",
        lambda site, real, session, call_id: real(session, call_id) | {"transcription": []},
    ),
    "result-any-agent": fault(
        "FIN-05",
        "Searches ignore agentIds.",
        "archive.among",
        lambda site, real, value, wanted: True,
    ),
    "tenants-searched": fault(
        "AUTH-06", "Searches find rows of all organisations.", "archive.visible", any_owner_found
    ),
    "result-any-size": fault(
        "FIN-07", "Searches ignore size.", SEARCH, paged_as(size=lambda size: 200)
    ),
    "result-page-from-one": fault(
        "FIN-07",
        "Pages of call results count from 1.",
        SEARCH,
        paged_as(page=lambda page: max(page - 1, 0)),
    ),
    # Completion webhook
    "hook-silent": fault(
        "HOOK-01", "No webhook is sent.", ANNOUNCE, lambda site, real, session, row: None
    ),
    "hook-short": fault("HOOK-01", "The payload has no orgId.", PAYLOAD, payload_without_org),
    "hook-twice": fault("HOOK-02", "Each webhook is sent twice.", ANNOUNCE, announce_twice),
    "hook-again-after-4xx": fault(
        "HOOK-03",
        "A delivery answered 4xx is sent again.",
        AGAIN,
        lambda site, real, status: status is None or status >= 400,
    ),
    "hook-once": fault(
        "HOOK-04 HOOK-05", "No delivery is sent again.", AGAIN, lambda site, real, status: False
    ),
    "hook-silence-is-consent": fault(
        "HOOK-05",
        "A delivery without an answer is not sent again.",
        AGAIN,
        lambda site, real, status: status is not None and real(status),
    ),
    "hook-backwards": fault(
        "HOOK-06",
        "The payload's transcription runs backwards.",
        PAYLOAD,
        payload_with(transcription=lambda lines: lines[::-1]),
    ),
    "hook-no-data": fault(
        "HOOK-07",
        "The payload's callAdditionalData is empty.",
        PAYLOAD,
        payload_with(callAdditionalData=lambda data: {}),
    ),
    "hook-ends-only": fault(
        "HOOK-08", "What the agent finished is not announced.", ANNOUNCE, announce_ended
    ),
}
