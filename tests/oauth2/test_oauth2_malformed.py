"""Whatever is sent to the doors of OAuth 2.0, it is answered with an error of the caller, never of the server."""

import http.client
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

import pytest
from codeflow import new_client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import WebService

SOME, MANY = 200, 20_000
DOORS = (
    "oauth2/token",
    "oauth2/revoke",
    "oauth2/introspect",
    "oauth2/device_authorization",
    "oauth2/authorize",
    "oauth2/device",
    ".well-known/oauth-authorization-server",
    "services/users/user",
    "services/oauth2/impersonated_token",
)
NAMES = (
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "code",
    "code_verifier",
    "code_challenge",
    "code_challenge_method",
    "redirect_uri",
    "refresh_token",
    "device_code",
    "user_code",
    "scope",
    "scopes",
    "state",
    "response_type",
    "token",
    "token_type_hint",
    "access_token",
    "oauth_signature",
    "prompt",
    "user_id",
    "as_user_id",
    "_csrftoken_",
    "allow",
)
VALUES = (
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "code",
    "code token",
    "S256",
    "plain",
    "mlegitymacja",
    "offline_access mlegitymacja",
    "e30.e30.e30",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.AA",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOlsxXX0.",
    "https://app.example.edu.pl/callback",
    "javascript:alert(1)",
    "https://[",
    "\0",
    "\ud800",
    "\r\nSet-Cookie: a=b",
    "mlegr_" + "x" * 43,
)
TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/json",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "",
)

values = st.one_of(st.sampled_from(VALUES), st.text(max_size=60))
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.text(max_size=8)), values), max_size=8)
header_bytes = st.binary(max_size=60).map(lambda raw: bytes(byte for byte in raw if byte not in b"\r\n\0"))
schemes = st.sampled_from([b"Basic ", b"Bearer ", b"OAuth ", b"basic", b"", b"Bearer mlegb_", b"Digest "])


@dataclass(frozen=True)
class Wild:
    """A request as it is sent."""

    verb: str
    door: str
    query: str
    content_type: str
    body: bytes
    authorization: bytes | None
    knows_client: bool


def encoded(parameters: list[tuple[str, str]]) -> str:
    """Write parameters for an address or a form, also what is no text."""
    return urlencode(parameters, errors="surrogatepass")


requests = st.builds(
    Wild,
    verb=st.sampled_from(["GET", "POST", "POST", "POST", "OPTIONS"]),
    door=st.sampled_from(DOORS),
    query=st.one_of(pairs.map(encoded), st.binary(max_size=40).map(quote)),
    content_type=st.sampled_from((TYPES[0],) * 5 + TYPES),
    body=st.one_of(pairs.map(lambda parameters: encoded(parameters).encode()), st.binary(max_size=80)),
    authorization=st.one_of(st.none(), st.builds(lambda scheme, rest: scheme + rest, schemes, header_bytes)),
    knows_client=st.booleans(),
)


class Sender:
    """Sends requests over one connection, and opens a new one when the server has closed it."""

    def __init__(self, base_url: str, client_ids: list[str]) -> None:
        self.address = urlsplit(base_url)
        self.client_ids = client_ids
        self.connection = self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(str(self.address.hostname), self.address.port, timeout=30)

    def status_of(self, request: Wild) -> int:
        """Send a request; give the status of the answer."""
        try:
            return self._send(request)
        except (http.client.HTTPException, ConnectionError):
            self.connection.close()
            self.connection = self._connect()
            return self._send(request)

    def _send(self, request: Wild) -> int:
        known = (
            f"client_id={self.client_ids[len(request.body) % len(self.client_ids)]}&" if request.knows_client else ""
        )
        body = known.encode() + request.body
        self.connection.putrequest(request.verb, f"/{request.door}?{known}{request.query}")
        self.connection.putheader("Content-Type", request.content_type)
        self.connection.putheader("Content-Length", str(len(body)))
        if request.authorization is not None:
            self.connection.putheader("Authorization", request.authorization)
        self.connection.endheaders(body)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status


@pytest.mark.parametrize(
    "examples", [pytest.param(SOME, id="some"), pytest.param(MANY, id="many", marks=pytest.mark.long)]
)
def test_no_request_makes_the_server_fail(service: WebService, examples: int) -> None:
    clients = [
        new_client(service.app),
        new_client(service.app, public=True),
        new_client(service.app, public=True, kiosk=True),
        new_client(service.app, public=True, jwks={"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}),
    ]
    said_before = len(service.log.read_text())
    sender = Sender(service.base_url, [client.id for client in clients])

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(request=requests)
    def sent(request: Wild) -> None:
        assert sender.status_of(request) < 500

    sent()
    sender.connection.close()
    assert "Traceback" not in service.log.read_text()[said_before:]
