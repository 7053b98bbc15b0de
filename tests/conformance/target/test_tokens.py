"""Keys that are told by a command or by an OAuth 2.0 server, and expire."""

import gzip
import json
import math
import sys
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest

from conformance.config.settings import Config, UsageError
from conformance.contract.document import Contract, find_contract
from conformance.judging.evidence import Evidence
from conformance.judging.outcomes import NotYet
from conformance.registry import watch_of
from conformance.target.api import Api
from conformance.target.client import Client
from conformance.target.interrupt import resume, shielded, stop_after
from conformance.target.network import exchange, seconds_left
from conformance.target.tokens import PLACEHOLDER, Tokens
from tests.network import Authority as TlsAuthority
from tests.network import answering_tls, http2_alone
from tests.serving import HANGING, answering, wait_until

from .servers import Page

Said = Callable[..., str]


@pytest.fixture
def saying(tmp_path: Path) -> Said:
    """A command that says these texts, one a call, and the last for ever."""

    def command(*texts: str) -> str:
        script = tmp_path / "token.py"
        script.write_text(
            "import pathlib, sys\n"
            f"calls = pathlib.Path({str(tmp_path / 'calls')!r})\n"
            "count = len(calls.read_text()) if calls.exists() else 0\n"
            "calls.write_text('x' * (count + 1))\n"
            f"print({list(texts)!r}[min(count, {len(texts) - 1})])\n"
        )
        return f'"{sys.executable}" "{script}"'

    return command


def of(command: str) -> Tokens:
    return Tokens(Config(target="http://t.test", token_command=command))


def test_without_a_key_there_is_one_for_targets_that_take_any() -> None:
    assert Tokens(Config()).current() == PLACEHOLDER


@pytest.mark.parametrize(
    "text",
    [
        "key-0001",
        "  key-0001\n",
        json.dumps({"access_token": "key-0001", "expires_in": 3600}),
        "Bearer key-0001",
        "\ufeffkey-0001\r\n",
        json.dumps({"token": "key-0001"}),
        json.dumps({"access_token": "key-0001", "expires_in": None}),
        json.dumps({"access_token": "key-0001", "expires_in": "3600"}),
    ],
)
def test_a_command_tells_the_key(saying: Said, text: str) -> None:
    tokens = of(saying(text))
    assert tokens.current() == tokens.current() == "key-0001"
    assert "key-0001" in list(tokens.config.secrets)


