"""Signed calls as client libraries make them: signed with oauthlib, sent over a bare HTTP connection."""

import contextlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from making import Key
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_TYPE_AUTH_HEADER, Client

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode()

    @property
    def json(self) -> Any:
        """The body read as JSON; the content type has to say so."""
        assert self.headers["content-type"].startswith("application/json"), self
        return json.loads(self.content)


def send(
    url: str, http_method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | str | None = None
) -> Answer:
    """Send a request exactly as given: the address is not encoded again, and no header is added but Host and Content-Length."""
    parts = urlsplit(url)
    target = url.removeprefix(f"{parts.scheme}://{parts.netloc}")
    content = body.encode() if isinstance(body, str) else body
    sent = dict(headers or {})
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.putrequest(http_method, target, skip_host="Host" in sent, skip_accept_encoding=True)
        if http_method == "POST" or content:
            sent.setdefault("Content-Length", str(len(content or b"")))
        for name, value in sent.items():
            connection.putheader(name, value)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the server may have read enough
            connection.endheaders(content)
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Signed:
    """A request that oauthlib has signed."""

    url: str
    http_method: str
    headers: dict[str, str]
    body: str | None

    def send(self) -> Answer:
        """Send it."""
        return send(self.url, self.http_method, self.headers, self.body)

    def but(self, **changes: Any) -> "Signed":
        """Give the same request with something changed after it was signed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Caller:
    """An app, with or without somebody's token, that calls the service."""

    base_url: str
    consumer: Key
    token: Key | None = None

    def sign(
        self,
        url: str,
        http_method: str = "GET",
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Signed:
        """Sign a request; `options` are oauthlib's (callback_uri, verifier, nonce, timestamp, realm, signature_type...)."""
        client = Client(
            self.consumer.key,
            client_secret=self.consumer.secret,
            resource_owner_key=self.token.key if self.token else None,
            resource_owner_secret=self.token.secret if self.token else None,
            **{"signature_method": SIGNATURE_HMAC_SHA1, "signature_type": SIGNATURE_TYPE_AUTH_HEADER} | options,
        )
        uri, signed, content = client.sign(url, http_method, body, dict(headers or {}))
        return Signed(uri, http_method, dict(signed), content or None)

    def prepare(
        self,
        method: str,
        http_method: str = "GET",
        headers: Mapping[str, str] | None = None,
        options: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> Signed:
        """Sign a call of an API method, such as `mlegitymacja/order`: arguments in the query, or in the form of a POST."""
        url = f"{self.base_url}services/{method}"
        encoded = urlencode(arguments)
        options = options or {}
        if http_method == "POST" and arguments:
            return self.sign(url, "POST", encoded, {**FORM, **(headers or {})}, **options)
        return self.sign(f"{url}?{encoded}" if encoded else url, http_method, None, headers, **options)

    def get(self, method: str, **arguments: Any) -> Answer:
        """Call an API method by GET."""
        return self.prepare(method, **arguments).send()

    def post(self, method: str, **arguments: Any) -> Answer:
        """Call an API method by POST."""
        return self.prepare(method, "POST", **arguments).send()
