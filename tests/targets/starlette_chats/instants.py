"""Instants as whole microseconds since 1970, and their RFC 3339 texts."""

import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

SECOND = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
TEXT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
EAST = timezone(timedelta(hours=5, minutes=30))


def wall() -> int:
    """Now, by the machine's clock."""
    return time.time_ns() // 1000


class Clock:
    """Gives each event an instant of its own, as coarse as the texts that show it."""

    def __init__(self, now: Callable[[], int], step: int) -> None:
        self.now = now
        self.step = step
        self.last = 0

    def tick(self) -> int:
        """The instant of an event: now, or one step past the previous event."""
        self.last = max(self.now() // self.step * self.step, self.last + self.step)
        return self.last


def write(instant: int, style: str) -> str:
    """The text of an instant in the style `millis`, `micros` or `east`."""
    moment = EPOCH + timedelta(microseconds=instant)
    if style == "millis":
        return moment.isoformat(timespec="milliseconds")
    if style == "micros":
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return moment.astimezone(EAST).isoformat(timespec="microseconds")


def read(text: str) -> int | None:
    """The instant that an RFC 3339 date-time names; None when `text` is none."""
    match = TEXT.fullmatch(text)
    if match is None:
        return None
    day = day_number(*(int(part) for part in match.group(1, 2, 3)))
    hour, minute, second = (int(part) for part in match.group(4, 5, 6))
    offset = offset_minutes(match)
    if day is None or offset is None or hour > 23 or minute > 59 or second > 60:
        return None
    minutes = (day * 24 + hour) * 60 + minute - offset
    if second == 60 and minutes % 1440 != 1439:
        return None  # a leap second ends a day of UTC
    return (minutes * 60 + second) * SECOND + int((match.group(7) or "0")[:6].ljust(6, "0"))


def day_number(year: int, month: int, day: int) -> int | None:
    """Days since 1970. The year 0, which `date` lacks, has the length of 2000."""
    try:
        ordinal = date(year or 2000, month, day).toordinal()
    except ValueError:
        return None
    return ordinal - (0 if year else date(2000, 12, 31).toordinal()) - EPOCH_DAY


def offset_minutes(match: re.Match[str]) -> int | None:
    if match.group(9) is None:
        return 0
    hours, minutes = int(match.group(10)), int(match.group(11))
    if hours > 23 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if match.group(9) == "-" else 1)
