"""What a false, broken or silent OpenID provider, or somebody between, cannot do."""

import base64
import json
import logging
import time
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from elsewhere import OIDC_CLIENT, free_port, is_signed_in, new_account, parameters, served, serving
from fakes import ACCESS_TOKEN, CODE, FakeProvider, begin, come_back, dripping, hanging, saying
from joserfc import jwk
from making import count
from serving import Browser, WebService
from werkzeug.wrappers import Response

from usosapi_mleg.oauth.external import calling, oidc_metadata

NOW = int(time.time())
DAY = 24 * 3600
EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeProvider]:
    """A provider that does what tests want."""
    port = free_port()
    provider = FakeProvider(f"http://127.0.0.1:{port}")
    with served(provider, port):
        yield provider


@pytest.fixture(scope="module")
def by_fake(service: WebService, fake: FakeProvider) -> Iterator[WebService]:
    """The service that believes in that provider."""
    with serving(service, free_port(), {"MLEG_OIDC_ISSUER": fake.issuer, **OIDC_CLIENT}) as running:
        yield running


@pytest.fixture
def browser(fake: FakeProvider, by_fake: WebService) -> Iterator[Browser]:
    """A browser at a service that knows nothing of the provider yet, which behaves."""
    fake.behave()
    by_fake.app.extensions.pop("mleg_oidc", None)
    calling._silent_until.clear()
    with Browser(by_fake.base_url) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def name(by_fake: WebService) -> str:
    """Somebody who may sign in."""
    return new_account(by_fake.app)


def sign_in(browser: Browser, fake: FakeProvider, claims: dict[str, Any], **how: Any) -> httpx.Response:
    """Sign in with an ID token of these claims."""
    asked = begin(browser)
    fake.gives(fake.token({"nonce": asked["nonce"]} | claims, **how))
    return come_back(browser, asked, iss=fake.issuer)