def test_a_key_is_renewed_before_it_expires(saying: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [json.dumps({"access_token": f"key-000{n}", "expires_in": 100}) for n in range(3)]
    clock = [time.monotonic()]
    monkeypatch.setattr("conformance.target.tokens.time.monotonic", lambda: clock[0])
    tokens = of(saying(*told))
    assert tokens.current() == "key-0000"
    clock[0] += 89
    assert tokens.current() == "key-0000"
    clock[0] += 2
    assert tokens.current() == "key-0001"
    assert {"key-0000", "key-0001"} <= set(tokens.config.secrets)


def test_a_key_that_is_refused_is_renewed_once_for_all_threads(saying: Said) -> None:
    tokens = of(saying("key-0000", "key-0001", "key-0002"))
    refused = tokens.current()
    threads = [threading.Thread(target=tokens.renew, args=(refused,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tokens.current() == "key-0001"


def test_a_key_that_cannot_be_renewed_is_told_so(saying: Said) -> None:
    assert Tokens(Config(token="key-0000")).renew("key-0000") is False
    same = of(saying("key-0000"))
    assert same.renew(same.current()) is False


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("exit 3", "failed with exit code 3; run it by hand"),
        ("echo 'not logged in' >&2; exit 1", "exit code 1: not logged in"),
        ("no-such-command-anywhere", "failed with exit code 127: .*not found"),
        ("true", "gave no key; wanted one line"),
        ("echo '{\"error\": 1}'", "gave no key but 1; wanted"),
        ('echo \'{"error": ["a\\u001b[2J"], "token": 5}\'', r"gave no key but \['a"),
        ("echo '{'", "gave no key"),
        (f"printf '{{\"token\":{'[' * 60_000}'", "gave no key; wanted"),
        (f'printf \'{{"token":"a","expires_in":{"9" * 400}}}\'', "gave no key; wanted"),
        ("printf 'one\\ntwo'", "gave more than one line"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the commands are a POSIX shell's")
def test_a_command_that_tells_no_key_is_named(command: str, told: str) -> None:
    with pytest.raises(UsageError, match=f"--token-command .*{told}"):
        of(command).current()


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are a POSIX shell's")
def test_a_command_may_leave_a_process_behind(tmp_path: Path) -> None:
    over = tmp_path / "over"
    helper = f"(until [ -e '{over}' ]; do sleep 0.05; done) &"
    try:
        assert of(f"{helper} echo key-0001").current() == "key-0001"
    finally:
        over.touch()
    for thread in threading.enumerate():
        if thread.daemon and thread.name.startswith("Thread-"):
            thread.join(HANGING)


def test_a_command_that_says_much_is_heard_in_part(saying: Said) -> None:
    command = f"\"{sys.executable}\" -c \"print('key-0001' + 30_000_000 * ' ')\""
    assert of(command).current() == "key-0001"


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are a POSIX shell's")
def test_a_command_that_never_ends_is_cut_short_with_the_run() -> None:
    with pytest.raises(KeyboardInterrupt), stop_after(0.1), shielded():
        with pytest.raises(UsageError, match="did not end in time"):
            of("exec yes").current()
    resume()


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are a POSIX shell's")
def test_what_a_command_leaves_behind_is_not_heard_for_ever(tmp_path: Path) -> None:
    over = tmp_path / "over"
    with pytest.raises(UsageError, match="more than one line"):
        of(f"(yes; touch '{over}') & echo key-0001").current()
    wait_until(over.exists)


SECRET = "s3cret: of+mine%41"  # RFC 6749, section 2.3.1, has it encoded in the header


class Authority(Page):
    """An OAuth 2.0 server with one client, which takes its secret in the header or the body."""

    takes = "header"
    forms: list[dict[str, list[str]]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = parse_qs(body)
        self.forms.append(form)
        header = self.headers.get("authorization", "").removeprefix("Basic ")
        shown = unquote_plus(b64decode(header).decode()) if header else ""
        if self.takes == "body":
            shown = ":".join(form.get(name, [""])[0] for name in ("client_id", "client_secret"))
        if shown != f"me:{SECRET}":
            error = {"error": "invalid_client", "error_description": f"<{shown}> {header}"}
            self.answer(401, error)
            return
        self.answer(200, {"access_token": f"key-000{len(self.forms)}", "expires_in": 60})


@pytest.fixture(params=["header", "body"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, Any]]:
    handler: Any = type("Server", (Authority,), {"asked": [], "forms": [], "takes": request.param})
    with answering(handler) as url:
        yield f"{url}/token", handler


def test_a_server_gives_the_key_to_its_client(server: tuple[str, Any]) -> None:
    url, handler = server
    config = Config(token_url=url, client_id="me", client_secret=SECRET, scope="chats:write")
    tokens = Tokens(config)
    assert tokens.renew(tokens.current())
    assert handler.forms[0]["grant_type"] == ["client_credentials"]
    assert handler.forms[0]["scope"] == ["chats:write"]


def test_a_key_is_asked_for_within_an_exchange_that_goes_on(server: tuple[str, Any]) -> None:
    config = Config(token_url=server[0], client_id="me", client_secret=SECRET)
    with exchange(HANGING):
        Tokens(config).current()
        assert 0 < seconds_left() <= HANGING
    assert seconds_left() == math.inf


def test_a_key_of_a_server_opens_the_target(server: tuple[str, Any]) -> None:
    class Target(Page):
        def do_GET(self) -> None:
            opened = self.headers.get("authorization", "").startswith("Bearer key-")
            self.answer(200 if opened else 401, {"items": [], "total_count": 0})

    told: Any = {"token_url": server[0], "client_id": "me", "client_secret": SECRET}
    contract = Contract(find_contract())
    with answering(Target) as url:
        client = Client(Config(target=url, **told), watch_of(contract), Evidence())
        assert Api(client, "conf-0123abcd").list(limit=1).status == 200
        client.close()


def test_a_server_that_gives_none_is_told_without_the_secret(server: tuple[str, Any]) -> None:
    config = Config(token_url=server[0], client_id="me", client_secret="wrong+secret")
    with pytest.raises(
        UsageError, match=r"gave no key but 401 \(invalid_client.*CLIENT_SECRET"
    ) as e:
        Tokens(config).current()
    assert "wrong" not in str(e.value)
    assert b64encode(b"%2Bsecret").decode()[:8] not in str(e.value)


class Starting(Authority):
    """One that is away whenever it is told so."""

    away = True
    status = 503

    def do_POST(self) -> None:
        if self.away:
            self.answer(self.status, b"")
        else:
            super().do_POST()


@pytest.fixture
def starting() -> Iterator[tuple[Config, Any]]:
    handler: Any = type("Starting", (Starting,), {"asked": [], "forms": []})
    with answering(handler) as url:
        yield Config(token_url=url, client_id="me", client_secret=SECRET), handler


def test_a_server_that_starts_is_told_from_one_that_refuses(starting: tuple[Config, Any]) -> None:
    config, handler = starting
    tokens = Tokens(config)
    for handler.status in (503, 500, 429):
        said = rf"--token-url http.* answers {handler.status}, as a server that starts"
        with pytest.raises(NotYet, match=said):
            tokens.current()
    handler.away = False
    assert tokens.current() == "key-0001"


def test_a_key_that_holds_is_kept_while_its_server_is_away(
    starting: tuple[Config, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, handler = starting
    handler.away = False
    clock = [time.monotonic()]
    tokens = Tokens(config)
    assert tokens.current() == "key-0001"
    monkeypatch.setattr("conformance.target.tokens.time.monotonic", lambda: clock[0])
    handler.away = True
    clock[0] += 58
    assert tokens.current() == "key-0001"
    clock[0] += 3
    with pytest.raises(NotYet):
        tokens.current()


def test_a_page_for_people_is_no_key() -> None:
    class Login(Page):
        def do_POST(self) -> None:
            self.answer(200, b"<html>Log in</html>", content_type="text/html")

    with answering(Login) as url:
        config = Config(token_url=url, client_id="me", client_secret="secret-0001")
        with pytest.raises(UsageError, match=f"--token-url {url} gave no key"):
            Tokens(config).current()


@pytest.mark.parametrize(
    ("status", "body", "headers", "told"),
    [
        (302, b"", {"location": "https://id.test/login?state=secret-0001"},
         r"redirects \(302\) to https://id.test/login, where no secret is sent; write"),
        (308, b"", {"location": "/oauth2/secret-0001/token"},
         r"redirects \(308\) to /oauth2/\[redacted\]/token"),
        (302, b"", {}, r"gave no key but 302 \(an empty body\); check --client-id"),
        (200, b'{"error": "invalid_scope", "error_description": "no secret-0001 here"}', {},
         r"gave no key but invalid_scope: no \[redacted\] here; wanted"),
        (200, b'{"error": "slow\\u001b[2Jdown"}', {}, r"gave no key but slow\\x1b\[2Jdown; wanted"),
        (404, b"", {}, r"gave no key but 404 \(an empty body\); check its path"),
        (200, b"{}", {}, "gave no key; wanted JSON with access_token"),
        (200, b"[]", {}, "gave no key; wanted"),
        (403, b'{"error":' + b"[" * 60_000, {}, r"gave no key but 403 \(\{"),
    ],
)  # fmt: skip
def test_a_server_that_answers_with_no_key_is_told_in_its_words(
    status: int, body: bytes, headers: dict[str, str], told: str
) -> None:
    class Odd(Page):
        def do_POST(self) -> None:
            self.answer(status, body, **headers)

    with answering(Odd) as url:
        config = Config(token_url=url, client_id="me", client_secret="secret-0001")
        with pytest.raises(UsageError, match=told) as raised:
            Tokens(config).current()
    assert "secret-0001" not in str(raised.value)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"a" * 9_000_000, {}),
        (gzip.compress(b"a" * 9_000_000), {"content_encoding": "gzip"}),
    ],
)
def test_a_server_that_says_too_much_gives_no_key(body: bytes, headers: dict[str, str]) -> None:
    class Large(Page):
        def do_POST(self) -> None:
            self.answer(200, body, **headers)

    with answering(Large) as url:
        config = Config(token_url=url, client_id="me", client_secret=SECRET)
        with pytest.raises(NotYet, match="gave no answer: TooLarge"):
            Tokens(config).current()


def test_a_server_that_speaks_http_2_alone_gives_the_key(
    tmp_path: Path, authority: TlsAuthority
) -> None:
    with http2_alone(tmp_path, authority) as url:
        config = Config(
            token_url=url, client_id="me", client_secret="secret-0001", ca=authority.file
        )
        with pytest.raises(UsageError, match=f"--token-url {url} gave no key; wanted"):
            Tokens(config).current()


def test_a_server_that_does_not_listen_is_told() -> None:
    config = Config(token_url="http://127.0.0.1:9", client_id="me", client_secret="secret")
    with pytest.raises(NotYet, match="--token-url http://127.0.0.1:9 gave no answer"):
        Tokens(config).current()


def test_a_server_behind_an_unknown_authority_is_told_with_the_cure(
    authority: TlsAuthority,
) -> None:
    with answering_tls(Page, authority.issue("localhost")) as url:
        config = Config(token_url=url, client_id="me", client_secret="secret")
        with pytest.raises(UsageError, match="--token-url .* cannot be trusted.*; --ca FILE names"):
            Tokens(config).current()


def test_a_server_of_an_unknown_name_is_the_callers_to_mend() -> None:
    config = Config(token_url="http://id.invalid", client_id="me", client_secret="secret")
    with pytest.raises(UsageError, match="--token-url http://id.invalid gave no answer"):
        Tokens(config).current()
