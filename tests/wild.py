"""Requests as nobody should send them, sent byte for byte: for tests that throw them at doors and look at what comes back."""

import contextlib
import http.client
import itertools
import secrets
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

SOME, MANY = 200, 20_000
"""How many requests the quick run and the long one send."""
FORM = b"application/x-www-form-urlencoded"
CONTENT_TYPES = (
    FORM,
    FORM + b"; charset=utf-16",
    FORM + b";;;",
    b"application/json",
    b"multipart/form-data; boundary=x",
    b"multipart/form-data",
    b"text/plain",
    b"\xff",
    b"",
)
STRANGE = (
    "",
    "\0",
    "a\0b",
    "\ud800",
    "\u202e",
    "\r\nSet-Cookie: a=b",
    "\x1b[31m",
    "zażółć",
    "%",
    "%zz",
    "%ff%fe",
    "+",
    "&=;",
    "|",
    "[",
    "{}",
    "null",
    "-1",
    "9" * 40,
    "x" * 5000,
    "javascript:alert(1)",
    "https://[",
    "oob",
    "' OR 1=1 --",
)
_TIMEOUT_SECONDS = 30
_LONGEST_BODY = 1_500_000
"""More than the service takes."""
_UNENCODED = b"\r\n \t"


@dataclass(frozen=True)
class Wild:
    """A request as it is sent. In its headers `@now@` stands for the time of sending and `@nonce@` for something new."""

    verb: str
    door: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def encoded(parameters: Sequence[tuple[str, str]]) -> bytes:
    """Write parameters for an address or a form, also what is no text."""
    return urlencode(parameters, errors="surrogatepass").encode()


def requests(
    doors: Sequence[str], names: Sequence[str], values: Sequence[str], authorizations: st.SearchStrategy[bytes]
) -> st.SearchStrategy[Wild]:
    """Give requests at these doors; `names` and `values` are of parameters that mean something there."""
    value = st.one_of(st.sampled_from(values), st.sampled_from(STRANGE), st.text(max_size=30))
    name = st.one_of(st.sampled_from(names), st.text(max_size=8))
    pairs = st.lists(st.tuples(name, value), max_size=7)
    twice = st.tuples(name, value, value).map(lambda found: [(found[0], found[1]), (found[0], found[2])])
    parameters = st.one_of(pairs, st.tuples(pairs, twice).map(lambda both: [*both[0], *both[1]])).map(encoded)
    raw = st.binary(max_size=40).map(lambda found: bytes(byte for byte in found if byte not in _UNENCODED))
    broken = st.tuples(
        parameters, st.sampled_from([b"%", b"%f", b"%zz=1", b"&&=&", b"a=%00", b"|[]", b"?a=1", b"\xc5"])
    )
    content_type = st.one_of(st.just(FORM), st.just(FORM), st.sampled_from(CONTENT_TYPES))
    authorization = st.one_of(st.just(()), st.tuples(authorizations), st.tuples(authorizations, authorizations))
    return st.builds(
        _make,
        st.sampled_from(["GET", "POST", "POST", "OPTIONS", "HEAD", "PUT"]),
        st.sampled_from(doors),
        st.one_of(st.just(b""), parameters, broken.map(b"".join), raw, raw.map(lambda found: quote(found).encode())),
        content_type,
        authorization,
        st.one_of(st.just(b""), parameters, parameters, broken.map(b"".join), st.binary(max_size=60)),
        st.sampled_from([1] * 60 + [400]),
    )


def _make(
    verb: str,
    door: str,
    query: bytes,
    content_type: bytes,
    authorizations: tuple[bytes, ...],
    body: bytes,
    times: int,
) -> Wild:
    """Put a request together; now and then its body is huge."""
    headers = [(b"Content-Type", content_type), *((b"Authorization", value) for value in authorizations)]
    return Wild(verb, door, query, tuple(headers), (body * times)[:_LONGEST_BODY])


def header_bytes(limit: int = 60) -> st.SearchStrategy[bytes]:
    """Give what a header can hold."""
    return st.binary(max_size=limit).map(lambda raw: bytes(byte for byte in raw if byte not in b"\r\n\0"))


class Sender:
    """Sends requests over one connection, opens a new one when the server has closed it, and counts the statuses of the answers."""

    def __init__(self, base_url: str) -> None:
        self._address = urlsplit(base_url)
        self._numbers = itertools.count()
        self._prefix = secrets.token_hex(4)
        self._socket = self._connect()
        self.statuses: Counter[int] = Counter()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def status_of(self, request: Wild) -> int:
        """Send a request; give the status of the answer."""
        try:
            status = self._send(request)
        except (http.client.HTTPException, OSError):
            self._reconnect()
            status = self._send(request)
        self.statuses[status] += 1
        return status

    def _connect(self) -> socket.socket:
        return socket.create_connection(
            (str(self._address.hostname), int(self._address.port or 80)), timeout=_TIMEOUT_SECONDS
        )

    def _reconnect(self) -> None:
        self._socket.close()
        self._socket = self._connect()

    def _send(self, request: Wild) -> int:
        head = [
            f"{request.verb} /{request.door}".encode() + (b"?" + request.query if request.query else b"") + b" HTTP/1.1"
        ]
        head += [b"Host: " + self._address.netloc.encode(), b"Content-Length: " + str(len(request.body)).encode()]
        head += [name + b": " + self._filled(value) for name, value in request.headers]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the server may have read enough
            self._socket.sendall(b"\r\n".join(head) + b"\r\n\r\n" + request.body)
        answer = http.client.HTTPResponse(self._socket, method=request.verb)
        answer.begin()
        answer.read()
        if answer.will_close:
            self._reconnect()
        return answer.status

    def _filled(self, value: bytes) -> bytes:
        nonce = f"{self._prefix}{next(self._numbers)}".encode()
        return value.replace(b"@now@", str(int(time.time())).encode()).replace(b"@nonce@", nonce)


def many(examples: int) -> settings:
    """Give the settings for so many requests."""
    return settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))


class LogWatch:
    """Logs, from now on."""

    def __init__(self, logs: Sequence[Path]) -> None:
        self._before = {log: len(log.read_text(errors="replace")) for log in logs}

    def check(self, secrets: Sequence[str]) -> None:
        """See that what was logged meanwhile holds no secret and tells of no failure."""
        for log, before in self._before.items():
            said = log.read_text(errors="replace")[before:]
            assert [secret for secret in secrets if secret in said] == [], log
            assert "Traceback" not in said, log
