"""How apps prove who they are: a secret in a header or the form, a signature, or nothing at all for public ones."""

import hmac
import json
import time
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from codeflow import Client, get_code, new_client, new_pkce, post, redeem, refused, tokens_of, works
from joserfc import jwk, jws
from serving import Browser, WebService

from usosapi_mleg.oauth.oauth2.clients import bad_redirect_uris
from usosapi_mleg.oauth.oauth2.private_key_jwt import key_set

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
IN_OWN_NAME = {"grant_type": "client_credentials", "scope": "mlegitymacja"}


def basic(client_id: str, secret: str) -> str:
    """Give the value of the header (RFC 6749 section 2.3.1: each part is form-encoded first)."""
    return "Basic " + b64encode(f"{quote(client_id)}:{quote(secret)}".encode()).decode()


def send(service: WebService, form: dict[str, str], header: bytes | str | None = None) -> httpx.Response:
    """Ask for a token."""
    headers = {"Authorization": header} if header is not None else {}
    url = service.url("oauth2/token")
    return httpx.post(url, data=form, headers=headers, trust_env=False, verify=False, timeout=30)  # type: ignore[arg-type] # bytes are fine


@pytest.fixture
def office(service: WebService) -> Client:
    """An administrative app."""
    return new_client(service.app, administrative=True)


def test_a_secret_can_be_sent_in_the_header_or_in_the_form(service: WebService, office: Client) -> None:
    by_header = send(service, IN_OWN_NAME, basic(office.id, office.secret or ""))
    by_form = send(service, IN_OWN_NAME | office.credentials)
    for answer in (by_header, by_form):
        assert tokens_of(answer)["scope"] == "mlegitymacja"
        assert "refresh_token" not in answer.json()


@pytest.mark.parametrize("secret", ["", "wrong", "zażółć", "\0", "x" * 5000, "%"])
def test_a_wrong_secret_is_a_401_that_says_how(service: WebService, office: Client, secret: str) -> None:
    for answer in (
        send(service, IN_OWN_NAME, basic(office.id, secret)),
        send(service, IN_OWN_NAME | {"client_id": office.id, "client_secret": secret}),
    ):
        assert refused(answer) == (401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "header",
    [
        b"Basic",
        b"Basic !!!",
        b"Basic " + b64encode(b"\xff\xfe:\xff"),
        b"Basic " + b64encode(b"nocolon"),
        b"Basic " + b64encode(b":"),
        b"Basic \xff\xfe",
        b"Bearer abc",
        b"Digest x",
        b"\xc5\xbc",
    ],
)
def test_a_header_that_is_garbage_is_a_401(service: WebService, office: Client, header: bytes) -> None:
    assert refused(send(service, IN_OWN_NAME, header)) == (401, "invalid_client")
    both = send(service, IN_OWN_NAME | office.credentials, header)
    assert both.status_code in {400, 401}


def test_the_oauth_1_secret_is_no_client_secret(service: WebService, office: Client) -> None:
    answer = send(service, IN_OWN_NAME, basic(office.id, office.oauth1_secret))
    assert refused(answer) == (401, "invalid_client")


def test_a_secret_in_the_address_is_not_looked_at(service: WebService, office: Client) -> None:
    url = service.url(f"oauth2/token?client_id={office.id}&client_secret={office.secret}&grant_type=client_credentials")
    answer = httpx.post(url, data={"grant_type": "client_credentials"}, trust_env=False, verify=False)
    assert refused(answer) == (401, "invalid_client")


def test_two_ways_at_once_are_refused(service: WebService, office: Client) -> None:
    answer = send(service, IN_OWN_NAME | office.credentials, basic(office.id, office.secret or ""))
    assert refused(answer) == (400, "invalid_request")
    other = new_client(service.app)
    answer = send(service, IN_OWN_NAME | {"client_id": other.id}, basic(office.id, office.secret or ""))
    assert refused(answer) == (401, "invalid_client")


def test_an_app_with_a_secret_cannot_leave_it_out(service: WebService, student: Browser) -> None:
    app, pkce = new_client(service.app), new_pkce()
    code = get_code(service, student, app, pkce)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.callback, "client_id": app.id}
    for door in ("token", "revoke", "introspect", "device_authorization"):
        assert refused(post(service, door, **form, code_verifier=pkce.verifier, token="x")) == (401, "invalid_client")
    assert redeem(service, app, code, pkce).status_code == 200


