"""Faults of opening and of the one active session per endpoint."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from .fault import fault

if TYPE_CHECKING:
    from .site import Site

Doc = dict[str, Any]
NIL = "00000000-0000-4000-8000-000000000001"


def built(**members: Any) -> Any:
    """A deviation that builds sessions with other values for these members."""

    def deviation(site: Site, real: Any, org: str, order: Doc, endpoint: Any) -> Doc:
        session: Doc = real(org, order, endpoint)
        return session | {n: v(session) if callable(v) else v for n, v in members.items()}

    return deviation


async def unclamped(site: Site, real: Any, request: Any, org: str) -> tuple[int, Doc]:
    status, shown = await real(request, org)
    wanted = site.web.bodies.decode(await site.web.bodies.raw(request)).get("ttl_seconds")
    session = site.desk.sessions[shown["id"]]
    session["ttl"] = wanted
    return status, site.views.session(session)


def rebind(site: Site, real: Any, session: Doc, order: Doc) -> Doc:
    session["agent"] = order["agent_id"]
    kept: Doc = real(session, order)
    return kept


def reset(site: Site, real: Any, session: Doc, order: Doc) -> Doc:
    session |= {"ttl": order["ttl_seconds"], "log": []}
    kept: Doc = real(session, order)
    return kept


def any_channel(site: Site, real: Any, org: str, order: Doc) -> Any:
    return real(org, order | {"channel": "any"})


def without_id(site: Site, real: Any, org: str, order: Doc) -> Any:
    return real(org, order | {"external_id": order.get("external_id") or {}})


async def racy(site: Site, real: Any, org: str, order: Doc) -> Any:
    seen, kept = dict(site.desk.endpoints), site.desk.endpoints
    await asyncio.sleep(0.05)
    site.desk.endpoints = seen
    try:
        return await real(org, order)
    finally:
        kept |= seen
        site.desk.endpoints = kept


def in_order(site: Site, real: Any, external: Doc) -> str:
    return json.dumps(external)


def top_only(site: Site, real: Any, external: Doc) -> str:
    return json.dumps(dict(sorted(external.items())))


def names_only(site: Site, real: Any, external: Doc) -> str:
    return json.dumps(sorted(external))


def unless_unknown(site: Site, real: Any, agent: str) -> None:
    if agent != "off-1":
        real(agent)


def unless_disabled(site: Site, real: Any, agent: str) -> None:
    if agent == "off-1":
        real(agent)


BUILD, CANONICAL, ENDPOINT = "desk.build", "desk.canonical", "desk.endpoint"

ENDPOINT_FAULTS = {
    # Opening
    "agent-fixed": fault(
        "OPEN-02 LIST-06", "Every session is bound to closer-1.", BUILD, built(agent="closer-1")
    ),
    "agent-disabled-opens": fault(
        "OPEN-09", "A disabled agent takes sessions.", "desk.admit", unless_unknown
    ),
    "agent-unknown-opens": fault(
        "OPEN-08", "An agent that is not there takes sessions.", "desk.admit", unless_disabled
    ),
    "channel-fixed": fault(
        "OPEN-03 LIST-07", "Every session has the channel web.", BUILD, built(channel="web")
    ),
    "ttl-capped": fault(
        "OPEN-05",
        "A ttl_seconds beyond an hour becomes an hour.",
        BUILD,
        built(ttl=lambda s: s["ttl"] and min(s["ttl"], 3600)),
    ),
    "ttl-defaulted": fault(
        "OPEN-06",
        "A session opened without ttl_seconds gets an hour.",
        BUILD,
        built(ttl=lambda s: s["ttl"] or 3600),
    ),
    "ttl-unclamped": fault(
        "OPEN-07 SES-05",
        "A ttl_seconds outside the range takes effect.",
        "web.open_chat",
        unclamped,
    ),
    "id-reused": fault("OPEN-12", "All sessions have one id.", BUILD, built(id=NIL)),
    # One active session per endpoint
    "dedupe-never": fault(
        "DEDUP-01",
        "A second open of an endpoint gives a second session.",
        ENDPOINT,
        lambda site, real, org, order: None,
    ),
    "dedupe-in-key-order": fault(
        "DEDUP-02", "The order of keys tells external ids apart.", CANONICAL, in_order
    ),
    "dedupe-in-inner-order": fault(
        "DEDUP-02", "The order of inner keys tells external ids apart.", CANONICAL, top_only
    ),
    "dedupe-by-key-names": fault(
        "DEDUP-06", "External ids with the same keys are one endpoint.", CANONICAL, names_only
    ),
    "dedupe-across-channels": fault(
        "DEDUP-05", "The channel does not tell endpoints apart.", ENDPOINT, any_channel
    ),
    "dedupe-without-id": fault(
        "DEDUP-04", "Opens without external_id share one endpoint.", ENDPOINT, without_id
    ),
    "dedupe-for-ever": fault(
        "DEDUP-03",
        "A final session keeps its endpoint.",
        "desk.release",
        lambda site, real, session: None,
    ),
    "dedupe-rebinds": fault(
        "DEDUP-07 LIFE-06",
        "A duplicate open binds the session to its agent.",
        "desk.duplicate",
        rebind,
    ),
    "dedupe-resets": fault(
        "DEDUP-08 LIFE-07 LIFE-10",
        "A duplicate open resets timeout and transcript.",
        "desk.duplicate",
        reset,
    ),
    "dedupe-races": fault(
        "RACE-02", "Simultaneous opens of one endpoint each give a session.", "desk.open", racy
    ),
}
