"""Tells subscribers over HTTP, as USOS API's push events do (PubSubHubbub style): a challenge first, then JSON by POST."""

import asyncio
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

_CHALLENGE_LETTERS = 20
_AT_ONCE = 20
_LAST_PORT = 65_535
_PORTS = {"http": 80, "https": 443}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a new subscriber wants to be told at this address."""

    callback_url: str
    verify_token: str


@dataclass(frozen=True, slots=True)
class Message:
    """Changes to tell to one address."""

    callback_url: str
    event_type: str
    entries: Sequence[dict[str, Any]]


class PushError(Exception):
    """The subscriber could not be told."""


class Pusher:
    """Speaks to many subscribers at once, with each for a short time only, so that those who do not answer keep nobody waiting.

    Redirects are not followed, and private addresses are refused unless allowed: nobody may have us call what they cannot reach
    themselves.
    """

    def __init__(self, *, allow_private: bool, timeout_seconds: float = 5.0) -> None:
        self._allow_private = allow_private
        self._timeout_seconds = timeout_seconds
        self._tls = httpx.create_ssl_context()

    def ask(self, questions: Sequence[Question]) -> list[bool]:
        """Ask subscribers to confirm; True for each that answers with the challenge it was sent."""
        return [answer is True for answer in self._with_each(self._confirms, questions)]

    def push(self, messages: Sequence[Message]) -> list[PushError | None]:
        """Tell subscribers of changes; None for each that answers 2xx, else what went wrong."""
        answers = self._with_each(self._told, messages)
        return [answer if isinstance(answer, PushError) else None for answer in answers]

    def _with_each(
        self, speak: Callable[[httpx.AsyncClient, T], Awaitable[bool]], to: Sequence[T]
    ) -> list[bool | PushError]:
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(client: httpx.AsyncClient, item: T) -> bool | PushError:
            try:
                async with places, asyncio.timeout(self._timeout_seconds):
                    return await speak(client, item)
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, TimeoutError) as error:
                return PushError(type(error).__name__)
            except PushError as error:
                return error

        async def everybody() -> list[bool | PushError]:
            async with httpx.AsyncClient(verify=self._tls, timeout=self._timeout_seconds, trust_env=False) as client:
                return await asyncio.gather(*(one(client, item) for item in to))

        return asyncio.run(everybody())

    async def _confirms(self, client: httpx.AsyncClient, question: Question) -> bool:
        challenge = secrets.token_hex(_CHALLENGE_LETTERS // 2)
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": question.verify_token}
        request = await self._request(client, "GET", question.callback_url, params=query)
        response = await client.send(request, stream=True)
        try:
            answer = await _beginning(response)
        finally:
            await response.aclose()
        return response.status_code == httpx.codes.OK and hmac.compare_digest(answer.strip(), challenge.encode())

    async def _told(self, client: httpx.AsyncClient, message: Message) -> bool:
        content = {"event_type": message.event_type, "entry": list(message.entries)}
        request = await self._request(client, "POST", message.callback_url, json=content)
        response = await client.send(request, stream=True)
        await response.aclose()
        if not response.is_success:
            raise PushError(f"HTTP {response.status_code}")
        return True

    async def _request(self, client: httpx.AsyncClient, method: str, address: str, **content: Any) -> httpx.Request:
        url = httpx.URL(address)
        if (url.port or 0) > _LAST_PORT:
            raise PushError("there is no such port")
        request = client.build_request(method, url.copy_merge_params(content.pop("params", {})), **content)
        if not self._allow_private:
            # What was looked up is what is called: a name could lead elsewhere the second time.
            request.extensions["sni_hostname"] = url.host
            request.url = request.url.copy_with(host=await _public_address(url))
        return request


async def _beginning(response: httpx.Response) -> bytes:
    """Read as much of an answer as a challenge can be."""
    async for chunk in response.aiter_bytes(chunk_size=1000):
        return chunk
    return b""


async def _public_address(url: httpx.URL) -> str:
    """Look up a host; raise `PushError` for one inside a network that is not public."""
    port = url.port or _PORTS.get(url.scheme)
    found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(address[4][0])) for address in found]
    if not all(address.is_global and not address.is_multicast for address in addresses):
        raise PushError("the address is not public")
    return str(addresses[0])