def test_a_public_app_needs_no_secret_and_may_not_send_one(service: WebService, student: Browser) -> None:
    app, pkce = new_client(service.app, public=True), new_pkce()
    code = get_code(service, student, app, pkce)
    for secret in ("anything", "zażółć"):
        assert refused(redeem(service, app, code, pkce, client_secret=secret)) == (401, "invalid_client")
        header = send(service, {"grant_type": "authorization_code", "code": code}, basic(app.id, secret))
        assert refused(header) == (401, "invalid_client")
    assert works(service, tokens_of(redeem(service, app, code, pkce))["access_token"])


@pytest.mark.parametrize(("administrative", "public"), [(False, False), (False, True), (True, True)])
def test_only_administrative_apps_that_prove_their_name_act_in_it(
    service: WebService, *, administrative: bool, public: bool
) -> None:
    app = new_client(service.app, public=public, administrative=administrative)
    status, error = refused(post(service, "token", **IN_OWN_NAME | app.credentials))
    assert (status, error) == ((401, "invalid_client") if public else (400, "unauthorized_client"))


@pytest.mark.parametrize("grant_type", ["password", "implicit", "", "zażółć", "client_credentials\n", None])
def test_other_grants_are_refused(service: WebService, office: Client, grant_type: str | None) -> None:
    form = {} if grant_type is None else {"grant_type": grant_type}
    status, error = refused(post(service, "token", **form | office.credentials))
    assert (status, error) == (400, "unsupported_grant_type")


def test_what_is_no_plain_form_is_refused(service: WebService, office: Client) -> None:
    url = service.url("oauth2/token")
    form = IN_OWN_NAME | office.credentials
    answers = (
        httpx.post(url, json=form, trust_env=False, verify=False),
        httpx.post(url, files={name: (None, value) for name, value in form.items()}, trust_env=False, verify=False),
        httpx.post(url, trust_env=False, verify=False),
        httpx.post(url, data=form | {"scope": ["mlegitymacja", "photo"]}, trust_env=False, verify=False),
    )
    assert [refused(answer) for answer in answers] == [(400, "invalid_request")] * 4
    large = httpx.post(url, data=form | {"x": "y" * 1_100_000}, trust_env=False, verify=False, timeout=30)
    assert refused(large) == (413, "invalid_request")


def test_nothing_is_given_over_plain_http_on_a_real_host(service: WebService, office: Client) -> None:
    for door in ("token", "revoke", "introspect", "device_authorization"):
        url, host = service.url(f"oauth2/{door}"), {"Host": "usos.example.edu.pl"}
        answer = httpx.post(url, data=IN_OWN_NAME | office.credentials, headers=host, trust_env=False, verify=False)
        assert refused(answer) == (400, "invalid_request")
    page = httpx.get(service.url("oauth2/authorize?response_type=code"), headers=host, trust_env=False, verify=False)
    assert page.status_code == 400


@pytest.fixture(scope="module", params=["RSA", "EC", "OKP"])
def key(request: pytest.FixtureRequest) -> Any:
    """A private key."""
    match request.param:
        case "RSA":
            return jwk.RSAKey.generate_key(2048, {"kid": "one"})
        case "EC":
            return jwk.ECKey.generate_key("P-256", {"kid": "one"})
        case _:
            return jwk.OKPKey.generate_key("Ed25519", {"kid": "one"})


def assertion(client: Client, key: Any, audience: str, **changes: Any) -> dict[str, str]:
    """Sign an assertion; a claim that is changed to None is left out."""
    algorithm = {"RSA": "RS256", "EC": "ES256", "OKP": "Ed25519"}[key.key_type]
    now = int(time.time())
    claims = {
        "iss": client.id,
        "sub": client.id,
        "aud": audience,
        "jti": f"{time.time_ns()}",
        "iat": now,
        "exp": now + 60,
    }
    sent = {name: value for name, value in (claims | changes).items() if value is not None}
    header = {"alg": algorithm, "kid": "one"}
    return {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jws.serialize_compact(header, json.dumps(sent).encode(), key, [algorithm]),
    }


@pytest.fixture
def signing_office(service: WebService, key: Any) -> Client:
    """An administrative app with a key and no secret."""
    public_keys = {"keys": [key.as_dict(private=False)]}
    return new_client(service.app, public=True, administrative=True, jwks=public_keys)


def test_an_app_can_sign_with_its_own_key(service: WebService, signing_office: Client, key: Any) -> None:
    issuer = service.base_url.rstrip("/")
    for audience in (issuer, f"{issuer}/", f"{issuer}/oauth2/token", [issuer]):
        form = IN_OWN_NAME | assertion(signing_office, key, audience)
        assert post(service, "token", **form).status_code == 200, audience


