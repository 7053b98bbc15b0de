"""URLs and hosts, judged by their text alone: nothing is resolved or asked."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_BRACKETS = re.compile(r"(\[[^]]*\]|[^][]*)(:\d*)?")
_UNZONED = re.compile(r"https?://\[fe[89ab].:[^]%]*\]", re.IGNORECASE)
_NAME = re.compile(r"[\w.-]+")  # with _, which names inside a cluster have


def is_usable(url: str, schemes: tuple[str, ...] = ("http", "https")) -> bool:
    """Whether a URL is one that can be asked over HTTP, or by another of these schemes."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in schemes and parts.port != 0
        named = bool((parts.hostname or "").encode("idna"))  # each label can be looked up
    except ValueError:
        return False
    whole = _BRACKETS.fullmatch(parts.netloc.rpartition("@")[2])
    return known and named and bool(whole) and url.isprintable() and " " not in url


def base_fault(url: str, key: str) -> str:
    """What is wrong with a URL that paths are put behind, empty for nothing; `key` says where
    credentials come from."""
    if "@" in url.partition("://")[2].partition("/")[0]:
        return f"wanted a URL without credentials; {key}"
    if not is_usable(url):
        return f"wanted an http or https URL, got {url!r}"
    if "?" in url or "#" in url:
        return f"wanted a URL without query and fragment, got {url!r}"
    if _UNZONED.match(url):
        return f"wanted its interface too, as in http://[fe80::1%25eth0], got {url!r}"
    return ""


def is_host(text: str) -> bool:
    """Whether a text is a host alone: a name or an address, without scheme, port and path."""
    try:
        ip_address(text)
        return True
    except ValueError:
        return bool(_NAME.fullmatch(text))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: by an address in either notation, or a name, as all below
    `localhost` are (RFC 6761, section 6.3)."""
    if f".{host.lower()}".removesuffix(".").endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
