"""How the target is reached: its URL, the way there, who vouches for it, and added headers.

Every function raises ValueError with a line that says what is wrong and what would be right.
"""

import ipaddress
import os
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment

LAST_PORT = 65_535
PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
TRACE_HEADERS = ("x-request-id", "traceparent")  # tell each request from all others
# What the suite sets itself, or leaves out, since a rule or the connection may depend on it.
OWN_HEADERS = (
    "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type",
    "expect", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", *TRACE_HEADERS,
)  # fmt: skip
CURES = {
    "authorization": "; the key goes in CONFORMANCE_TOKEN",
    "proxy-authorization": "; a proxy's password goes in --proxy http://USER:PASSWORD@HOST",
}

PASSWORDS = {
    "--target": "keys go in CONFORMANCE_TOKEN",
    "--token-url": "the client's go in --client-id and CONFORMANCE_CLIENT_SECRET",
}


@dataclass(frozen=True)
class Proxy:
    """A proxy on the way, its credentials apart from its URL, and who named it."""

    url: str
    user: str = ""
    password: str = ""
    source: str = "--proxy"


@dataclass(frozen=True)
class Connection:
    """Everything that an HTTP client must know beside the request. `ca` is trusted beside the
    public authorities, or beside the `roots` that stand in their place."""

    proxy: Proxy | None = None
    secure: bool = False  # whether there is TLS anywhere on the way
    ca: Path | None = None
    roots: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    insecure: bool = False
    unix_socket: Path | None = None
    headers: tuple[tuple[str, str], ...] = ()


def check_url(option: str, url: str) -> SplitResult:
    """The parts of an http URL. It stands in every report, so it must hold no secret."""
    if "@" in url.partition("://")[2].partition("/")[0]:
        cure = PASSWORDS.get(option, "leave them out: it stands in every report")
        raise ValueError(f"{option} holds a user name or a password; {cure}")
    try:
        parts = urlsplit(url)
        host = str(parts.hostname or "")
        named = bool(host.encode("idna"))  # each of its labels can be looked up
        fine = parts.scheme in ("http", "https") and named and parts.port != 0
        if fine and "[" in parts.netloc:
            fine = bool(re.fullmatch(r"\[[^]]*\](:\d*)?", parts.netloc))
            address = ipaddress.IPv6Address(host.partition("%")[0])
            fine = fine and ("%" in host or not address.is_link_local)
    except ValueError:
        fine = False
    if not fine or url.split() != [url]:
        raise ValueError(f"{option} {url!r} is no http:// or https:// URL{_hint(url)}")
    return parts


def pasted_url(text: str) -> str:
    """The URL that a tunnel's output is about, which neither is this machine's nor leads to a
    page; otherwise its first one, or the text where it has none."""
    urls = [url.rstrip(".,;:)") for url in re.findall(r"https?://[^\s|<>'\"\x1b]+", text)]
    hosts = (url for url in urls if re.fullmatch(r"https?://(?!localhost|127\.|\[)[^/]+/?", url))
    return next(hosts, urls[0] if urls else text)


def listening_address(text: str) -> tuple[str, int]:
    """Host and port to listen on."""
    host, _, port = text.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and int(port[:6]) <= LAST_PORT):
        raise ValueError(f"--webhook-listen {text}: wanted HOST:PORT, or [ADDRESS]:PORT for IPv6")
    return host.strip("[]"), int(port)


def check_target(url: str) -> None:
    """Refuse what is no base URL."""
    parts = check_url("--target", url)
    if parts.query or parts.fragment:
        raise ValueError("--target ends in a query or a fragment; a base URL has neither")


