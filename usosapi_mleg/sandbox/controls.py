"""What a person sets at the control panel: delays, faults, and the sandbox's own clock."""

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

WARSAW = ZoneInfo("Europe/Warsaw")
DAY = 86_400
TEN_YEARS = 10 * 366 * DAY

# Inclusive limits of the numbers; those named in WHOLE must be whole.
LIMITS: dict[str, tuple[float, float]] = {
    "making_delay_seconds": (0, 30 * DAY),
    "answer_delay_seconds": (0, 120),
    "fail_next": (0, 100_000),
    "reject_next": (0, 100_000),
    "busy_next": (0, 100_000),
    "fail_making_next": (0, 100_000),
    "clock_offset_seconds": (-TEN_YEARS, TEN_YEARS),
    "codes_valid_days": (1, 365),
}
WHOLE = {"fail_next", "reject_next", "busy_next", "fail_making_next", "codes_valid_days"}
FLAGS = {"down", "callbacks_enabled"}


class ControlError(Exception):
    """A control value was refused; the message says which and why."""


@dataclass(frozen=True)
class Controls:
    """The settings of the control panel; every `..._next` counts down to 0 as it is used up.

    `fail_next` university calls end in a 500, before or after the work is done (`fail_when`); `reject_next` new items
    are refused as `invalid_document`, `busy_next` as `busy`; `fail_making_next` accepted documents end as `failed`.
    """

    making_delay_seconds: float = 0
    answer_delay_seconds: float = 0
    fail_next: int = 0
    fail_when: str = "before"
    reject_next: int = 0
    busy_next: int = 0
    fail_making_next: int = 0
    down: bool = False
    callbacks_enabled: bool = True
    clock_offset_seconds: float = 0
    codes_valid_days: int = 30

    @classmethod
    def read(cls, db: sqlite3.Connection) -> Self:
        """Read the present settings; what was never set has its default."""
        known = {field.name for field in fields(cls)}
        rows = db.execute("SELECT name, value FROM controls").fetchall()
        return cls(**{row["name"]: json.loads(row["value"]) for row in rows if row["name"] in known})

    def save(self, db: sqlite3.Connection) -> None:
        """Keep these settings."""
        db.executemany(
            "INSERT INTO controls (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [(name, json.dumps(value)) for name, value in asdict(self).items()],
        )

    def changed(self, values: Mapping[str, Any]) -> Self:
        """Return these settings with some values replaced.

        Raises:
            ControlError: an unknown name, a wrong type, or a number out of its limits.
        """
        for name, value in values.items():
            check_control(name, value)
        return replace(self, **values)

    def now(self) -> float:
        """Return the sandbox's present time: seconds since 1970, real time plus the offset."""
        return time.time() + self.clock_offset_seconds


def check_control(name: str, value: object) -> None:
    """Check one value of the control panel.

    Raises:
        ControlError: see `Controls.changed`.
    """
    if name in FLAGS:
        if not isinstance(value, bool):
            raise ControlError(f"{name} must be true or false")
    elif name == "fail_when":
        if value not in ("before", "after"):
            raise ControlError('fail_when must be "before" or "after"')
    elif name in LIMITS:
        low, high = LIMITS[name]
        if isinstance(value, bool) or not isinstance(value, int if name in WHOLE else (int, float)):
            raise ControlError(f"{name} must be a {'whole ' if name in WHOLE else ''}number")
        if not low <= value <= high:
            raise ControlError(f"{name} must be from {low:g} to {high:g}")
    else:
        raise ControlError(f"{name[:40]!r} is not a setting")


def use_up(db: sqlite3.Connection, controls: Controls, name: str) -> Controls:
    """Take one off the countdown `name` and return the settings as they are then."""
    lowered = replace(controls, **{name: getattr(controls, name) - 1})
    lowered.save(db)
    return lowered


def iso_time(seconds: float) -> str:
    """Write a point in time as the protocol has it: UTC, whole seconds, `Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def polish_date(seconds: float) -> date:
    """Return the calendar day that it is in Poland at this point in time."""
    return datetime.fromtimestamp(seconds, WARSAW).date()


def end_of_day(day: date) -> float:
    """Return the point in time at which `day` is over in Poland."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), WARSAW).timestamp()