def test_an_assertion_counts_once(service: WebService, signing_office: Client, key: Any) -> None:
    form = IN_OWN_NAME | assertion(signing_office, key, service.base_url.rstrip("/"))
    assert [post(service, "token", **form).status_code for _ in range(3)] == [200, 401, 401]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://another.example/"},
        {"aud": None},
        {"iss": "somebody else"},
        {"sub": None},
        {"sub": 7},
        {"sub": "nobody"},
        {"jti": None},
        {"jti": 7},
        {"jti": "x" * 1000},
        {"jti": "\0"},
        {"jti": "\ud800"},
        {"iat": None},
        {"iat": "now"},
        {"iat": 1_000_000_000},
        {"iat": 4_000_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1_000_000_000},
    ],
    ids=str,
)
def test_an_assertion_that_is_not_right_proves_nothing(
    service: WebService, signing_office: Client, key: Any, changes: dict[str, Any]
) -> None:
    form = IN_OWN_NAME | assertion(signing_office, key, service.base_url.rstrip("/"), **changes)
    assert refused(post(service, "token", **form)) == (401, "invalid_client")


def test_a_forged_assertion_proves_nothing_and_does_not_spend_the_real_one(
    service: WebService, signing_office: Client, key: Any
) -> None:
    real = assertion(signing_office, key, service.base_url.rstrip("/"), jti="the same")
    forged = assertion(signing_office, type(key).generate_key(), service.base_url.rstrip("/"), jti="the same")
    assert refused(post(service, "token", **IN_OWN_NAME | forged)) == (401, "invalid_client")
    assert post(service, "token", **IN_OWN_NAME | real).status_code == 200


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e30.e30.", "ż", "bnVsbA.bnVsbA.", "e30.W10.e30"])
def test_what_is_no_assertion_proves_nothing(service: WebService, signing_office: Client, text: str) -> None:
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": text, "client_id": signing_office.id}
    assert refused(post(service, "token", **IN_OWN_NAME | form)) == (401, "invalid_client")


def encoded(part: dict[str, Any]) -> str:
    """Write a part of an assertion."""
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def signed_with(secret: bytes, claims: dict[str, Any]) -> str:
    """Sign with HS256 by hand: no library lets a public key be used as a secret."""
    text = f"{encoded({'alg': 'HS256'})}.{encoded(claims)}"
    signature = urlsafe_b64encode(hmac.digest(secret, text.encode(), "sha256")).rstrip(b"=").decode()
    return f"{text}.{signature}"


def test_a_public_key_is_not_taken_for_a_shared_secret(service: WebService) -> None:
    key = jwk.RSAKey.generate_key(2048)
    app = new_client(service.app, public=True, administrative=True, jwks={"keys": [key.as_dict(private=False)]})
    now = int(time.time())
    claims = {
        "iss": app.id,
        "sub": app.id,
        "aud": service.base_url.rstrip("/"),
        "jti": "1",
        "iat": now,
        "exp": now + 60,
    }
    signed = signed_with(key.as_pem(private=False), claims)
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
    assert refused(post(service, "token", **IN_OWN_NAME | form)) == (401, "invalid_client")
    bare = ".".join([encoded({"alg": "none"}), encoded(claims), ""])
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": bare}
    assert refused(post(service, "token", **IN_OWN_NAME | form)) == (401, "invalid_client")


def test_only_public_keys_of_asymmetric_kinds_can_be_registered() -> None:
    key = jwk.RSAKey.generate_key(2048)
    assert len(key_set({"keys": [key.as_dict(private=False)]}).keys) == 1
    shared = {"kty": "oct", "k": "c2VjcmV0"}
    for keys in ([], None, [key.as_dict(private=True)], [shared], [{"kty": "RSA"}], ["x"]):
        with pytest.raises(ValueError, match=r"keys"):
            key_set({"keys": keys})


def test_only_addresses_that_are_safe_can_be_registered() -> None:
    fine = [
        "https://app.example.edu.pl/callback?fixed=1",
        "http://127.0.0.1/callback",
        "http://[::1]/callback",
        "http://localhost:8000/callback",
        "pl.edu.example.app:/callback",
    ]
    assert bad_redirect_uris(fine) == []
    bad = [
        "http://app.example.edu.pl/callback",
        "https://app.example.edu.pl/#there",
        "https://user@app.example.edu.pl/",
        "https://",
        "https://app.example.edu.pl:x/",
        "https://[::1/",
        "https://app.example.edu.pl/ż",
        "https://app.example.edu.pl/a b",
        "javascript:/x",
        "javascript:alert(1)",
        "data:/x",
        "myapp:/callback",
        "/callback",
        "",
        "https://app.example.edu.pl/" + "x" * 2000,
    ]
    assert bad_redirect_uris([*bad, *fine]) == bad
