"""Instants as whole microseconds since 1970, and RFC 3339 text."""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache

SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # whose text is made far faster
_MICROSECOND = timedelta(microseconds=1)
# What can be written in every style: Python's years are 1 to 9999, in any offset.
EARLIEST = (datetime(1, 1, 2, tzinfo=UTC) - _EPOCH) // _MICROSECOND
LATEST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_ABROAD = 2 * 3600
_DURATION = re.compile(
    r"(-)?P(?:{0}W)?(?:{0}D)?(?:T(?=\d)(?:{0}H)?(?:{0}M)?(?:{0}S)?)?".format(r"(\d+(?:[.,]\d+)?)"),
    re.ASCII,
)
_SPANS = (604800, 86400, 3600, 60, 1)
_FRACTION = re.compile(r"\.(\d+)")


@lru_cache(maxsize=65536)
def format_instant(instant: int, style: str) -> str:
    """RFC 3339 text in one of the styles `micro`, `seconds`, `nano`, `offset`."""
    seconds, fraction = divmod(instant, SECOND)
    if style == "offset":
        return f"{_second(seconds + _ABROAD)}.{fraction:06}+02:00"
    digits = "" if style == "seconds" else f".{fraction:06}"
    return f"{_second(seconds)}{digits}{'000' if style == 'nano' else ''}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return (_NAIVE_EPOCH + timedelta(seconds=seconds)).isoformat()


def parse_instant(text: str) -> int:
    """Microseconds since 1970 for RFC 3339 text; finer digits are cut off.

    A leap second counts as the second after it, and the year 0 as the year 4, since Python
    has none. Raises ValueError on anything else.
    """
    text = text.upper()
    if text.startswith("0000-"):
        text = f"0004{text[4:]}"
    leap = text[17:19] == "60"
    if leap:
        text = f"{text[:17]}59{text[19:]}"
    text = _FRACTION.sub(lambda digits: f".{digits[1][:6]:0<6}", text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return (moment - _EPOCH) // _MICROSECOND + leap * SECOND


def parse_duration(text: str) -> int:
    """Microseconds for an ISO 8601 duration of weeks, days, hours, minutes and seconds.

    Each may have a fraction; what is finer than a microsecond is cut off. Raises ValueError on
    anything else, months and years included: they have no fixed length.
    """
    match = _DURATION.fullmatch(text.upper())
    if match is None or not any(match.groups()[1:]):
        raise ValueError(f"{text} is no ISO 8601 duration")
    sign, *counts = match.groups("0")
    seconds = sum(
        Fraction(count.replace(",", ".")) * span for count, span in zip(counts, _SPANS, strict=True)
    )
    micros = int(seconds * SECOND)
    return -micros if sign == "-" else micros


def format_duration(micros: int) -> str:
    """The ISO 8601 duration of a span, with a sign if it is negative."""
    seconds, fraction = divmod(abs(micros), SECOND)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    exact = f"{second}.{fraction:06}".rstrip("0").rstrip(".") if fraction else str(second)
    parts = f"{hours}H" * bool(hours) + f"{minute}M" * bool(minute) + f"{exact}S" * (exact != "0")
    return f"{'-' * (micros < 0)}PT{parts or '0S'}"
