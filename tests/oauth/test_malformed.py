"""Whatever is sent to the doors of OAuth 1.0a and to a method, with real credentials or none, is the caller's fault and in no log.

The credentials are real, so that many requests get past the check of who calls; they stand in all places where nobody should write them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest
from dance import OTHER_STUDENT, request_token
from hypothesis import given
from hypothesis import strategies as st
from making import ALL_SCOPES, Key, change, new_consumer, new_student, new_token
from serving import Browser, WebService
from wild import MANY, SOME, LogWatch, Sender, Wild, header_bytes, many, requests

from usosapi_mleg.crypto import digest
from usosapi_mleg.oauth import sessions
from usosapi_mleg.oauth.oauth2.given import Kind, generate

DOORS = (
    "services/oauth/request_token",
    "services/oauth/authorize",
    "services/oauth/access_token",
    "services/oauth/revoke_token",
    "services/oauth/revoke_consumer_key",
    "services/oauth/proxy",
    "services/mlegitymacja/status",
    "services/cards/mcard_order",
    "usosapiProxy.php",
)
NAMES = (
    "oauth_consumer_key",
    "oauth_token",
    "oauth_signature_method",
    "oauth_signature",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_version",
    "oauth_callback",
    "oauth_verifier",
    "scopes",
    "interactivity",
    "deauthorize",
    "consumer_key",
    "consumer_secret",
    "method",
    "_method_",
    "parameters",
    "as_user_id",
    "order_id",
    "fields",
    "format",
    "callback",
    "lang",
    "allow",
    "deny",
    "_csrftoken_",
    "realm",
)
WORDS = (
    "HMAC-SHA1",
    "HMAC-SHA256",
    "PLAINTEXT",
    "RSA-SHA1",
    "1.0",
    "1.0A",
    "mlegitymacja|photo",
    "offline_access",
    "all",
    "minimal",
    "confirm_user",
    "true",
    "True",
    "services/mlegitymacja/status",
    "services/users/user",
    "services/oauth/proxy",
    '{"fields": "id", "format": "xmlmap2"}',
    '{"a": [1, {"b": null}], "order_id": 7}',
    "[" * 2000,
    "id|user[id|first_name]",
    "id[",
    "xmlmap2",
    "jsonp",
    "https://kampus.example.edu.pl/back?a=b",
    "kampus.example://back",
)


@dataclass(frozen=True)
class Credentials:
    """What real callers would have."""

    consumer: Key
    token: Key
    request_token: Key
    bearer: str
    session: str
    csrf_token: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be in no log."""
        return (
            self.consumer.secret,
            self.token.key,
            self.token.secret,
            self.request_token.key,
            self.request_token.secret,
            self.bearer,
            self.session,
            self.csrf_token,
        )


@pytest.fixture(scope="module")
def credentials(service: WebService) -> Iterator[Credentials]:
    """An app of an office with a student's token, and another student who is signed in."""
    client_secret = generate(Kind.CLIENT_SECRET)
    consumer = new_consumer(service.app, administrative=True, oauth2_secret=digest(client_secret))
    token = new_token(service.app, consumer, new_student(service.app), *ALL_SCOPES)
    with Browser(service.base_url) as browser:
        browser.sign_in(OTHER_STUDENT)
        asked = request_token(service, consumer, callback="https://kampus.example.edu.pl/back")
        with service.app.app_context():
            csrf_token = sessions.csrf_token(browser.session)
        yield Credentials(
            consumer, token, asked, own_token(service, consumer, client_secret), browser.session, csrf_token
        )


def own_token(service: WebService, consumer: Key, client_secret: str) -> str:
    """Get a token of OAuth 2.0 for the app itself."""
    form = {"grant_type": "client_credentials", "client_id": consumer.key, "client_secret": client_secret}
    return str(httpx.post(service.url("oauth2/token"), data=form, trust_env=False).json()["access_token"])


