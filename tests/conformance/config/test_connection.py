"""How a target is reached, as options and the environment tell it."""

from collections.abc import Callable

import pytest

from conformance.config.connection import (
    Proxy,
    check_target,
    check_url,
    parse_headers,
    proxy_for,
)
from conformance.config.settings import Config, UsageError
from conformance.config.sources import load_config

STAGING = "https://staging.example.test"
PROXY = "http://proxy.example.test:3128"

Set = Callable[..., None]


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Variables of the environment."""

    def put(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, None),
        ({"HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, "https_proxy"),
        ({"ALL_PROXY": PROXY}, "ALL_PROXY"),
        ({"ALL_PROXY": "http://other", "HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ({"HTTP_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "staging.example.test"}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "elsewhere, .example.test"}, None),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "example.test"}, None),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "*.EXAMPLE.test"}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "staging.example.test:443"}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "staging.example.test:8443"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "ample.test,,10.0.0.0/8"}, "HTTPS_PROXY"),
    ],
)
def test_the_proxy_of_the_environment(
    surroundings: Set, environment: dict[str, str], found: str | None
) -> None:
    surroundings(**environment)
    proxy = proxy_for(STAGING, None, False)
    assert (proxy and proxy.source) == found
    assert proxy is None or proxy.url == PROXY


@pytest.mark.parametrize(
    ("target", "exempt", "proxied"),
    [
        ("http://10.1.2.3:4010", "10.0.0.0/8", False),
        ("http://10.1.2.3:4010", "10.1.2.3", False),
        ("http://10.1.2.3:4010", "192.168.0.0/16", True),
        ("http://[fd00::1]:4010", "fd00::/8", False),
        ("http://[fd00::1]:4010", "[fd00::1]:4010", False),
        ("http://[fd00::1]:4010", "[fd00::1]:4011", True),
        ("http://127.0.0.1:4010", "", False),
        ("http://localhost:4010", "", False),
        ("http://[::1]:4010", "", False),
        (None, "", False),
    ],
)
def test_addresses_and_networks_are_exempt(
    surroundings: Set, target: str | None, exempt: str, proxied: bool
) -> None:
    surroundings(HTTP_PROXY=PROXY, NO_PROXY=exempt)
    assert (proxy_for(target, None, False) is not None) is proxied


def test_a_proxy_in_capitals_is_not_trusted_within_cgi(surroundings: Set) -> None:
    surroundings(HTTP_PROXY=PROXY, REQUEST_METHOD="GET")
    assert proxy_for("http://staging.example.test", None, False) is None


def test_the_option_wins_over_the_environment_also_for_this_machine(surroundings: Set) -> None:
    surroundings(NO_PROXY="*")
    proxy = proxy_for("http://127.0.0.1:4010", "p.test:3128", False)
    assert proxy == Proxy("http://p.test:3128")


def test_a_password_is_kept_apart_from_the_url() -> None:
    proxy = proxy_for(STAGING, "http://me:p%40ss-word@p.test:3128", False)
    assert proxy == Proxy("http://p.test:3128", "me", "p@ss-word")


@pytest.mark.parametrize("url", ["ftp://p.test", "http://", "http://p.test:99999", "p.test:port"])
def test_what_is_no_proxy_is_refused_by_who_told_it(surroundings: Set, url: str) -> None:
    with pytest.raises(ValueError, match="^--proxy .* is no proxy; wanted http://HOST:PORT"):
        proxy_for(STAGING, url, False)
    with pytest.raises(ValueError, match="^HTTPS_PROXY .* is no proxy"):
        surroundings(HTTPS_PROXY=url)
        proxy_for(STAGING, None, False)


def test_a_password_of_a_proxy_that_is_none_is_not_repeated() -> None:
    with pytest.raises(ValueError) as raised:
        proxy_for(STAGING, "ftp://me:hunter2@p.test", False)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["http://[::1]:4010", "https://[fd00::1]/base", "http://[fe80::1%25eth0]:4010"]
)
def test_an_ipv6_address_is_a_target(url: str) -> None:
    check_target(url)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("localhost:4010", "write http://localhost:4010 or https://"),
        ("staging.example.test", "write http://staging.example.test or"),
        ("http://::1:4010", r"brackets, as in http://\[::1\]:4010"),
        ("http://[::1:4010", r"brackets, as in http://\[::1\]:4010"),
        ("http://[localhost]:4010", "is no http:// or https:// URL"),
        ("http:\\\\a.test:80", "write http://a.test:80$"),
        ("https:/a.test", "write https://a.test$"),
        (" http://a.test", "leave out the quotation marks and blanks"),
        ("'http://a.test'", "leave out the quotation marks and blanks"),
        ("http://a.test\r\n", "leave out the quotation marks and blanks"),
        ("http://a.test?b", "ends in a query"),
        ("http://a.test#b", "ends in a query or a fragment"),
        ("http://a..test", "is no http:// or https:// URL"),
        (f"http://{'a' * 64}.test", "is no http:// or https:// URL"),
        ("http://[fe80::1]:4010", "names its interface, as in http://.fe80::1%25eth0"),
    ],
)
def test_what_is_no_target_is_refused_with_what_would_be(url: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        check_target(url)


@pytest.mark.parametrize(
    "printed",
    [
        "Forwarding         https://ab-1.tunnel.test -> http://localhost:8080",
        "2026-01-05T09:00:00Z INF |  https://ab-1.tunnel.test  |",
        "your url is: https://ab-1.tunnel.test\n",
        "https://ab-1.tunnel.test",
        "\x1b[32mhttps://ab-1.tunnel.test\x1b[0m, with TLS.",
        "Web Interface  http://127.0.0.1:4040\nForwarding  https://ab-1.tunnel.test -> http://[::1]",
        "By our terms (https://www.test/terms/), visit https://ab-1.tunnel.test.",
    ],
)
def test_what_a_tunnel_prints_can_be_pasted(printed: str) -> None:
    told = {"webhook_listen": "127.0.0.1:0", "webhook_url": printed}
    assert load_config(told, None).shown()["webhook_url"] == "https://ab-1.tunnel.test"


@pytest.mark.parametrize("address", ["127.0.0.1", ":8080", "a:b", "::1:99999", "http://a:80/"])
def test_where_nobody_can_listen_is_refused_whether_it_is_needed_or_not(address: str) -> None:
    with pytest.raises(UsageError, match="--webhook-listen .*: wanted HOST:PORT"):
        Config(webhook_listen=address, profile=("smoke",))


@pytest.mark.parametrize("key", [" ", " key-0001", "key-0001 ", "Bearer key-0001"])
def test_a_key_with_more_than_the_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(UsageError, match="CONFORMANCE_TOKEN is the key alone") as e:
        Config(token=key)
    assert "0001" not in str(e.value)


def test_a_user_in_a_path_is_no_secret() -> None:
    assert check_url("--webhook-url", "https://tunnel.test/@me").path == "/@me"


def headers(*given: str) -> list[tuple[str, str]]:
    return list(parse_headers(given))


def test_headers_take_values_from_the_environment(surroundings: Set) -> None:
    surroundings(KEY="secret")
    told = headers("X-Api-Key: $KEY", "x-b:${KEY}-2", "X-C: a: $$5", "X-D:")
    assert told == [("X-Api-Key", "secret"), ("x-b", "secret-2"), ("X-C", "a: $5"), ("X-D", "")]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("X-Api-Key", "wanted 'Name: value'"),
        (": value", "wanted 'Name: value'"),
        ("X Api: value", "wanted 'Name: value'"),
        ("X-Api-Key: $NOWHERE", "no variable NOWHERE"),
        ("X-Api-Key: 5$", "written \\$\\$"),
        ("X-Api-Key: a\nb", "no HTTP header can carry"),
        ("Authorization: Basic x", "goes in CONFORMANCE_TOKEN"),
        ("hush", "without a colon"),
        ("Content-Length: 5", "the suite decides on this header itself"),
        ("Proxy-Authorization: x", "a proxy's password goes in --proxy"),
    ],
)
def test_a_header_that_cannot_be_added_is_named(header: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^--header .*{told}"):
        headers(header)


def test_a_request_has_one_host() -> None:
    with pytest.raises(ValueError, match="^--header Host is given more than once"):
        headers("Host: a.test", "host: b.test")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"proxy": PROXY, "no_proxy": True}, "--proxy and --no-proxy exclude"),
        ({"insecure": True, "ca": "x"}, "--insecure and --ca exclude"),
        ({"token": "key-0001", "token_command": "echo"}, "CONFORMANCE_TOKEN and --token-command"),
        ({"token_url": STAGING}, "give --client-id too"),
        ({"token_url": STAGING, "client_id": "me"}, "give CONFORMANCE_CLIENT_SECRET too"),
        ({"client_id": "me"}, "of no use without --token-url"),
        ({"token_url": "x", "client_id": "a", "client_secret": "b"}, "--token-url 'x' is no"),
        ({"token_url": "http://a:b@c", "client_id": "a", "client_secret": "b"}, "in --client-id"),
        ({"webhook_url": "http://a:b@c"}, "--webhook-url holds .* it stands in every report"),
        ({"webhook_url": "tunnel.test"}, "--webhook-url 'tunnel.test' is no"),
        ({"wait_ready": -1.0}, "--wait-ready: wanted 0 or more"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Config(target=STAGING, **settings)  # type: ignore[arg-type]


def test_the_effective_way_is_shown_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hunter2-x@p.test:3128")
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/roots.pem")
    config = Config(target=STAGING, insecure=True, headers=("X-Api-Key: gateway-key",))
    shown = config.shown(changed=True)
    assert shown["proxy"] == "http://p.test:3128 (HTTPS_PROXY)"
    assert shown["headers"] == ("X-Api-Key: (given)",)
    assert shown["roots"] == "/etc/roots.pem (SSL_CERT_FILE)"
    assert "NOBODY CHECKS" in shown["insecure"]
    assert not {"hunter2", "gateway-key"} & set(str(shown).split())
    assert {"hunter2-x", "gateway-key"} <= set(config.secrets)


def test_the_server_that_gives_the_key_gets_nothing_of_the_targets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "id.example.test")
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    given = {"client_id": "me", "client_secret": "secret", "headers": ("X-Api-Key: key",)}
    config = Config(target=STAGING, token_url="https://id.example.test", **given)  # type: ignore[arg-type]
    assert config.connection.proxy is not None
    assert config.token_connection.proxy is None
    assert config.token_connection.headers == ()
