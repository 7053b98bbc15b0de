"""What a run may never tell: the keys, in any spelling, in any output."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from conformance.checks.auth import is_mixed
from conformance.config.redaction import REDACTED, redacted
from conformance.config.settings import Config, UsageError
from tests.serving import Answering, answering

Make = Callable[..., Any]
STRANGER = "bbbbbbbb-6a51-4d0b-9e58-1f7a6c2d8b10"
SECRET = 'sesame/"open"-of-0001'


@pytest.fixture
def echo() -> Iterator[str]:
    """A server that repeats the key wherever it can: in bodies, in headers, in every spelling."""

    class Handler(Answering):
        def do_GET(self) -> None:
            self.taken()
            key = str(self.headers.get("authorization")).removeprefix("Bearer ")
            spelt = [key, quote(key, safe=""), b64encode(key.encode()).decode()]
            body = {
                "id": STRANGER, "messages": [{"role": key, "content": key}], "is_final": spelt,
                "last_activity": key, "channel": key, "status": "." * 280 + key, key: key,
                "path": self.path,  # an answer that is the same to all would be another program's
            }  # fmt: skip
            content = json.dumps(body).encode()
            self.send_response(201 if self.command == "POST" else 200, key)
            self.send_header("content-type", f"application/{key}")
            self.send_header("cache-control", f"public, {key}")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    with answering(Handler) as url:
        yield url


@pytest.mark.slow
def test_no_output_tells_a_planted_key(suite: Make, echo: str, tmp_path: Path) -> None:
    ended = suite(
        *("--target", echo, "--verbose", "--write-baseline", str(tmp_path / "known.toml")),
        CONFORMANCE_TOKEN=SECRET,
        CONFORMANCE_SECOND_TOKEN="second-" + SECRET,
    )
    assert ended.code == 1
    files = [*ended.directory.iterdir(), tmp_path / "known.toml"]
    texts = {file.name: file.read_text() for file in files}
    assert set(texts) >= {
        "conformance.json", "report.html", "summary.md", "junit.xml", "badge.json", "known.toml",
    }  # fmt: skip
    assert "[redacted]" in texts["conformance.json"]
    forms = [SECRET, quote(SECRET, safe=""), b64encode(SECRET.encode()).decode()[:-3]]
    forms += ["sesame", "of-0001"]
    for name, text in {**texts, "out": ended.out, "err": ended.err}.items():
        assert [form for form in forms if form in text] == [], name


@pytest.mark.parametrize("token", ["active", "secret"])
def test_what_came_is_judged_though_it_looks_like_the_key(
    connect: Make, session: Make, token: str
) -> None:
    body = session(channel="secret")
    api = connect(lambda request: httpx.Response(201, json=body), token=token)
    opened = api.open()
    assert opened.session["status"] == "active"
    assert opened.session["channel"] == "secret"
    assert opened.broken == ()


@pytest.mark.parametrize("around", ["{}", "Bearer {}", "user:{}", "me:{}:", "{}:"])
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_a_key_in_base64_is_taken_out_whatever_is_around_it(around: str, encode: Make) -> None:
    told = encode(around.format(SECRET).encode()).decode()
    kept = redacted(told, Config(token=SECRET).secrets)
    assert len(kept.replace("[redacted]", "")) <= len(told) - len(SECRET) * 4 // 3 + 3


@pytest.mark.parametrize(
    "form", [SECRET.encode().hex(), SECRET.encode().hex().upper(), quote(SECRET, safe="").lower()]
)
def test_a_key_in_another_spelling_is_taken_out(form: str) -> None:
    secret = SECRET.lower() if "%" in form else SECRET
    assert redacted(f"<{form}>", Config(token=secret).secrets) == "<[redacted]>"


def test_a_key_that_was_cut_is_taken_out() -> None:
    assert redacted(f"it is {SECRET[:9]}… (400 characters)", Config(token=SECRET).secrets) == (
        "it is [redacted]… (400 characters)"
    )


@pytest.mark.parametrize("key", ["key\n0001", "key\r0001", "k\x000001"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_told(key: str) -> None:
    with pytest.raises(UsageError, match="CONFORMANCE_TOKEN holds a character") as told:
        Config(token=key)
    assert "0001" not in str(told.value)


def test_a_key_with_its_case_swapped_is_taken_out_too() -> None:
    told = redacted("no key: sESAME-0001", Config(token="Sesame-0001").secrets)
    assert told == "no key: [redacted]"


@pytest.mark.parametrize(
    ("key", "judged"),
    [
        ("Sesame-0001", True),
        ("3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10", False),
        ("MFRGGZDFMZTWQ2LK", False),
        ("0001", False),
        ("", False),
    ],
)
def test_the_case_of_a_key_is_judged_only_where_it_must_count(key: str, judged: bool) -> None:
    assert is_mixed(key) is judged


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_a_password_in_the_target_is_refused_and_not_repeated(ask: Make, scheme: str) -> None:
    ended = ask("--target", f"{scheme}://me:hunter2@127.0.0.1:9")
    assert ended.code == 2
    assert "CONFORMANCE_TOKEN" in ended.err
    assert "hunter2" not in ended.out + ended.err


@pytest.mark.parametrize("end", ["?api_key=hunter2", "#hunter2"])
def test_a_target_with_a_query_is_refused_and_not_repeated(ask: Make, end: str) -> None:
    ended = ask("--target", f"http://127.0.0.1:9/{end}")
    assert ended.code == 2
    assert "hunter2" not in ended.out + ended.err


def test_the_settings_are_printed_without_the_keys(ask: Make) -> None:
    ended = ask("--plan", "--target", "http://127.0.0.1:9", CONFORMANCE_TOKEN=SECRET)
    assert "setting   token = (given)" in ended.out
    assert "setting   max_concurrency = 8" in ended.out
    assert SECRET not in ended.out


def test_a_key_that_a_server_takes_for_latin_1_is_not_told() -> None:
    config = Config(target="http://t.test", token="schlüssel-0001")
    echoed = "schlüssel-0001".encode().decode("latin-1")
    told = redacted(f"no {echoed}, nor {json.dumps(echoed)}", config.secrets)
    assert told == f'no {REDACTED}, nor "{REDACTED}"'
