"""Authorization codes with PKCE: from the question to the person to a call of the API."""

import re
from urllib.parse import urlsplit

import pytest
from codeflow import (
    CALLBACK,
    SCOPES,
    Client,
    answered,
    call,
    get_code,
    get_tokens,
    new_account,
    new_client,
    new_pkce,
    post,
    question,
    redeem,
    refused,
    sent_back,
    tokens_of,
    works,
)
from making import Key as Consumer
from making import change, count, disable_consumer, moved_clock
from serving import Browser, WebService

from usosapi_mleg.demo.visitor import read_page
from usosapi_mleg.extensions import transaction
from usosapi_mleg.services import tidying


@pytest.fixture
def client(service: WebService) -> Client:
    """An app that nobody has allowed anything yet."""
    return new_client(service.app)


def test_a_code_becomes_a_bearer_token_that_opens_the_api(
    service: WebService, student: Browser, client: Client
) -> None:
    tokens = get_tokens(service, student, client)
    assert re.fullmatch(r"mlegb_[A-Za-z0-9_-]{43}", tokens["access_token"])
    assert re.fullmatch(r"mlegr_[A-Za-z0-9_-]{43}", tokens["refresh_token"])
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    assert tokens["scope"].split() == SCOPES.split()
    answer = call(service, tokens["access_token"], "mlegitymacja/status")
    assert (answer.status_code, answer.json()["reason"]) == (400, "order_not_found")


def test_tokens_are_kept_by_nobody(service: WebService, student: Browser, client: Client) -> None:
    pkce = new_pkce()
    back = student.consent(question(service, client, pkce))
    assert "no-store" in back.headers["Cache-Control"]
    answer = redeem(service, client, sent_back(back)["code"], pkce)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_person_comes_back_with_state_code_and_the_name_of_the_server(
    service: WebService, student: Browser, client: Client
) -> None:
    back = student.consent(question(service, client, new_pkce()))
    assert back.status_code == 303
    assert back.headers["Location"].startswith(f"{CALLBACK}?")
    found = sent_back(back)
    assert re.fullmatch(r"mlegc_[A-Za-z0-9_-]{43}", found.pop("code"))
    assert found == {"state": "état & more", "iss": service.base_url.rstrip("/")}


def test_a_person_who_denies_is_sent_back_with_the_news(service: WebService, student: Browser, client: Client) -> None:
    found = sent_back(student.consent(question(service, client, new_pkce()), "deny"))
    assert (found["error"], found["state"]) == ("access_denied", "état & more")
    assert found["iss"] == service.base_url.rstrip("/")
    assert count(service.app, "authorization_codes WHERE consumer_key = :key", key=client.id) == 0
    assert count(service.app, "grants WHERE consumer_key = :key", key=client.id) == 0


def test_what_was_allowed_before_is_not_asked_again_but_more_is(
    service: WebService, student: Browser, client: Client
) -> None:
    get_tokens(service, student, client, "mlegitymacja")
    assert student.open(question(service, client, new_pkce(), "mlegitymacja")).is_redirect
    assert student.open(question(service, client, new_pkce(), "mlegitymacja photo")).status_code == 200
    assert get_tokens(service, student, client, "photo")["scope"] == "photo"
    assert student.open(question(service, client, new_pkce(), "mlegitymacja photo")).is_redirect


def test_a_public_app_is_asked_about_each_time(service: WebService, student: Browser) -> None:
    app = new_client(service.app, public=True)
    get_tokens(service, student, app)
    assert student.open(question(service, app, new_pkce())).status_code == 200


def test_a_person_who_is_not_signed_in_signs_in_first_and_comes_back_to_the_same_question(
    service: WebService, browser: Browser, client: Client
) -> None:
    address = question(service, client, new_pkce())
    first = browser.open(address)
    assert "/sign-in?" in first.headers["Location"]
    again = browser.sign_in(new_account(service.app), first.headers["Location"])
    page = browser.follow(again)
    assert page.status_code == 200
    assert f"App {client.id}" in page.text


def test_consent_needs_the_csrf_token_of_the_session(service: WebService, student: Browser, client: Client) -> None:
    address = question(service, client, new_pkce())
    for form in ({"allow": "1"}, {"allow": "1", "_csrftoken_": "2026-11-22-0123456789abcdef"}):
        answer = student.client.post(address, data=form)
        assert answer.status_code == 400
    assert count(service.app, "authorization_codes WHERE consumer_key = :key", key=client.id) == 0


