"""Calls to the systems at which persons sign in: bounded in time and size, since the person and the whole process wait meanwhile."""

import json
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import httpx

from usosapi_mleg.oauth.external.problems import ExternalSignInError, Problem, not_confirmed

TIMEOUT_SECONDS = 5.0
LARGEST_ANSWER = 256 * 1024
REST_SECONDS = 5.0
"""So long nobody asks again after silence: one silent system must not hold every web process all the time."""
_SERVER_ERRORS = 500
_TOO_MANY = 429

# At INFO httpx writes whole addresses, and those of CAS hold tickets.
logging.getLogger("httpx").setLevel(logging.WARNING)

_silent_until: dict[str, float] = {}
"""Until when a host is left alone, in seconds of the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other system said."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object; raise `ExternalSignInError` when it is none."""
        with suppress(ValueError, RecursionError):
            value = json.loads(self.body)
            if isinstance(value, dict):
                return value
        raise not_confirmed("an answer that is no JSON object")


@cache
def _tls() -> SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def call(method: str, address: str, **request: Any) -> Answer:
    """Send one request, following no redirect. `request` is what httpx knows: params, data, headers.

    Raises `ExternalSignInError`: UNAVAILABLE when the other system does not answer in time or says that it cannot, NOT_CONFIRMED
    when it says too much.
    """
    host = urlsplit(address).netloc
    if time.monotonic() < _silent_until.get(host, 0.0):
        raise ExternalSignInError(Problem.UNAVAILABLE, f"{host} was silent a moment ago")
    try:
        answer = _send(method, address, request)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        _silent_until[host] = time.monotonic() + REST_SECONDS
        raise ExternalSignInError(Problem.UNAVAILABLE, f"{host}: {type(error).__name__}") from error
    if answer.status >= _SERVER_ERRORS or answer.status == _TOO_MANY:
        raise ExternalSignInError(Problem.UNAVAILABLE, f"{host}: HTTP {answer.status}")
    return answer


def _send(method: str, address: str, request: Mapping[str, Any]) -> Answer:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    # Compressed bytes could unfold to any size before they can be counted.
    headers = {"Accept-Encoding": "identity"} | request.get("headers", {})
    with (
        httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, verify=_tls()) as client,
        client.stream(method, address, **{**request, "headers": headers}) as response,
    ):
        body = bytearray()
        for part in response.iter_raw():
            body += part
            if len(body) > LARGEST_ANSWER:
                raise not_confirmed(f"an answer of more than {LARGEST_ANSWER} bytes")
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("The answer takes too long.")
        return Answer(response.status_code, bytes(body))