@pytest.mark.parametrize(
    ("alg", "kind", "size"),
    [
        ("RS256", "RSA", 2048),
        ("PS256", "RSA", 2048),
        ("ES256", "EC", "P-256"),
        ("EdDSA", "OKP", "Ed25519"),
        ("Ed25519", "OKP", "Ed25519"),
    ],
)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_a_token_that_is_signed_as_it_should_be_signs_in(
    browser: Browser, fake: FakeProvider, name: str, alg: str, kind: Any, size: Any
) -> None:
    key: Any = jwk.generate_key(kind, size, {"kid": "k2"})
    unreadable = jwk.generate_key("EC", "P-256", {"kid": "k3", "use": "enc"})
    fake.keys = [unreadable, fake.key, key]
    answer = sign_in(browser, fake, {"preferred_username": name, "aud": ["mleg: test"]}, key=key, alg=alg, kid="k2")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/help/reasons")
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "somebody-else"},
        {"aud": ["mleg: test", "somebody-else"]},
        {"aud": ["mleg: test", "somebody-else"], "azp": "somebody-else"},
        {"azp": "somebody-else"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": NOW - 120},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": NOW + DAY, "exp": NOW + 2 * DAY},
        {"iat": None},
        {"nbf": NOW + DAY},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 17},
        {"sub": "x" * 256},
        {"sub": "a\0b"},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"preferred_username": "\x00"},
        {"preferred_username": ["a", "b"]},
        {"preferred_username": "n" * 101},
    ],
    ids=", ".join,  # not the values: processes that share the tests import this at different moments
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    browser: Browser, fake: FakeProvider, name: str, claims: dict[str, Any]
) -> None:
    page = sign_in(browser, fake, {"preferred_username": name} | claims)
    assert page.status_code == 502
    assert "could not be confirmed" in page.text
    assert not is_signed_in(browser)


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    """Write a token with no signature."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none", **header}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


@pytest.mark.parametrize("forgery", ["none", "HS256", "HS256 with the public key", "other key", "unknown key", "crit"])
def test_a_token_that_another_signed_is_refused(browser: Browser, fake: FakeProvider, name: str, forgery: str) -> None:
    asked = begin(browser)
    claims = {"nonce": asked["nonce"], "preferred_username": name}
    now = int(time.time())
    full = {"iss": fake.issuer, "aud": "mleg: test", "sub": "s1", "iat": now, "exp": now + 600, **claims}
    other: Any = jwk.generate_key("EC", "P-256", {"kid": "k1"})
    fake.gives(
        {
            "none": lambda: unsigned(full),
            "HS256": lambda: fake.token(
                claims, key=jwk.OctKey.import_key(OIDC_CLIENT["MLEG_OIDC_CLIENT_SECRET"]), alg="HS256"
            ),
            "HS256 with the public key": lambda: fake.token(
                claims,
                key=jwk.OctKey.import_key(json.dumps(fake.key.as_dict(private=False))),
                alg="HS256",
            ),
            "other key": lambda: fake.token(claims, key=other),
            "unknown key": lambda: fake.token(claims, key=other, kid="k9"),
            "crit": lambda: unsigned(full, alg="ES256", kid="k1", crit=["b64"], b64=False) + "AAAA",
        }[forgery]()
    )
    assert come_back(browser, asked, iss=fake.issuer).status_code == 502
    assert not is_signed_in(browser)


@pytest.mark.parametrize("token", [None, 17, "", "a.b.c", "....", "ż", "e30.e30.", "x" * 70_000, ["a"]], ids=repr)
def test_what_is_no_token_is_refused(browser: Browser, fake: FakeProvider, token: object) -> None:
    asked = begin(browser)
    fake.gives(token)
    assert come_back(browser, asked, iss=fake.issuer).status_code == 502


@pytest.mark.parametrize("issuer", [None, "https://evil.example", "", "ż"])
def test_a_response_of_another_issuer_is_refused_before_the_code_is_sent_anywhere(
    browser: Browser, fake: FakeProvider, issuer: str | None
) -> None:
    asked = begin(browser)
    assert come_back(browser, asked, iss=issuer).status_code == 502
    assert "/token" not in fake.seen


def test_where_the_provider_names_itself_nowhere_a_response_need_not_either(
    browser: Browser, fake: FakeProvider, name: str
) -> None:
    del fake.metadata["authorization_response_iss_parameter_supported"]
    asked = begin(browser)
    fake.gives(fake.token({"nonce": asked["nonce"], "preferred_username": name}))
    assert come_back(browser, asked, iss=None).status_code == 303


@pytest.mark.parametrize("state", ["", "another", "ż", "x" * 5000])
def test_a_wrong_state_is_refused_and_the_attempt_goes_on(
    browser: Browser, fake: FakeProvider, name: str, state: str
) -> None:
    asked = begin(browser)
    assert come_back(browser, asked, state=state, iss=fake.issuer).status_code == 400
    assert "/token" not in fake.seen
    fake.gives(fake.token({"nonce": asked["nonce"], "preferred_username": name}))
    assert come_back(browser, asked, iss=fake.issuer).status_code == 303


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("access_denied", 403),
        ("login_required", 403),
        ("server_error", 503),
        ("temporarily_unavailable", 503),
        ("invalid_scope", 502),
        ("<script>\r\nX: y", 502),
        ("", 502),
    ],
)
def test_a_refusal_of_the_provider_is_told_and_never_a_fault_of_ours(
    browser: Browser, fake: FakeProvider, error: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    asked = begin(browser)
    page = come_back(browser, asked, iss=fake.issuer, error=error, error_description="<b>secret", code=None)
    assert page.status_code == status
    assert "Try again" in page.text
    assert "secret" not in page.text + caplog.text
    assert "script" not in caplog.text


ANSWERS = {
    "down": (saying("", 503), 503),
    "failing": (saying("no", 500), 503),
    "too busy": (saying("{}", 429), 503),
    "another secret": (saying({"error": "invalid_client"}, 401), 502),
    "a used code": (saying({"error": "invalid_grant"}, 400), 400),
    "no JSON": (saying("<html>"), 502),
    "a list": (saying("[]"), 502),
    "deep": (saying("[" * 200_000), 502),
    "empty": (saying(""), 502),
    "huge": (saying("x" * 300_000), 502),
    "elsewhere": (saying("", 302, Location="http://127.0.0.1:9/"), 502),
    "compressed": (saying(zlib.compress(b" " * 30_000_000), **{"Content-Encoding": "deflate"}), 502),
}


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        *(("/token", answer) for answer in ANSWERS),
        *(("/jwks", answer) for answer in ("down", "no JSON", "huge", "a list")),
    ],
)
def test_whatever_the_provider_answers_the_person_gets_one_clear_page(
    browser: Browser, fake: FakeProvider, place: str, answer: str
) -> None:
    asked = begin(browser)
    fake.gives(fake.token({"nonce": asked["nonce"]}))
    fake.answers[place], status = ANSWERS[answer]
    page = come_back(browser, asked, iss=fake.issuer)
    assert page.status_code == status
    assert "<h1>" in page.text
    assert not is_signed_in(browser)


@pytest.mark.parametrize("answer", ["down", "no JSON", "huge", "elsewhere"])
def test_nobody_is_sent_to_a_provider_that_does_not_describe_itself(
    browser: Browser, fake: FakeProvider, answer: str
) -> None:
    fake.answers["/.well-known/openid-configuration"], status = ANSWERS[answer]
    page = browser.open("sign-in/oidc")
    assert page.status_code == status
    assert "Try again" in page.text


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "ftp://127.0.0.1/"},
        {"jwks_uri": 17},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://ok.example/\r\nX: y"},
    ],
    ids=str,
)
def test_a_document_that_describes_another_provider_is_not_believed(
    browser: Browser, fake: FakeProvider, change: dict[str, Any]
) -> None:
    fake.metadata |= change
    page = browser.open("sign-in/oidc")
    assert page.status_code == 502
    assert "could not be confirmed" in page.text


@pytest.mark.parametrize("answer", [hanging(1.2), dripping(30, 0.05)], ids=["silent", "dripping"])
def test_a_provider_that_is_too_slow_is_left_alone_for_a_moment(
    browser: Browser, fake: FakeProvider, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "TIMEOUT_SECONDS", 0.2)
    fake.answers["/.well-known/openid-configuration"] = answer
    began = time.monotonic()
    page = browser.open("sign-in/oidc")
    assert time.monotonic() - began < 1
    assert page.status_code == 503
    assert "does not answer" in page.text
    asked = len(fake.seen)
    assert browser.open("sign-in/oidc").status_code == 503
    assert len(fake.seen) == asked
    fake.behave()
    monkeypatch.setattr(calling, "REST_SECONDS", 0.0)
    calling._silent_until.clear()
    assert browser.open("sign-in/oidc").is_redirect


def test_nobody_listens_where_the_provider_should_be(service: WebService) -> None:
    settings = {"MLEG_OIDC_ISSUER": f"http://127.0.0.1:{free_port()}", **OIDC_CLIENT}
    with serving(service, free_port(), settings) as lonely, Browser(lonely.base_url) as browser:
        assert browser.open("sign-in/oidc").status_code == 503
        assert browser.open("sign-in").status_code == 200


def test_new_keys_are_fetched_when_a_token_names_one_but_not_time_and_again(
    browser: Browser, fake: FakeProvider, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sign_in(browser, fake, {"preferred_username": name}).status_code == 303
    browser.client.cookies.clear()
    new: Any = jwk.generate_key("EC", "P-256", {"kid": "k2"})
    fake.keys = [new]
    for _ in range(3):
        assert sign_in(browser, fake, {"preferred_username": name}, key=new, kid="k2").status_code == 502
    assert fake.seen.count("/jwks") == 1
    monkeypatch.setattr(oidc_metadata, "REFETCH_SECONDS", 0.0)
    assert sign_in(browser, fake, {"preferred_username": name}, key=new, kid="k2").status_code == 303
    assert fake.seen.count("/jwks") == 2


def test_what_the_id_token_lacks_is_asked_for_and_must_be_about_the_same_person(
    browser: Browser, fake: FakeProvider, name: str
) -> None:
    fake.answers["/userinfo"] = saying({"sub": "somebody-else", "preferred_username": name})
    assert sign_in(browser, fake, {}).status_code == 502
    fake.answers["/userinfo"] = saying({"sub": "s1", "preferred_username": name, "iss": "https://evil.example"})
    assert sign_in(browser, fake, {}).status_code == 303


def test_a_renamed_person_keeps_the_account_and_gets_nobody_elses(
    by_fake: WebService, browser: Browser, fake: FakeProvider
) -> None:
    mine, theirs = new_account(by_fake.app), new_account(by_fake.app)
    assert sign_in(browser, fake, {"sub": "renamed", "preferred_username": mine}).status_code == 303
    browser.client.cookies.clear()
    assert sign_in(browser, fake, {"sub": "renamed", "preferred_username": theirs}).status_code == 303
    assert count(by_fake.app, "web_sessions WHERE username = :name", name=mine) == 2
    assert count(by_fake.app, "web_sessions WHERE username = :name", name=theirs) == 0


def test_a_name_is_found_in_capitals_but_not_in_letters_that_only_look_so(
    by_fake: WebService, browser: Browser, fake: FakeProvider
) -> None:
    name = new_account(by_fake.app, named="kelvin.{}")
    look_alike = name.replace("k", "\N{KELVIN SIGN}")
    assert sign_in(browser, fake, {"sub": "kelvin-2", "preferred_username": look_alike}).status_code == 403
    assert sign_in(browser, fake, {"sub": "kelvin-1", "preferred_username": name.upper()}).status_code == 303


def test_an_unverified_email_names_nobody(service: WebService, fake: FakeProvider) -> None:
    fake.behave()
    settings = {"MLEG_OIDC_ISSUER": fake.issuer, **OIDC_CLIENT, "MLEG_OIDC_PERSON_CLAIM": "email"}
    with serving(service, free_port(), settings) as running, Browser(running.base_url) as browser:
        email = new_account(running.app, named="a{}@example.edu.pl")
        for verified, status in ((None, 502), ("true", 502), (False, 502), (True, 303)):
            claims = {"sub": "mail", "email": email, "email_verified": verified}
            assert sign_in(browser, fake, claims).status_code == status


def test_a_second_code_for_the_same_attempt_is_refused(browser: Browser, fake: FakeProvider, name: str) -> None:
    asked = begin(browser)
    kept = browser.client.cookies["mleg_round_trip"]
    fake.gives(fake.token({"nonce": asked["nonce"], "preferred_username": name}))
    assert come_back(browser, asked, iss=fake.issuer).status_code == 303
    browser.client.cookies.clear()
    browser.client.cookies.set("mleg_round_trip", kept)
    assert come_back(browser, asked, iss=fake.issuer, code="another").status_code == 400
    assert fake.seen.count("/token") == 1


@pytest.mark.parametrize(
    "target", ["/help/" + "a" * 1900, "/help/" + "ż" * 900, '/help/"' + '"' * 900, "/help/" + "a" * 3000]
)
def test_where_somebody_wanted_to_go_is_kept_as_far_as_a_cookie_holds_it(
    browser: Browser, fake: FakeProvider, name: str, target: str
) -> None:
    answer = browser.open(f"sign-in/oidc?next={quote(target)}")
    assert len(answer.headers["Set-Cookie"].split(";")[0]) < 4000
    asked = parameters(answer.headers["Location"])
    fake.gives(fake.token({"nonce": asked["nonce"], "preferred_username": name}))
    arrived = come_back(browser, asked, iss=fake.issuer).headers["Location"]
    assert unquote(arrived) == target if len(target) < 2000 else arrived.startswith("/kontroler.php")


def test_an_attempt_that_took_too_long_is_refused(
    browser: Browser, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = begin(browser)
    later = time.time() + 601
    monkeypatch.setattr("usosapi_mleg.clock.time.time", lambda: later)
    assert come_back(browser, asked, iss=fake.issuer).status_code == 400


@pytest.mark.parametrize("about", ["sid", "sub"])
def test_the_provider_ends_a_session_by_a_signed_token_once(
    by_fake: WebService, browser: Browser, fake: FakeProvider, about: str
) -> None:
    claims = {"sub": f"leaving-{about}", "sid": f"sid-{about}", "preferred_username": new_account(by_fake.app)}
    sign_in(browser, fake, claims)
    good = {"events": EVENTS, "jti": f"jti-{about}", "sub": None, about: claims[about]}
    address = by_fake.url("sign-in/oidc/logout")

    def told(token: str) -> int:
        return browser.client.post(address, data={"logout_token": token}).status_code

    stranger: Any = jwk.generate_key("EC", "P-256", {"kid": "k1"})
    for bad in (
        good | {"events": None},
        good | {"events": {"https://example.org/other": {}}},
        good | {"nonce": "n"},
        good | {"jti": None},
        good | {"iat": NOW - 3600},
        good | {"aud": "somebody-else"},
        good | {"iss": "https://evil.example"},
        good | {about: None},
    ):
        assert told(fake.token(bad)) == 400, bad
    assert told(fake.token(good, key=stranger)) == 400
    assert told(unsigned(good)) == 400
    assert told("") == 400
    assert is_signed_in(browser)
    last = fake.token(good | {"jti": f"jti-last-{about}"})
    assert told(last) == 200
    assert not is_signed_in(browser)
    assert told(last) == 400


def test_the_secret_goes_in_the_form_where_the_provider_takes_no_other(
    browser: Browser, fake: FakeProvider, name: str
) -> None:
    seen: list[dict[str, str]] = []
    fake.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    asked = begin(browser)
    token = fake.token({"nonce": asked["nonce"], "preferred_username": name})

    def answer(request: Any) -> Response:
        seen.append(request.form.to_dict() | {"header": request.headers.get("Authorization", "")})
        return saying({"id_token": token, "access_token": ACCESS_TOKEN})(request)

    fake.answers["/token"] = answer
    assert come_back(browser, asked, iss=fake.issuer).status_code == 303
    assert seen[0]["client_secret"] == OIDC_CLIENT["MLEG_OIDC_CLIENT_SECRET"]
    assert seen[0]["header"] == ""
    assert seen[0]["redirect_uri"] == asked["redirect_uri"]


def test_nothing_secret_is_logged_whatever_fails(
    browser: Browser, fake: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    asked = begin(browser)
    token = fake.token({"nonce": "another"})
    fake.gives(token)
    come_back(browser, asked, iss=fake.issuer)
    asked = begin(browser)
    fake.answers["/token"] = saying({"error": "invalid_grant", "error_description": CODE}, 400)
    come_back(browser, asked, iss=fake.issuer)
    assert "nobody was signed in by oidc" in caplog.text
    secrets = (CODE, ACCESS_TOKEN, token, token.split(".")[1], asked["state"], OIDC_CLIENT["MLEG_OIDC_CLIENT_SECRET"])
    assert [secret for secret in secrets if secret in caplog.text] == []