def plaintext(consumer: Key, token: Key | None, **changes: str) -> bytes:
    """Write a header that proves who calls, unless the changes spoil it."""
    oauth = {
        "oauth_consumer_key": consumer.key,
        "oauth_signature_method": "PLAINTEXT",
        "oauth_signature": f"{consumer.secret}&{token.secret if token else ''}",
        "oauth_timestamp": "@now@",
        "oauth_nonce": "@nonce@",
    } | ({"oauth_token": token.key} if token else {})
    written = (
        f'{name}="{quote(value, safe="@", errors="surrogatepass")}"' for name, value in (oauth | changes).items()
    )
    return ("OAuth " + ", ".join(written)).encode()


def authorizations(found: Credentials) -> st.SearchStrategy[bytes]:
    """Give Authorization headers: real ones, spoilt ones, and what is none."""
    tokens = st.sampled_from([None, found.token, found.token, found.request_token])
    real = tokens.map(lambda token: plaintext(found.consumer, token))
    value = st.one_of(st.sampled_from([*WORDS, *found.secrets]), st.text(max_size=20))
    spoilt = st.builds(
        lambda token, name, value: plaintext(found.consumer, token, **{name: value}),
        tokens,
        st.sampled_from([name for name in NAMES if name.startswith("oauth_")]),
        value,
    )
    appended = st.tuples(real, st.sampled_from([b", ", b",", b" ", b'"', b"="]), header_bytes(20)).map(b"".join)
    scheme = st.sampled_from([b"OAuth ", b"oauth", b"Bearer ", b"Basic ", b"", b"Bearer " + found.bearer.encode()])
    bearer = st.just(b"Bearer " + found.bearer.encode())
    return st.one_of(real, real, spoilt, appended, bearer, st.tuples(scheme, header_bytes()).map(b"".join))


def at_the_browser(found: Credentials) -> st.SearchStrategy[tuple[tuple[bytes, bytes], ...]]:
    """Give cookies: mostly none."""
    session = (b"Cookie", b"PHPSESSID=" + found.session.encode())
    return st.one_of(st.just(()), st.just((session,)), header_bytes(20).map(lambda raw: ((b"Cookie", raw),)))


@pytest.mark.parametrize(
    "examples", [pytest.param(SOME, id="some"), pytest.param(MANY, id="many", marks=pytest.mark.long)]
)
def test_no_request_makes_the_server_fail_and_no_secret_is_logged(
    service: WebService, credentials: Credentials, tmp_path_factory: pytest.TempPathFactory, examples: int
) -> None:
    watch = LogWatch([service.log, *tmp_path_factory.getbasetemp().glob("postgres*/log")])
    values = (*WORDS, *credentials.secrets, credentials.consumer.key)
    sender = Sender(service.base_url)

    @many(examples)
    @given(request=requests(DOORS, NAMES, values, authorizations(credentials)), cookies=at_the_browser(credentials))
    def sent(request: Wild, cookies: tuple[tuple[bytes, bytes], ...]) -> None:
        whole = Wild(request.verb, request.door, request.query, request.headers + cookies, request.body)
        status = sender.status_of(whole)
        assert status < 500
        if status == 200 and "/revoke_" in request.door:
            heal(service, credentials)

    sent()
    sender.close()
    print(f"{sender.statuses.total()} requests: {dict(sorted(sender.statuses.items()))}")  # noqa: T201
    assert sender.statuses[200] > examples / 50
    watch.check(credentials.secrets)


def heal(service: WebService, found: Credentials) -> None:
    """Take back what a request that happened to be right has revoked."""
    key = found.consumer.key
    change(service.app, "UPDATE consumers SET disabled_at = NULL WHERE key = :key", key=key)
    change(service.app, "UPDATE access_tokens SET revoked_at = NULL WHERE consumer_key = :key", key=key)
    change(service.app, "UPDATE bearer_tokens SET revoked_at = NULL WHERE last_used_at IS NOT NULL")
