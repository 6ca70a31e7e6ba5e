"""Business time: the only place that asks what time it is.

In the demo and in tests the time can be moved by an offset that all processes share (kept in the database); `follow` is told how to
read it. In production the offset is nothing.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/Warsaw")
"""The zone of all times that USOS API writes."""

_REREAD_SECONDS = 1.0


class _Offset:
    """The shared offset, read again at most once a second."""

    def __init__(self) -> None:
        self.read: Callable[[], timedelta] | None = None
        self.value = timedelta()
        self.read_at = float("-inf")

    def current(self) -> timedelta:
        if self.read and time.monotonic() - self.read_at > _REREAD_SECONDS:
            self.read_at = time.monotonic()
            self.value = self.read()
        return self.value


_offset = _Offset()


def follow(read_offset: Callable[[], timedelta] | None) -> None:
    """Take the offset from `read_offset` from now on (None: real time)."""
    _offset.read = read_offset
    _offset.value = timedelta()
    _offset.read_at = float("-inf")


def now() -> datetime:
    """Give the business time, aware, in UTC."""
    return datetime.now(UTC) + _offset.current()


def today() -> date:
    """Give the business date in Poland."""
    return now().astimezone(LOCAL).date()


def wall_seconds() -> int:
    """Give the real time in Unix seconds: what OAuth timestamps are compared with."""
    return int(time.time())


def usos_datetime(moment: datetime) -> str:
    """Write a moment as USOS API does: `YYYY-MM-DD HH:MM:SS`, time in Poland."""
    return moment.astimezone(LOCAL).replace(tzinfo=None).isoformat(" ", "seconds")
