"""Values of options, checked: each raises click.BadParameter that says what was wanted."""

import math
import re
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click

from ..addresses import base_fault, is_host, is_usable
from ..choices import CHOICES, ChoiceError, Choices, parse_choices
from ..domain.instants import EARLIEST, LATEST, parse_duration, parse_instant

_YEAR = 366 * 86_400
# As browsers write it: lower case, and neither path nor user.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
_CREDENTIALS = re.compile(r"//[^/]*@")
_SPAN = re.compile(
    r"((?:[\d.,]+w)?(?:[\d.,]+d)?)((?:[\d.,]+h)?(?:[\d.,]+m)?(?:[\d.,]+s)?)",
    re.ASCII | re.IGNORECASE,
)


def wanting(wanted: str, is_fine: Callable[[str], bool]) -> Callable[..., Any]:
    """A callback that checks the value of an option, or each where there may be several."""

    def check(_: click.Context, __: click.Parameter, given: Any) -> Any:
        values = given if isinstance(given, tuple) else () if given is None else (given,)
        for value in values:
            if not is_fine(value):
                shown = _CREDENTIALS.sub("//...@", value)
                raise click.BadParameter(f"wanted {wanted}, got {shown!r}")
        return given

    return check


def base_url(key: str) -> Callable[..., Any]:
    """A callback that checks a URL which paths are put behind."""

    def check(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
        if url is not None and (fault := base_fault(url, key)):
            raise click.BadParameter(fault)
        return url

    return check


def instant(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    try:
        instant = None if text is None else parse_instant(text)
        if instant is not None and not EARLIEST <= instant <= LATEST:
            raise ValueError(text)
        return instant
    except ValueError:
        raise click.BadParameter(
            f"wanted an instant, such as 2030-01-05T09:00:00Z, got {text!r}"
        ) from None


def _is_origin(value: str) -> bool:
    return bool(_ORIGIN.fullmatch(value))


def _is_network(value: str) -> bool:
    try:
        return bool(ip_network(value))
    except ValueError:
        return False


# Origins as they are compared with those of requests; `null` is that of a file.
_AN_ORIGIN = "one origin as a browser sends it, such as http://127.0.0.1:8000"
_A_HOST = "a host alone, such as mock.test or 10.0.0.7"
origins = wanting(_AN_ORIGIN, _is_origin)
page_origins = wanting(_AN_ORIGIN, lambda value: value == "null" or _is_origin(value))
hosts = wanting(_A_HOST, is_host)
webhook_hosts = wanting(_A_HOST, lambda value: value == "*" or is_host(value))
networks = wanting("an address or a network, such as 10.0.0.0/8", _is_network)
http_url = wanting("an http or https URL", is_usable)


def choices(_: click.Context, __: click.Parameter, pairs: Sequence[str]) -> Choices:
    try:
        return parse_choices(pairs)
    except ChoiceError as error:
        raise click.BadParameter(str(error)) from None


def complete_choice(_: click.Context, __: click.Parameter, word: str) -> list[str]:
    """The choices that begin so, for a shell."""
    pairs = (f"{key}={value}" for key, choice in CHOICES.items() for value in choice.values)
    return [pair for pair in pairs if pair.startswith(word)]


def database(_: click.Context, __: click.Parameter, value: str | None) -> Path | str | None:
    if value is None:
        return None
    if "://" not in value:
        return Path(value)
    from ..store.postgres.url import SCHEMES, url_fault

    scheme = value.partition("://")[0]
    if scheme not in SCHEMES:
        wanted = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or the path of a SQLite file"
        raise click.BadParameter(f"{scheme} is not served; give {wanted}")
    if fault := url_fault(value):
        raise click.BadParameter(fault)
    return value


def webhook_secret(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    from ..webhooks.signing import parse_secret

    if value is not None:
        try:
            parse_secret(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return value


class Seconds(click.FloatRange):
    """A number of seconds that can be waited for: not more than `most`, and neither inf nor nan."""

    name = "seconds"

    def __init__(self, most: float = _YEAR, min_open: bool = False) -> None:
        super().__init__(0, most, min_open=min_open)

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"wanted a number of seconds, got {value}", param, ctx)
        return number


def usable_token(_: click.Context, __: click.Parameter, token: str | None) -> str | None:
    """The token, which a header must be able to carry. Raises BadParameter."""
    if token is not None and (token != token.strip() or not token or not token.isprintable()):
        raise click.BadParameter("wanted a token that is not empty, without blanks around it")
    return token


def iso_duration(text: str) -> str:
    """The ISO 8601 form of a span such as 1h30m; what is one already stays."""
    match = _SPAN.fullmatch(text)
    duration = f"P{match[1]}{match[2] and 'T'}{match[2]}".upper() if match else text.upper()
    try:
        parse_duration(duration)
    except ValueError:
        raise click.BadParameter(
            f"wanted a span such as 30m, 1w2d, 1h30m, 0.5h or PT90S, got {text!r}"
        ) from None
    return duration
