"""The proxy and the suite, which share no code, judge each answer alike."""

import asyncio
import json

import httpx
import pytest

from conformance.contract.document import Contract, find_contract
from conformance.judging.exchange import Exchange
from conformance.judging.memory import Memory
from conformance.judging.watch import Watch
from conformance.registry import watch_of
from conformance.target.answer import read_body
from mock_server.contract.document import load_contract
from mock_server.proxy.app import Proxy
from tests.judgement.cases import PATHS, Case, cases

KEY = {"Authorization": "Bearer key-1"}
CASES = [*cases()]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract(find_contract())


class Judged:
    """A proxy before a backend that gives whatever answer is to be judged."""

    def __init__(self) -> None:
        self.case = CASES[0]
        self.proxy = Proxy("http://upstream.test", load_contract())
        self.proxy.client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))

    def answer(self, _: httpx.Request) -> httpx.Response:
        case = self.case
        headers = {"Content-Type": case.media_type} if case.media_type else {}
        stream = httpx.ByteStream(case.body)
        return httpx.Response(case.status, headers={**headers, **case.headers}, stream=stream)

    async def flags(self, case: Case) -> list[str]:
        """What the proxy flags of an answer."""
        self.case = case
        method, path, body = PATHS[case.operation]
        transport = httpx.ASGITransport(self.proxy.asgi)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://here", headers=KEY) as client,
            client.stream(method, path, json=body) as response,
        ):
            told = json.loads(response.headers.get("x-mock-violations", "[]"))
        return [f"{found['pointer']}: {found['detail']}" for found in told]


def by_the_suite(case: Case, watch: Watch) -> list[str]:
    """The rules that the suite finds broken by an answer."""
    method, path, body = PATHS[case.operation]
    headers = {"content-type": case.media_type} if case.media_type else {}
    stream = httpx.ByteStream(case.body)
    content, garbled = read_body(httpx.Response(case.status, headers=case.headers, stream=stream))
    exchange = Exchange(
        1, case.operation, method, f"http://upstream.test{path}", {},
        None if body is None else json.dumps(body).encode(), watch.contract,
        status=case.status,
        answer_headers=httpx.Headers({**headers, **case.headers}),
        content=content,
        garbled=garbled,
    )  # fmt: skip
    watch.memory = Memory()  # what one answer has shown says nothing of the next
    return sorted(rule for rule, why in watch.judge(exchange) if why)


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 300


def test_both_accuse_an_answer_or_neither_does(contract: Contract) -> None:
    async def flags() -> list[list[str]]:
        judged = Judged()
        return [await judged.flags(case) for case in CASES]

    watch = watch_of(contract)
    told = [
        (case, proxy, suite)
        for case, proxy in zip(CASES, asyncio.run(flags()), strict=True)
        if bool(proxy) != bool(suite := by_the_suite(case, watch))
    ]
    assert told == []
