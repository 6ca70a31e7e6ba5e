"""How the last use of a token is noted: inside a statement that is needed anyway, and not at every call."""

from datetime import timedelta
from typing import Any

from usosapi_mleg import clock

_NOTED_EVERY = timedelta(minutes=1)
"""Uses within this time of a noted one are not noted: a row that is written at every call would cost more than all the rest."""


def values(address: str | None) -> dict[str, Any]:
    """Give what such a statement needs: `now`, `noted_before`, and the `address` from which the token is used."""
    now = clock.now()
    return {"now": now, "noted_before": now - _NOTED_EVERY, "address": address}
