"""Where the mock listens: every address of `localhost`, literals of IPv6, free ports."""

import socket

import pytest

from mock_server.serve.errors import AddressError
from mock_server.serve.listening import address, bind
from tests.serving import HANGING

BOTH = ("127.0.0.1", "::1")


@pytest.fixture
def listen():
    """Listen as the command does."""
    opened = []

    def listen(host, port=0):
        opened.extend(listeners := bind(host, port))
        return listeners

    yield listen
    for listener in opened:
        listener.close()


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def reached(host, port):
    try:
        socket.create_connection((host, port), timeout=HANGING).close()
    except OSError:
        return False
    return True


@needs_ipv6
def test_localhost_is_reached_in_both_address_families(listen):
    listeners = listen("localhost")
    port = listeners[0].getsockname()[1]
    assert [reached(host, port) for host in BOTH] == [True, True]
    assert address("localhost", listeners) == f"http://localhost:{port}"


@needs_ipv6
def test_any_address_of_ipv6_is_reached_by_ipv4_too(listen):
    port = listen("::")[0].getsockname()[1]
    assert [reached(host, port) for host in BOTH] == [True, True]


@needs_ipv6
@pytest.mark.parametrize("host", ["::1", "[::1]", "0:0:0:0:0:0:0:1"])
def test_a_literal_of_ipv6_is_listened_on_alone(listen, host):
    listeners = listen(host)
    port = listeners[0].getsockname()[1]
    assert [reached(host, port) for host in BOTH] == [False, True]
    assert address(host, listeners) == f"http://[{host.strip('[]')}]:{port}"


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")],
)
def test_the_url_names_an_address_that_can_be_asked(listen, host, shown):
    listeners = listen(host)
    port = listeners[0].getsockname()[1]
    assert address(host, listeners, "https") == f"https://{shown}:{port}"
    assert reached(shown, port)


def test_the_zone_of_a_link_is_encoded_in_the_url(listen):
    assert address("fe80::1%lo", listen("127.0.0.1")).startswith("http://[fe80::1%25lo]:")


def test_a_missing_address_family_is_done_without(listen, monkeypatch):
    monkeypatch.setattr("mock_server.serve.listening._LOCALHOST", ("192.0.2.1", "127.0.0.1"))
    (listener,) = listen("localhost")
    assert listener.getsockname()[0] == "127.0.0.1"


@needs_ipv6
def test_a_port_that_one_family_has_no_longer_is_not_taken(listen, monkeypatch):
    """The first port that is free in IPv4 is taken in IPv6."""
    with socket.socket(socket.AF_INET6) as taken:
        taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        taken.bind(("::1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=f"port {port} on localhost is in use"):
            listen("localhost", port)
        assert not reached("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "::zz", "a" * 300])
def test_where_nothing_can_listen_is_told_in_one_line(host):
    with pytest.raises(AddressError) as refused:
        bind(host, 0, "check --host")
    message = refused.value.format_message()
    assert message.startswith(f"cannot listen on {host}, port 0: ")
    assert message.endswith("; check --host")
    assert "\n" not in message