def _hint(url: str) -> str:
    """What was probably meant."""
    if url != url.strip("'\"<> \t\r\n"):
        return "; leave out the quotation marks and blanks around it"
    if "://" not in url and (found := re.match(r"(https?):[\\/]{1,2}(?=[^\\/])", url)):
        return f"; write {found[1]}://{url[found.end() :]}"
    host = url.partition("://")[2] or url
    if re.match(r"\[fe[89ab].:[^]%]*\]", host, re.IGNORECASE):
        return "; a link-local address names its interface, as in http://[fe80::1%25eth0]"
    if host.count(":") > 1 and not re.match(r"\[[^]]*\](:\d+)?(/|\Z)", host):
        return "; an IPv6 address stands in brackets, as in http://[::1]:4010"
    if "://" not in url and re.match(r"[\w.\-\[\]:]+(:\d+)?(/|\Z)", url):
        return f"; write http://{url} or https://{url}"
    if re.search(r":\d+\Z", host.partition("/")[0]):
        return "; a port is a number from 1 to 65535"
    return ""


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, under any spelling that needs no look-up: all names below
    `localhost` are (RFC 6761, section 6.3)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f".{host}".removesuffix(".").endswith(".localhost")
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def parse_headers(headers: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names and values of `Name: value`, where `$VARIABLE` in a value stands for that of the
    environment, so that no secret need stand in a command line or a file."""
    for header in headers:
        name, colon, template = (part.strip() for part in header.partition(":"))
        if not colon:  # it may be a secret, so it is not shown
            raise ValueError("--header without a colon: wanted 'Name: value'")
        if not HEADER_NAME.match(name):
            raise ValueError(f"--header {name!r}: wanted 'Name: value'")
        if name.lower() in OWN_HEADERS:
            cure = CURES.get(name.lower(), "")
            raise ValueError(f"--header {name}: the suite decides on this header itself{cure}")
        try:
            value = string.Template(template).substitute(os.environ)
        except KeyError as error:
            raise ValueError(
                f"--header {name}: the environment has no variable {error.args[0]}"
                " (a dollar sign of its own is written $$)"
            ) from None
        except ValueError:
            raise ValueError(
                f"--header {name}: a dollar sign begins the name of a variable; one of its own"
                " is written $$"
            ) from None
        if UNPRINTABLE.search(value):
            raise ValueError(f"--header {name}: the value holds what no HTTP header can carry")
        yield name, value
    names = [header.partition(":")[0].strip().lower() for header in headers]
    if names.count("host") > 1:
        raise ValueError("--header Host is given more than once; a request has one")


def proxy_for(target: str | None, proxy: str | None, no_proxy: bool) -> Proxy | None:
    """The proxy that stands between the suite and this target: the option's, or that of the
    environment unless the target is this machine or NO_PROXY names it."""
    if proxy:
        return parse_proxy(proxy, "--proxy")
    parts, told = urlsplit(target or ""), getproxies_environment()
    host, port = parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)
    exempt = (entry.strip().lower() for entry in told.get("no", "").split(","))
    if no_proxy or not host or is_loopback(host) or any(_names(e, host, port) for e in exempt):
        return None
    for name in (parts.scheme, "all"):
        if name in told:
            variable = f"{name}_proxy"
            source = variable if variable in os.environ else variable.upper()
            return parse_proxy(told[name], source)
    return None


def parse_proxy(url: str, source: str) -> Proxy:
    """A proxy as curl takes it: without a scheme it speaks HTTP."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        fine = parts.scheme in PROXY_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        shown = url.rpartition("@")[2]
        raise ValueError(
            f"{source} {shown!r} is no proxy; wanted http://HOST:PORT, https:// or socks5://"
        )
    host = parts.netloc.rpartition("@")[2]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Proxy(f"{parts.scheme}://{host}", user, password, source)


def _names(entry: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY names a target: by name, by the end of its name, by its address
    or a network of it, each with a port or without."""
    if not entry:
        return False
    if entry == "*":
        return True
    name, colon, its_port = entry.rpartition(":")
    if colon and its_port.isdigit() and (":" not in name or name.startswith("[")):
        if int(its_port) != port:
            return False
        entry = name
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        suffix = entry.removeprefix("*").removeprefix(".")
        return host == suffix or host.endswith(f".{suffix}")
