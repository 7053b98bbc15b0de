"""A scripted visit to the server, told the same way every time: what a fault must change."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from .starlette_chats import create_app
from .starlette_chats.instants import SECOND

Doc = dict[str, Any]
CHATS, RESULTS = "/api/v1/chats", "/api/v1/callresults/search"
NAME = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-f]{32}")
TELLING = ("content-type", "allow", "www-authenticate")
TOKENS = ("first", "second")
JSON = {"Content-Type": "application/json"}


class Visit:
    """A client of a fresh server whose clock moves one second a request."""

    def __init__(self, faults: tuple[str, ...], statuses: tuple[int | None, ...]) -> None:
        self.now = 1_800_000_000 * SECOND
        app = create_app(
            token=TOKENS[0],
            second_token=TOKENS[1],
            choices=["results_delay=0"],
            faults=faults,
            webhook_url="http://listener",
            now=lambda: self.now,
        )
        self.site = app.state.site
        self.statuses = list(statuses)
        self.site.courier.send = self.receive
        self.told: list[Any] = []
        self.names: dict[str, str] = {}
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://server"
        )

    async def receive(self, payload: Doc) -> int | None:
        """Take a webhook in the place of a listener."""
        self.told.append(("webhook", self.anonymous(repr(payload))))
        return self.statuses.pop(0) if self.statuses else 200

    def anonymous(self, text: str) -> str:
        """The text with every generated name replaced by its number."""
        return NAME.sub(
            lambda m: self.names.setdefault(m.group(), f"<name {len(self.names)}>"), text
        )

    async def send(
        self, method: str, path: str, body: Any = None, token: str | None = "first", **more: Any
    ) -> httpx.Response:
        """Send one request and note the answer."""
        self.now += SECOND
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        headers |= more.pop("headers", {})
        if isinstance(body, bytes):
            more, headers = more | {"content": body}, JSON | headers
        elif body is not None:
            more |= {"json": body}
        answer = await self.client.request(method, path, headers=headers, **more)
        kept = [answer.headers.get(name) for name in TELLING]
        self.told.append((answer.status_code, kept, self.anonymous(answer.text)))
        return answer

    async def open(self, agent: str = "plain-1", **members: Any) -> str:
        """Open a session and give its path."""
        answer = await self.send("POST", CHATS, {"agent_id": agent, **members})
        found = re.search('"id" : "([^"]+)"', answer.text)
        return f"{CHATS}/{found.group(1) if found else 'none'}"

    async def say(self, chat: str, text: str = "Hi", key: str | None = None) -> None:
        """Submit a turn."""
        await self.send("POST", f"{chat}/messages", {"content": text, "idempotency_key": key})

    async def end(self, chat: str) -> None:
        """End a session."""
        await self.send("POST", f"{chat}/end", {"note": "enough"})

    async def look(self, *paths: str) -> None:
        """Retrieve each path."""
        for path in paths:
            await self.send("GET", path)


Chapter = Callable[[Visit], Awaitable[None]]


async def opening(v: Visit) -> None:
    for members in ({"ttl_seconds": 7200}, {"ttl_seconds": 7}, {"channel": "sms"}):
        await v.look(await v.open(**members))
    await v.open("tool-1")
    await v.open("off-1")
    await v.open("nobody")
    await v.open(channel=7)
    await v.open(unknown=1)


async def endpoints(v: Visit) -> None:
    chat = await v.open(external_id={"a": 1, "b": {"c": 2, "d": 3}}, ttl_seconds=60)
    for external in ({"b": {"c": 2, "d": 3}, "a": 1}, {"a": 1, "b": {"d": 3, "c": 2}}, {"a": 1}):
        await v.open("tool-1", external_id=external)
    await v.open("tool-1", external_id={"a": 2, "b": 2})
    await v.open(external_id={"a": 1, "b": {"c": 2, "d": 3}}, channel="sms")
    await v.open()
    await v.look(chat)
    await v.end(chat)
    await v.open(external_id={"a": 1, "b": {"c": 2, "d": 3}})


async def turns(v: Visit) -> None:
    one, two = await v.open("tool-1"), await v.open()
    for text in ("  Hi \n", "e\u0301", " ", "Hi"):
        await v.say(one, text)
    await v.send("POST", f"{one}/messages", {})
    await v.send("POST", f"{one}/messages", {"content": 7})
    await v.look(one, two, CHATS)


async def keys(v: Visit) -> None:
    one, two = await v.open(), await v.open()
    for key in ("k", "k", "K", "k" * 128, "k" * 127 + "l", "k" * 129, "k" * 130, None, None):
        await v.say(one, key=key)
        await v.look(one)
    await v.say(two, key="k")
    await v.look(two)
    await v.end(one)
    await v.say(one, key="k")


async def endings(v: Visit) -> None:
    chats = [await v.open(agent) for agent in ("plain-1", "closer-1", "plain-1", "closer-1")]
    for chat in chats[:2]:
        await v.say(chat, "That is all", "k")
        await v.look(chat)
        await v.end(chat)
        await v.end(chat)
        await v.say(chat, "More?")
        await v.look(chat)
        await v.say(chat, "That is all", "k")
    await v.look(*chats)


async def lists(v: Visit) -> None:
    chats = [await v.open("tool-1" if n % 2 else "plain-1") for n in range(23)]
    await v.open(channel="sms")
    await v.say(chats[3])
    await v.end(chats[5])
    shown = await v.send("GET", chats[3])
    instant = shown.json()["last_activity"]
    queries: list[Doc] = [
        {}, {"state": "active"}, {"state": "final"}, {"state": "all"}, {"agent_id": "tool-1"},
        {"channel": "sms"}, {"channel": "sms", "agent_id": "tool-1"}, {"updated_after": instant},
        {"skip": 2, "take": 3}, {"skip": 99}, {"take": 500}, {"take": 0}, {"skip": -1},
        {"state": "odd"}, {"updated_after": "now"}, {"take": "x"},
        {"updated_after": "2026-01-05T23:59:00Z"}, {"updated_after": "2026-01-32T00:00:00Z"},
        {"updated_after": shown.json()["created_time"]},
    ]  # fmt: skip
    for query in queries:
        await v.send("GET", CHATS, params=query)
    await v.look(chats[3])


async def timeouts(v: Visit) -> None:
    chats = [await v.open(ttl_seconds=ttl) for ttl in (60, 600, None)]
    for pause in (40, 40, 600):
        v.now += pause * SECOND
        v.site.desk.sweep()
        await v.look(*chats)
        await v.say(chats[1])
    await v.end(chats[0])


async def strangers(v: Visit) -> None:
    chat = await v.open()
    calls = [("GET", CHATS), ("GET", chat), ("POST", f"{chat}/end"), ("POST", RESULTS)]
    for token, headers in (
        (None, {}),
        ("wrong", {}),
        ("", {}),
        (None, {"Authorization": "Basic first"}),
        ("second", {}),
    ):
        for method, path in calls:
            body: Doc | None = {} if method == "POST" else None
            await v.send(method, path, body, token, headers=headers)
    await v.look(chat)


async def bytes_on_the_wire(v: Visit) -> None:
    chat = await v.open()
    nested = b"[" * 200 + b"]" * 200
    for body in (b"{", b'{"agent_id": "plain-1", "channel": "\xff"}', nested, b"[]", b"7"):
        await v.send("POST", CHATS, body)
    plain = {"Content-Type": "text/plain"}
    await v.send("POST", CHATS, b'{"agent_id": "plain-1"}', headers=plain)
    for method, path in (("PUT", CHATS), ("DELETE", chat), ("GET", RESULTS), ("GET", "/no")):
        await v.send(method, path)
    for name in ("x", "00000000-0000-4000-8000-000000000000"):
        await v.look(f"{CHATS}/{name}")


async def aftermath(v: Visit) -> None:
    for agent in ("plain-1", "tool-1", "closer-1", "closer-1"):
        chat = await v.open(agent, additional_data={"n": agent})
        await v.say(chat, "That is all")
        await v.end(chat)
    await v.open()
    await settled(v)
    searches: list[Doc] = [{}, {"agentIds": ["tool-1"]}, {"size": 1}, {"size": 1, "page": 1}]
    for body in searches:
        await v.send("POST", RESULTS, body)
    await v.send("POST", RESULTS, {}, "second")


async def breadth(v: Visit) -> None:
    """What is seldom sent, and legal."""
    data = {"nested": {"a": [1]}, "text": "\U0001f642"}
    chat = await v.open(additional_data=data, external_id={"a": 1}, ttl_seconds=60)
    await v.open(additional_data=None)
    long = "long " * 8000 + "."
    for text in ("two\r\nlines", "\U0001f642", long):
        await v.send("POST", f"{chat}/messages", {"content": text, "additional_data": data})
    await v.send("POST", f"{chat}/end", {"note": long})
    queries: list[Doc] = [
        {"take": 1}, {"take": 200}, {"skip": 2**31 - 1}, {"channel": "\U0001f642"},
        {"updated_after": "2026-01-05T14:30:00+05:30"},
    ]  # fmt: skip
    for query in queries:
        await v.send("GET", CHATS, params=query)
    await settled(v)
    rows = (await v.send("POST", RESULTS, {})).json()["results"]
    row = rows[0] if rows else {"callId": "none", "endpoint": "none"}
    past, future = "2001-01-01T00:00:00Z", "2101-01-01T00:00:00Z"
    searches: list[Doc] = [
        {"callIds": None}, {"callIds": [row["callId"]]}, {"callIds": ["no"]}, {"size": 200},
        {"callStatuses": ["Completed"]}, {"callStatuses": ["no"]}, {"endpoint": row["endpoint"]},
        {"endpoint": "no"}, {"fromDate": past}, {"fromDate": future}, {"toDate": past},
        {"toDate": future}, {"fromDate": "2027-01-15T13:20:00+05:30"},
        {"additionalDataFilters": {"callAdditionalData.text": "no"}},
        {"additionalDataFilters": {"callAdditionalData.text": data["text"]}},
    ]  # fmt: skip
    for body in searches:
        await v.send("POST", RESULTS, body)


async def races(v: Visit) -> None:
    chat = await v.open()
    await asyncio.gather(v.open(external_id={"a": 1}), v.open(external_id={"a": 1}))
    await asyncio.gather(v.say(chat, key="k"), v.say(chat, key="k"))
    thought = asyncio.Event()
    v.site.desk.think = thought.wait
    late = asyncio.create_task(v.say(chat, "late"))
    await asyncio.sleep(0)  # the turn is under way before the ends are sent
    await asyncio.gather(v.end(chat), v.end(chat))
    thought.set()
    await late
    await v.look(chat)


async def settled(v: Visit) -> None:
    """Wait until every webhook has had its last delivery."""
    while v.site.courier.tasks:
        await asyncio.gather(*v.site.courier.tasks)


CHAPTERS: tuple[Chapter, ...] = (
    opening, endpoints, turns, keys, endings, lists, timeouts, strangers, bytes_on_the_wire,
    aftermath, breadth, races,
)  # fmt: skip
STATUSES = (503, 200, 404, None, 200)


async def visit(chapter: Chapter, faults: tuple[str, ...]) -> list[Any]:
    v = Visit(faults, STATUSES)
    async with v.client:
        await chapter(v)
        await settled(v)
    return v.told


def tell(chapter: Chapter, *faults: str) -> list[Any]:
    """What one chapter hears from a fresh server with these faults."""
    return asyncio.run(visit(chapter, faults))
