"""The state of the connection to the ministry: when it failed, the next call waits; back-off belongs to it and not to single orders."""

import random
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from usosapi_mleg import clock
from usosapi_mleg.extensions import db
from usosapi_mleg.models import ServiceState

_NAME = "ministry_link"
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0
_LONGEST_ASKED_PAUSE = 3600.0
"""However long the ministry asks to be left alone."""
_JITTER = 0.25


def _state() -> dict[str, object]:
    return db.session.execute(select(ServiceState.value).where(ServiceState.name == _NAME)).scalar_one_or_none() or {}


def may_call() -> bool:
    """Tell whether the pause after the last failure, if any, is over.

    One that would last longer than any was noted before the clock was moved back, and is over, too.
    """
    retry_at = _state().get("retry_at")
    if not isinstance(retry_at, str):
        return True
    pause = datetime.fromisoformat(retry_at) - clock.now()
    return not timedelta() < pause <= timedelta(seconds=_LONGEST_ASKED_PAUSE)


def is_down() -> bool:
    """Tell whether the last call failed."""
    return bool(_state())


def failed(why: str, retry_after: float | None = None) -> float:
    """Note a failed call; give the seconds until the next may be made (`retry_after` when the ministry asked for it)."""
    failures = _state().get("failures")
    count = failures + 1 if isinstance(failures, int) else 1
    pause: float = min(_FIRST_PAUSE * 2 ** min(count - 1, 10), _LONGEST_PAUSE)
    pause *= 1 + random.uniform(-_JITTER, _JITTER)  # noqa: S311 - jitter is no secret
    pause = max(pause, min(retry_after or 0.0, _LONGEST_ASKED_PAUSE))
    value = {"failures": count, "retry_at": (clock.now() + timedelta(seconds=pause)).isoformat(), "why": why}
    db.session.execute(
        upsert(ServiceState)
        .values(name=_NAME, value=value)
        .on_conflict_do_update(index_elements=[ServiceState.name], set_={"value": value}),
    )
    return pause


def worked() -> None:
    """Note that a call was answered."""
    db.session.execute(delete(ServiceState).where(ServiceState.name == _NAME))