def test_the_form_cannot_change_what_the_person_was_asked(
    service: WebService, student: Browser, client: Client
) -> None:
    pkce = new_pkce()
    form = read_page(student.open(question(service, client, pkce, "mlegitymacja"))).form("allow")
    sent = student.send(form, allow="1", scope="mlegitymacja personal", redirect_uri="https://evil.example/")
    assert sent.headers["Location"].startswith(CALLBACK)
    assert tokens_of(redeem(service, client, sent_back(sent)["code"], pkce))["scope"] == "mlegitymacja"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "a" * 43 + "\n"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": "zażółć\n"}, None),
        ({"scope": "mlegitymacja nothing_like_this"}, "invalid_scope"),
        ({"scope": "mlegitymacja|photo"}, "invalid_scope"),
    ],
)
@pytest.mark.parametrize("public", [False, True])
def test_a_wrong_question_is_sent_back_to_the_app(
    service: WebService, student: Browser, changes: dict[str, str | None], error: str | None, *, public: bool
) -> None:
    app = new_client(service.app, public=public)
    answer = student.open(question(service, app, new_pkce(), **changes))
    if error is None:
        assert answer.status_code == 400
        return
    found = sent_back(answer)
    assert (found["error"], found["state"]) == (error, "état & more")
    assert found["iss"] == service.base_url.rstrip("/")
    assert answer.headers["Location"].startswith(CALLBACK)


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example.edu.pl/callback/",
        "https://app.example.edu.pl/callback?x=1",
        "https://app.example.edu.pl/Callback",
        "https://app.example.edu.pl:443/callback",
        "https://app.example.edu.pl/callback#",
        "https://app.example.edu.pl/../callback",
        "https://app.example.edu.pl@evil.example/callback",
        "https://evil.example/callback",
        "http://app.example.edu.pl/callback",
        "//app.example.edu.pl/callback",
        "javascript:alert(1)",
        "https://zażółć.example/„callback”\n",
        "",
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    service: WebService, student: Browser, client: Client, address: str
) -> None:
    two = new_client(service.app, redirect_uris=[CALLBACK, "https://app.example.edu.pl/other"])
    for app in (client, two) if address else (two,):
        answer = student.open(question(service, app, new_pkce(), redirect_uri=address))
        assert (answer.status_code, answer.headers.get("Location")) == (400, None)
        assert "<main" in answer.text


@pytest.mark.parametrize("client_id", ["", "nobody", "\0", "ż" * 70, None])
def test_an_unknown_app_gets_nobody_sent_back(
    service: WebService, student: Browser, client: Client, client_id: str | None
) -> None:
    for changes in ({}, {"response_type": "token"}):
        answer = student.open(question(service, client, new_pkce(), client_id=client_id, **changes))
        assert (answer.status_code, answer.headers.get("Location")) == (400, None)


def test_a_parameter_that_is_given_twice_is_refused(service: WebService, student: Browser, client: Client) -> None:
    address = question(service, client, new_pkce())
    for more in ("&redirect_uri=https://evil.example/", "&client_id=other", "&scope=photo", "&code_challenge=x"):
        answer = student.open(address + more)
        location = answer.headers.get("Location", "")
        assert answer.status_code == 400 or location.startswith(f"{CALLBACK}?error=invalid_request"), more


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_loopback_address_is_good_with_every_port_and_with_no_other_path(
    service: WebService, student: Browser, host: str
) -> None:
    app = new_client(service.app, public=True, callback=f"http://{host}/callback")
    pkce, there = new_pkce(), f"http://{host}:49152/callback"
    address = question(service, app, pkce, redirect_uri=there)
    code = answered(student, address)["code"]
    assert redeem(service, app, code, pkce, redirect_uri=there).status_code == 200
    for wrong in (
        f"http://{host}:49152/other",
        f"http://{host}:49152@evil.example/callback",
        f"https://{host}:1/callback",
    ):
        assert student.open(question(service, app, pkce, redirect_uri=wrong)).status_code == 400


def test_an_app_may_be_called_back_at_a_scheme_of_its_own(service: WebService, student: Browser) -> None:
    app = new_client(service.app, public=True, callback="pl.edu.example.app:/callback")
    pkce = new_pkce()
    page = student.open(question(service, app, pkce))
    assert "form-action 'self' pl.edu.example.app:;" in page.headers["Content-Security-Policy"]
    back = student.consent(question(service, app, pkce))
    assert urlsplit(back.headers["Location"]).scheme == "pl.edu.example.app"
    assert redeem(service, app, sent_back(back)["code"], pkce).status_code == 200


def test_the_only_registered_address_may_be_left_out(service: WebService, student: Browser, client: Client) -> None:
    pkce = new_pkce()
    code = answered(student, question(service, client, pkce, redirect_uri=None))["code"]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": pkce.verifier}
    assert post(service, "token", **form | client.credentials).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": new_pkce().verifier},
        {"code_verifier": ""},
        {"code_verifier": "ż" * 50},
        {"code_verifier": "a" * 43 + "\n"},
        {"redirect_uri": "https://app.example.edu.pl/other"},
        {"redirect_uri": ""},
    ],
)
def test_a_code_with_the_wrong_verifier_or_address_gives_nothing_and_is_used_up(
    service: WebService, student: Browser, client: Client, changes: dict[str, str]
) -> None:
    pkce = new_pkce()
    code = get_code(service, student, client, pkce)
    status, error = refused(redeem(service, client, code, pkce, **changes))
    assert status == 400
    assert error in {"invalid_grant", "invalid_request"}
    assert refused(redeem(service, client, code, pkce)) == (400, "invalid_grant")
    assert count(service.app, "bearer_tokens WHERE consumer_key = :key", key=client.id) == 0


