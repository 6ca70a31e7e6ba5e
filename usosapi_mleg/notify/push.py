"""Tells subscribers over HTTP, as USOS API's push events do (PubSubHubbub style): a challenge first, then JSON by POST."""

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Sequence
from typing import Any

import httpx

_CHALLENGE_LETTERS = 20
_LONGEST_ANSWER = 1000


class PushError(Exception):
    """The subscriber could not be told."""


class Pusher:
    """One client for all subscribers. Redirects are not followed; private addresses are refused unless allowed."""

    def __init__(self, *, allow_private: bool, timeout_seconds: float = 10.0) -> None:
        self._allow_private = allow_private
        self._client = httpx.Client(timeout=timeout_seconds, trust_env=False, follow_redirects=False)

    def confirms(self, callback_url: str, verify_token: str) -> bool:
        """Ask a subscriber whether it wants to be told: it must answer with the challenge."""
        challenge = secrets.token_hex(_CHALLENGE_LETTERS // 2)
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
        try:
            self._check(callback_url)
            response = self._client.get(httpx.URL(callback_url).copy_merge_params(query))
        except (httpx.HTTPError, httpx.InvalidURL, PushError):
            return False
        answer = response.content[:_LONGEST_ANSWER].strip()
        return response.status_code == httpx.codes.OK and hmac.compare_digest(answer, challenge.encode())

    def push(self, callback_url: str, event_type: str, entries: Sequence[dict[str, Any]]) -> None:
        """Tell a subscriber of changes; raise `PushError` unless it answers 2xx."""
        try:
            self._check(callback_url)
            response = self._client.post(callback_url, json={"event_type": event_type, "entry": list(entries)})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PushError(type(error).__name__) from error
        if not response.is_success:
            raise PushError(f"HTTP {response.status_code}")

    def _check(self, callback_url: str) -> None:
        """Refuse addresses inside our own network: nobody may have us call what they cannot reach themselves."""
        if self._allow_private:
            return
        url = httpx.URL(callback_url)
        try:
            found = socket.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
        except OSError as error:
            raise PushError("the host is not known") from error
        if not all(ipaddress.ip_address(str(address[4][0])).is_global for address in found):
            raise PushError("the address is not public")
