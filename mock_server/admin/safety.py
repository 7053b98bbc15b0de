"""Who may steer the mock."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.types import Scope

from ..addresses import is_loopback
from ..http.security import Key, check_credentials
from ..problems.kinds import Problem
from ..problems.violations import quote
from .front import ADMIN, DOCUMENTATION

_ADMIN_TOKEN = Key("admin token", "--admin-token or ADJOURN_ADMIN_TOKEN")
# What proxies and tunnels say of whom they ask for; all that begin with x-forwarded too.
_FORWARDED = frozenset(
    b"forwarded via x-real-ip x-client-ip x-cluster-client-ip x-original-forwarded-for "
    b"x-envoy-external-address true-client-ip cf-connecting-ip fastly-client-ip".split()
)
_OTHER_PAGE = "It takes no calls from pages of another origin; see --admin-cors-origin."
_PAGES = (f"{ADMIN}/ui", f"{ADMIN}{DOCUMENTATION}", f"{ADMIN}/openapi.")


def check_caller(
    scope: Scope, token: str | None, allowed_hosts: Sequence[str], origins: Sequence[str] = ()
) -> None:
    """Raise Problem unless the caller may use the control plane.

    Without a token only loopback peers may. The Host and Origin checks keep web pages out,
    which a browser on this machine would otherwise let reach a loopback port; those of `origins`
    are let in. With a token the Host says nothing more: a page under a rebound name has none.
    """
    headers = {name: value.decode("latin-1") for name, value in reversed(scope["headers"])}
    host = headers.get(b"host", "")
    if token is None and not is_loopback((scope.get("client") or ("",))[0]):
        detail = "Only loopback peers may call it"
        raise Problem("forbidden", f"{detail}; start the mock with --admin-token.")
    forwarded = next((name for name in headers if _is_of_a_proxy(name)), None)
    if token is None and forwarded:
        came = forwarded.decode()
        detail = f"The call came by way of a proxy ({came}), for whoever asked that"
        raise Problem("forbidden", f"{detail}; start the mock with --admin-token.")
    allowed = is_loopback(_name(host)) or _name(host) in map(str.lower, allowed_hosts)
    if token is None and not allowed:
        raise Problem("forbidden", f"The Host {quote(host)} is not loopback; see --allowed-host.")
    origin = headers.get(b"origin")
    if origin is not None and origin not in origins and not _is_same(origin, host):
        raise Problem("forbidden", _OTHER_PAGE)
    # An image or a link of another page comes without an Origin, but browsers say where it is from.
    strange = headers.get(b"sec-fetch-site") in ("cross-site", "same-site")
    if strange and origin is None and not is_page(scope):
        raise Problem("forbidden", _OTHER_PAGE)
    if token is not None and not is_page(scope) and not is_webhook(scope):
        check_credentials(headers.get(b"authorization"), token, _ADMIN_TOKEN)


def _is_of_a_proxy(name: bytes) -> bool:
    return name in _FORWARDED or name.startswith(b"x-forwarded")


def is_page(scope: Scope) -> bool:
    """Whether it is for the dashboard or the documentation: these hold no state, and a browser
    sends no token for them."""
    return str(scope["path"]).startswith(_PAGES)


def is_webhook(scope: Scope) -> bool:
    """Whether it goes to a sink: webhooks carry no token of the control plane."""
    return scope["method"] == "POST" and str(scope["path"]).startswith(f"{ADMIN}/sink/")


def _is_same(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