def test_the_challenge_itself_is_no_verifier(service: WebService, student: Browser, client: Client) -> None:
    pkce = new_pkce()
    code = get_code(service, student, client, pkce)
    answer = redeem(service, client, code, pkce, code_verifier=pkce.challenge)
    assert refused(answer) == (400, "invalid_grant")


def test_a_code_that_is_used_again_takes_back_what_it_gave(
    service: WebService, student: Browser, client: Client
) -> None:
    pkce = new_pkce()
    code = get_code(service, student, client, pkce)
    tokens = tokens_of(redeem(service, client, code, pkce))
    assert works(service, tokens["access_token"])
    assert refused(redeem(service, client, code, pkce)) == (400, "invalid_grant")
    assert not works(service, tokens["access_token"])
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert refused(post(service, "token", **form | client.credentials)) == (400, "invalid_grant")
    noted = "audit_events WHERE action = 'oauth2_reuse_detected' AND actor = :actor"
    assert count(service.app, noted, actor=f"consumer:{client.id}") == 1


def test_another_app_can_neither_redeem_a_code_nor_spoil_it(
    service: WebService, student: Browser, client: Client
) -> None:
    pkce = new_pkce()
    code = get_code(service, student, client, pkce)
    other = new_client(service.app)
    assert refused(redeem(service, other, code, pkce)) == (400, "invalid_grant")
    tokens = tokens_of(redeem(service, client, code, pkce))
    assert refused(redeem(service, other, code, pkce)) == (400, "invalid_grant")
    assert works(service, tokens["access_token"])


def test_a_code_lives_a_minute(service: WebService, student: Browser, client: Client) -> None:
    pkce = new_pkce()
    code = get_code(service, student, client, pkce)
    with moved_clock(service.app, 61):
        assert refused(redeem(service, client, code, pkce)) == (400, "invalid_grant")


def test_an_app_that_is_switched_off_gets_nothing_any_more(
    service: WebService, student: Browser, client: Client
) -> None:
    pkce, token = new_pkce(), get_tokens(service, student, client)["access_token"]
    code = get_code(service, student, client, pkce)
    disable_consumer(service.app, Consumer(client.id, client.oauth1_secret))
    assert refused(redeem(service, client, code, pkce)) == (401, "invalid_client")
    assert not works(service, token)
    assert student.open(question(service, client, pkce)).status_code == 400


def test_an_app_without_registered_addresses_cannot_send_anybody(service: WebService, student: Browser) -> None:
    app = new_client(service.app, redirect_uris=[])
    answer = student.open(question(service, app, new_pkce()))
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


def test_no_code_and_no_token_stands_in_the_database(service: WebService, student: Browser, client: Client) -> None:
    tokens = get_tokens(service, student, client)
    for table in ("bearer_tokens", "refresh_tokens", "authorization_codes", "consumers", "audit_events"):
        assert count(service.app, table) > 0 or table == "audit_events"
        for secret in (tokens["access_token"], tokens["refresh_token"], client.secret or ""):
            for written in (secret, secret[6:], secret.encode().hex()):
                found = f"{table} AS one WHERE one::text LIKE '%' || :secret || '%'"
                assert count(service.app, found, secret=written.replace("_", r"\_")) == 0
    log = service.log.read_text()
    assert tokens["access_token"][6:] not in log
    assert tokens["refresh_token"][6:] not in log


def test_forgetting_a_grant_ends_all_tokens_and_codes_of_it(
    service: WebService, student: Browser, client: Client
) -> None:
    pkce, tokens = new_pkce(), get_tokens(service, student, client)
    code = get_code(service, student, client, pkce)
    answer = call(service, tokens["access_token"], "oauth/revoke_token", "POST", deauthorize="true")
    assert answer.json() == {"success": True}
    assert not works(service, tokens["access_token"])
    assert refused(redeem(service, client, code, pkce)) == (400, "invalid_grant")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert refused(post(service, "token", **form | client.credentials)) == (400, "invalid_grant")
    assert count(service.app, "grants WHERE consumer_key = :key", key=client.id) == 0


def test_what_expired_is_cleaned_away(service: WebService, student: Browser, client: Client) -> None:
    get_tokens(service, student, client)
    tables = ("bearer_tokens", "refresh_tokens", "authorization_codes")
    for table in tables:
        change(
            service.app,
            f"UPDATE {table} SET expires_at = expires_at - interval '60 days' WHERE consumer_key = :key",
            key=client.id,
        )
    with service.app.app_context(), transaction():
        tidying.drop_expired()
    assert [count(service.app, f"{table} WHERE consumer_key = :key", key=client.id) for table in tables] == [0, 0, 0]
