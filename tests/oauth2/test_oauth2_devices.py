"""Devices without a keyboard: the code on the screen, the person at another device, and the polling (RFC 8628)."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from codeflow import Client, call, new_account, new_client, post, refresh, refused, tokens_of, works
from making import change, count, moved_clock
from serving import Browser, WebService

from usosapi_mleg.demo.visitor import read_page

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(params=[False, True], ids=["confidential", "public"])
def kiosk(request: pytest.FixtureRequest, service: WebService) -> Client:
    """An app for kiosks, once with a secret and once without."""
    return new_client(service.app, public=request.param, kiosk=True, redirect_uris=[])


def begin(service: WebService, kiosk: Client, **form: str) -> dict[str, Any]:
    """Have the device ask for its codes."""
    form = {"scope": "mlegitymacja"} | form
    return tokens_of(post(service, "device_authorization", **form | kiosk.credentials))


def poll(service: WebService, kiosk: Client, codes: dict[str, Any]) -> httpx.Response:
    """Have the device ask whether somebody has answered."""
    form = {"grant_type": DEVICE, "device_code": codes["device_code"]}
    return post(service, "token", **form | kiosk.credentials)


def enter(browser: Browser, code: str) -> httpx.Response:
    """Type the code on the page."""
    return browser.send(read_page(browser.open("oauth2/device")).form("user_code"), user_code=code)


def decide(browser: Browser, code: str, button: str = "allow") -> httpx.Response:
    """Type the code, and answer the question."""
    page = enter(browser, code)
    assert page.status_code == 200, page.text
    return browser.send(read_page(page).form(button), **{button: "1"})


def test_a_device_gets_a_token_when_the_person_has_allowed_it(
    service: WebService, student: Browser, kiosk: Client
) -> None:
    codes = begin(service, kiosk)
    assert re.fullmatch(r"mlegd_[A-Za-z0-9_-]{43}", codes["device_code"])
    assert re.fullmatch(r"[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}", codes["user_code"])
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    assert codes["verification_uri"] == service.url("oauth2/device")
    assert refused(poll(service, kiosk, codes)) == (400, "authorization_pending")
    page = enter(student, codes["user_code"])
    assert f"App {kiosk.id}" in page.text
    assert codes["user_code"] in page.text
    assert decide(student, codes["user_code"]).status_code == 200
    tokens = tokens_of(poll(service, kiosk, codes))
    assert tokens["scope"] == "mlegitymacja"
    assert call(service, tokens["access_token"], "mlegitymacja/status").json()["reason"] == "order_not_found"
    assert works(service, tokens_of(refresh(service, kiosk, tokens["refresh_token"]))["access_token"])


def test_a_device_code_gives_one_token(service: WebService, student: Browser, kiosk: Client) -> None:
    codes = begin(service, kiosk)
    decide(student, codes["user_code"])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: poll(service, kiosk, codes), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert refused(poll(service, kiosk, codes)) == (400, "invalid_grant")
    assert count(service.app, "bearer_tokens WHERE consumer_key = :key", key=kiosk.id) == 1


def test_the_address_with_the_code_fills_it_in_and_still_asks(
    service: WebService, student: Browser, kiosk: Client
) -> None:
    codes = begin(service, kiosk)
    form = read_page(student.open(codes["verification_uri_complete"])).form("user_code")
    assert form.values["user_code"] == codes["user_code"]
    assert refused(poll(service, kiosk, codes)) == (400, "authorization_pending")


@pytest.mark.parametrize("shape", ["{}", " {} ", "{lower}", "{bare}", "{spaced}"])
def test_the_code_can_be_typed_as_people_type(service: WebService, student: Browser, kiosk: Client, shape: str) -> None:
    code = begin(service, kiosk)["user_code"]
    bare = code.replace("-", "")
    typed = shape.format(code, lower=code.lower(), bare=bare, spaced=" ".join(bare))
    assert f"App {kiosk.id}" in enter(student, typed).text


def test_a_person_can_deny_a_device(service: WebService, student: Browser, kiosk: Client) -> None:
    codes = begin(service, kiosk)
    assert decide(student, codes["user_code"], "deny").status_code == 200
    assert refused(poll(service, kiosk, codes)) == (400, "access_denied")
    assert refused(poll(service, kiosk, codes)) == (400, "invalid_grant")
    assert count(service.app, "grants WHERE consumer_key = :key", key=kiosk.id) == 0


def test_a_device_that_asks_too_often_has_to_slow_down(service: WebService, kiosk: Client) -> None:
    codes = begin(service, kiosk)
    answers = [refused(poll(service, kiosk, codes))[1] for _ in range(3)]
    assert answers == ["authorization_pending", "slow_down", "slow_down"]
    waits = "device_grants WHERE consumer_key = :key AND interval_seconds = 15"
    assert count(service.app, waits, key=kiosk.id) == 1


def test_the_codes_live_ten_minutes(service: WebService, student: Browser, kiosk: Client) -> None:
    codes = begin(service, kiosk)
    with moved_clock(service.app, 601):
        assert refused(poll(service, kiosk, codes)) == (400, "expired_token")
        assert enter(student, codes["user_code"]).status_code == 400


def test_a_code_is_answered_once(service: WebService, student: Browser, kiosk: Client) -> None:
    codes = begin(service, kiosk)
    page = enter(student, codes["user_code"])
    assert decide(student, codes["user_code"], "deny").status_code == 200
    late = student.send(read_page(page).form("allow"), allow="1")
    assert late.status_code == 400
    assert refused(poll(service, kiosk, codes)) == (400, "access_denied")


def test_another_app_cannot_use_a_device_code(service: WebService, student: Browser, kiosk: Client) -> None:
    codes = begin(service, kiosk)
    decide(student, codes["user_code"])
    other = new_client(service.app, kiosk=True)
    status, error = refused(poll(service, other, codes))
    assert (status, error) == (400, "unauthorized_client")
    assert poll(service, kiosk, codes).status_code == 200


def test_only_kiosks_get_device_codes(service: WebService) -> None:
    app = new_client(service.app)
    answer = post(service, "device_authorization", **app.credentials)
    assert refused(answer) == (400, "unauthorized_client")
    codes = {"device_code": "x"}
    assert refused(poll(service, app, codes)) == (400, "unauthorized_client")


def test_unknown_scopes_and_codes_are_refused(service: WebService, kiosk: Client) -> None:
    answer = post(service, "device_authorization", scope="nothing_like_this", **kiosk.credentials)
    assert refused(answer) == (400, "invalid_scope")
    for code in ("mlegd_unknown", "\0", "ż"):
        assert refused(poll(service, kiosk, {"device_code": code})) == (400, "invalid_grant")
    assert refused(poll(service, kiosk, {"device_code": ""})) == (400, "invalid_request")


def test_the_page_is_for_people_who_are_signed_in_and_takes_only_its_own_form(
    service: WebService, browser: Browser, student: Browser, kiosk: Client
) -> None:
    codes = begin(service, kiosk)
    first = browser.open(codes["verification_uri_complete"])
    assert "/sign-in?" in first.headers["Location"]
    for form in ({}, {"_csrftoken_": "2026-11-22-0123456789abcdef"}):
        sent = {"user_code": codes["user_code"], "allow": "1"} | form
        assert student.client.post(service.url("oauth2/device"), data=sent).status_code == 400
    assert refused(poll(service, kiosk, codes)) == (400, "authorization_pending")


def test_after_five_wrong_codes_the_right_one_has_to_wait(service: WebService, browser: Browser) -> None:
    kiosk = new_client(service.app, kiosk=True)
    browser.sign_in(new_account(service.app))
    codes = begin(service, kiosk)
    assert [enter(browser, f"BBBB-BBB{letter}").status_code for letter in "BCDFG"] == [400] * 5
    answer = enter(browser, codes["user_code"])
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    change(service.app, "UPDATE attempts SET locked_until = now() WHERE kind = 'user code'")
    assert enter(browser, codes["user_code"]).status_code == 200


def test_neither_code_stands_in_the_database(service: WebService, kiosk: Client) -> None:
    codes = begin(service, kiosk)
    bare = codes["user_code"].replace("-", "")
    for secret in (codes["device_code"], codes["user_code"], bare, bare.encode().hex()):
        assert count(service.app, "device_grants AS one WHERE strpos(one::text, :secret) > 0", secret=secret) == 0
