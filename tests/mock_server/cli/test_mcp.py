"""`adjourn-mock mcp`: an assistant steers a mock and reads what its clients did."""

import sys

import pytest

from mock_server.cli.main import main
from mock_server.client import Client
from tests.assistant import assist, assist_by
from tests.serving import CHATS, Api

WRITES = {"open_sandbox", "freeze_clock", "advance_clock", "reset"}


def tools_of(client):
    from mock_server.cli.mcp import make_server  # the SDK is slow: where it is needed alone

    return make_server(client)


def test_a_sandbox_is_opened_steered_and_read(api):
    async def work(ask):
        opened = await ask("open_sandbox", name="gw0")
        assert opened["header"] == {"X-Mock-Sandbox": "gw0"}
        assert f"POST {api.base_url}{CHATS}: Open a chat session" in opened["operations"]
        with api.in_sandbox("gw0") as client:
            session = client.open(ttl_seconds=1800)
            client.submit(session["id"])
            client.post(CHATS, json={"agent_id": 5})
            frozen = await ask("freeze_clock", instant="2030-01-05T09:00:00Z", sandbox="gw0")
            assert frozen["fired"][0]["session_id"] == session["id"]
            second = client.open(ttl_seconds=1800)
        moved = await ask("advance_clock", by="31m", sandbox="gw0")
        assert [event["session_id"] for event in moved["fired"]] == [second["id"]]
        assert (await ask("show_clock", sandbox="gw0"))["now"].startswith("2030-01-05T09:31")

        listed = await ask("list_sessions", limit=1, sandbox="gw0")
        assert listed["total"] == 2
        (newest,) = listed["sessions"]
        assert (newest["id"], newest["final_reason"]) == (second["id"], "ttl")
        journal = await ask("read_journal", sandbox="gw0")
        assert [row["operation"] for row in journal["requests"]] == [
            *("openChat", "openChat", "submitMessage", "openChat"),
        ]
        found = await ask("read_journal", only_violations=True, sandbox="gw0")
        (wrong,) = found["requests"]
        assert wrong["violations"][0]["pointer"] == "/agent_id"
        assert (wrong["status"], wrong["sent"]) == (400, '{"agent_id":5}')
        coverage = await ask("read_coverage", sandbox="gw0")
        assert coverage["summary"]["operations"]["exercised"] == 2

        assert (await ask("reset", sandbox="gw0")) == {"sandbox": "gw0", "sessions": 0}
        assert (await ask("list_sessions", sandbox="gw0"))["total"] == 0
        named = {row["name"] for row in (await ask("list_sandboxes"))["sandboxes"]}
        assert {"default", "gw0"} <= named

    assist(work, "mock_server", "--url", str(api.base_url))


def test_the_tools_act_on_the_sandbox_that_was_opened_last_and_name_it(api):
    async def work(ask):
        assert (await ask("show_clock"))["sandbox"] == "default"
        first = (await ask("open_sandbox"))["sandbox"]
        second = (await ask("open_sandbox"))["sandbox"]
        assert len({"default", first, second}) == 3
        with api.in_sandbox(second) as client:
            client.open(ttl_seconds=60)
        assert len((await ask("advance_clock", by="30m"))["fired"]) == 1
        assert (await ask("read_journal"))["requests"]
        assert (await ask("read_journal", sandbox=first))["requests"] == []
        assert (await ask("list_sessions"))["total"] == 1
        for tool in (await ask.tools()).keys() - {"open_sandbox"}:
            given = {"by": "30m"} if tool == "advance_clock" else {}
            assert (await ask(tool, **given))["sandbox"] == second
            if tool != "list_sandboxes":
                assert (await ask(tool, **given, sandbox=first))["sandbox"] == first
                assert (await ask(tool, **given, sandbox="default"))["sandbox"] == "default"
        api.steer("DELETE", f"/sandboxes/{second}")
        assert f"there is no sandbox '{second}'" in await ask.refusal("list_sessions")

    assist_by(work, tools_of(Client(str(api.base_url))))


def test_an_unknown_sandbox_is_refused_and_not_opened(api):
    async def work(ask):
        await ask("open_sandbox", name="shop-7")
        told = await ask.refusal("read_journal", sandbox="shop-8")
        assert told == "there is no sandbox 'shop-8'; open_sandbox opens one; did you mean shop-7?"
        named = [row["name"] for row in (await ask("list_sandboxes"))["sandboxes"]]
        assert "shop-7" in named
        assert "shop-8" not in named

    assist_by(work, tools_of(Client(str(api.base_url))))


def test_what_a_proxy_has_found_is_read_too(proxy, backend):
    client = proxy(backend.url)
    client.post(CHATS, json={"agent_id": 5})

    async def work(ask):
        (row,) = (await ask("read_journal", only_violations=True))["requests"]
        assert {found["in"] for found in row["violations"]} >= {"body"}

    assist_by(work, tools_of(Client(str(client.base_url))))


def test_what_cannot_be_done_is_told_in_words(api):
    async def work(ask):
        assert (await ask("show_clock"))["sandbox"] == "gw1"
        assert "wanted a span such as 30m" in await ask.refusal("advance_clock", by="soon")
        assert "got 'gw 7'" in await ask.refusal("open_sandbox", name="gw 7")
        assert "cannot go back" in await ask.refusal("freeze_clock", instant="2001-01-01T00:00:00Z")

    assist_by(work, tools_of(Client(str(api.base_url), sandbox="gw1")))


def test_a_mock_that_is_not_there_or_wants_a_token_is_told_of():
    async def nobody(ask):
        assert "start one with adjourn-mock" in await ask.refusal("show_clock")

    async def stranger(ask):
        assert (await ask.refusal("show_clock")).startswith("401, ")

    async def known(ask):
        assert (await ask("show_clock"))["mode"] == "wall"

    assist_by(nobody, tools_of(Client("http://127.0.0.1:9")))
    with Api.of(admin_token="secret") as api:
        url = str(api.base_url)
        assist_by(stranger, tools_of(Client(url)))
        assist(known, "mock_server", ADJOURN_URL=url, ADJOURN_ADMIN_TOKEN="secret")


def test_every_tool_says_what_it_does_and_whether_it_changes_anything():
    async def work(ask):
        tools = await ask.tools()
        assert all(tool.description for tool in tools.values())
        writes = {name for name, tool in tools.items() if not tool.annotations.read_only_hint}
        assert writes == WRITES
        assert [name for name in tools if tools[name].annotations.destructive_hint] == ["reset"]

    assist_by(work, tools_of(Client("http://127.0.0.1:9")))


@pytest.mark.parametrize("missing", ["the SDK", "its second version"])
def test_without_the_sdk_one_line_says_how_to_get_it(monkeypatch, capsys, missing):
    monkeypatch.delitem(sys.modules, "mock_server.cli.mcp", raising=False)
    if missing == "the SDK":
        monkeypatch.setitem(sys.modules, "mcp.server", None)
    else:
        monkeypatch.delattr("mcp.server.MCPServer")
    with pytest.raises(SystemExit) as ended:
        main(["mcp"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "pip install 'mcp>=2.3,<3' adds it" in told
    assert len(told.splitlines()) == 1
