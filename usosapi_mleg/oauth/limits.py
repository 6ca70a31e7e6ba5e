"""Coarse limits: how many requests a minute an address, an app and a person may make.

They keep one caller from using up everything; guessing of secrets is stopped elsewhere, exactly. Each process counts for itself, in a
dictionary that is thrown away every minute, or all of them together in Redis. Measured: Flask-Limiter adds 200 µs to each call and the
memory of the library `limits` 60 to 500 µs (it starts threads that look through all keys); this adds about 7 µs (benchmarks/limits.py).
"""

import logging
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from flask import current_app

from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import TooManyRequestsError
from usosapi_mleg.oauth.caller import Caller
from usosapi_mleg.oauth.networks import network_of
from usosapi_mleg.settings import Settings

logger = logging.getLogger(__name__)

_WINDOW_SECONDS = 60
_SHARED_SECONDS = 0.25
"""How long the shared counts may take to answer before they count as away."""
_PAUSE_SECONDS = 10.0
"""How long they are left alone then."""
_EXTENSION = "mleg_limiter"


class Kind(StrEnum):
    """What is limited."""

    ADDRESS = "address"
    NEW_TOKENS = "new_tokens"
    """Requests of one address for what anybody may ask for and the database has to keep: request tokens and device codes."""
    CONSUMER = "consumer"
    PERSON = "person"


class Counts(Protocol):
    """Where requests are counted."""

    def add(self, key: str) -> int:
        """Count a request; give how many there were in this window."""

    def seconds_left(self, key: str) -> int:
        """Give how long the window lasts."""


class OwnCounts:
    """Counts of this process alone. A window is a minute of the clock; what one process can serve in it bounds the memory."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: dict[str, int] = {}

    def add(self, key: str) -> int:
        window = int(time.time()) // _WINDOW_SECONDS
        if window != self._window:
            self._window, self._counts = window, {}
        count = self._counts[key] = self._counts.get(key, 0) + 1
        return count

    def seconds_left(self, key: str) -> int:  # noqa: ARG002 - all windows end together
        return _WINDOW_SECONDS - int(time.time()) % _WINDOW_SECONDS


class SharedCounts:
    """Counts of all processes together, in Redis. While it is away each process counts for itself: a limit must not be an outage."""

    def __init__(self, address: str) -> None:
        # Only here, because to load it takes longer than all the rest of the start.
        from limits.storage import RedisStorage, storage_from_string

        storage = storage_from_string(
            address,
            wrap_exceptions=True,
            key_prefix="mleg",
            socket_timeout=_SHARED_SECONDS,
            socket_connect_timeout=_SHARED_SECONDS,
        )
        assert isinstance(storage, RedisStorage)  # noqa: S101 - the settings have seen to it
        self._storage = storage
        self._meanwhile = OwnCounts()
        self._away_until = float("-inf")

    def add(self, key: str) -> int:
        from limits.errors import StorageError

        if time.monotonic() >= self._away_until:
            try:
                return self._storage.incr(key, _WINDOW_SECONDS)
            except StorageError as error:
                self._away_until = time.monotonic() + _PAUSE_SECONDS
                logger.warning(
                    "the storage of limits is away, each process counts for itself: %s", type(error.__cause__)
                )
        return self._meanwhile.add(key)

    def seconds_left(self, key: str) -> int:
        from limits.errors import StorageError

        try:
            return max(1, int(self._storage.get_expiry(key) - time.time()) + 1)
        except StorageError:
            return _WINDOW_SECONDS


class Limiter:
    """The limits of one application."""

    def __init__(self, most: Mapping[Kind, int], counts: Counts) -> None:
        self._most = most
        self._counts = counts

    def count(self, kind: Kind, who: str) -> None:
        """Count a request; raise `TooManyRequestsError` when it is one too many."""
        most = self._most[kind]
        if not most:
            return
        key = f"{kind}:{who}"
        if self._counts.add(key) > most:
            raise _too_many(kind, self._counts.seconds_left(key))


def _too_many(kind: Kind, seconds: int) -> TooManyRequestsError:
    return TooManyRequestsError(
        f"Too many requests of one {kind.replace('_', ' ')}: wait {seconds} seconds.",
        retry_after=seconds,
        user_message=Text(
            f"Zbyt wiele żądań w krótkim czasie. Spróbuj ponownie za {seconds} s.",
            f"Too many requests in a short time. Try again in {seconds} s.",
        ),
    )


def attach(settings: Settings, extensions: dict[str, object]) -> None:
    """Give an application its limits."""
    most = {
        Kind.ADDRESS: settings.limit_address,
        Kind.NEW_TOKENS: settings.limit_new_tokens,
        Kind.CONSUMER: settings.limit_consumer,
        Kind.PERSON: settings.limit_person,
    }
    counts = SharedCounts(settings.limits_storage) if settings.limits_storage else OwnCounts()
    extensions[_EXTENSION] = Limiter(most, counts)


def _limiter() -> Limiter:
    found = current_app.extensions[_EXTENSION]
    assert isinstance(found, Limiter)  # noqa: S101 - `attach` has put it there
    return found


def count_address(address: str | None, *, new_token: bool = False) -> None:
    """Count a request by where it comes from. Raises `TooManyRequestsError`."""
    network = network_of(address)
    _limiter().count(Kind.ADDRESS, network)
    if new_token:
        _limiter().count(Kind.NEW_TOKENS, network)


def count_caller(caller: Caller) -> None:
    """Count a call by app and person. Raises `TooManyRequestsError`.

    What an app does in somebody's name without being asked to (`as_user_id`) does not use up what that person may do.
    """
    if caller.consumer_key is not None:
        count_consumer(caller.consumer_key)
    if caller.person_id is not None and not caller.impersonating:
        count_person(caller.person_id)


def count_consumer(consumer_key: str) -> None:
    """Count a request of an app. Raises `TooManyRequestsError`."""
    _limiter().count(Kind.CONSUMER, consumer_key)


def count_person(person_id: int) -> None:
    """Count a request of a person. Raises `TooManyRequestsError`."""
    _limiter().count(Kind.PERSON, str(person_id))
