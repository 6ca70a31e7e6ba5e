"""A person allows an app some of what it asks for by OAuth 2.0: on the page, and for a device."""

from typing import Any

import pytest
from codeflow import (
    Client,
    call,
    get_tokens,
    new_client,
    new_pkce,
    post,
    question,
    redeem,
    refresh,
    sent_back,
    tokens_of,
    works,
)
from making import count
from serving import Browser, WebService

from usosapi_mleg.demo.visitor import read_page

ASKED = "mlegitymacja mlegitymacja_order offline_access"
UNTICKED = "no"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def client(service: WebService) -> Client:
    """A fresh app."""
    return new_client(service.app)


def decide(service: WebService, student: Browser, client: Client, asked: str, **choices: str) -> dict[str, Any]:
    """Ask, answer with these choices, and give the tokens."""
    pkce = new_pkce()
    form = read_page(student.open(question(service, client, pkce, asked))).form("allow")
    answer = student.send(form, allow="1", **{f"scope.{name}": value for name, value in choices.items()})
    return tokens_of(redeem(service, client, sent_back(answer)["code"], pkce))


def test_the_token_covers_only_what_stayed_ticked_and_the_app_is_told(
    service: WebService, student: Browser, client: Client
) -> None:
    tokens = decide(service, student, client, ASKED, mlegitymacja_order=UNTICKED)
    assert tokens["scope"] == "mlegitymacja offline_access"
    assert call(service, tokens["access_token"], "mlegitymacja/order", "POST").json()["reason"] == "scope_missing"
    again = tokens_of(refresh(service, client, tokens["refresh_token"]))
    assert again["scope"] == "mlegitymacja offline_access"
    assert refresh(service, client, again["refresh_token"], scope="mlegitymacja_order").status_code == 400


def test_without_offline_access_the_tokens_end_in_two_hours(
    service: WebService, student: Browser, client: Client
) -> None:
    tokens = decide(service, student, client, ASKED, offline_access=UNTICKED)
    assert tokens["scope"] == "mlegitymacja mlegitymacja_order"
    short = "refresh_tokens WHERE consumer_key = :key AND expires_at - created_at <= interval '2 hours'"
    assert count(service.app, short, key=client.id) == 1


def test_with_nothing_ticked_the_app_learns_who_the_person_is(
    service: WebService, student: Browser, client: Client
) -> None:
    tokens = decide(service, student, client, "mlegitymacja", mlegitymacja=UNTICKED)
    assert tokens["scope"] == ""
    assert works(service, tokens["access_token"])
    assert call(service, tokens["access_token"], "mlegitymacja/status").status_code == 403


def test_what_was_not_allowed_is_asked_again(service: WebService, student: Browser, client: Client) -> None:
    decide(service, student, client, "mlegitymacja photo", photo=UNTICKED)
    assert student.open(question(service, client, new_pkce(), "mlegitymacja")).is_redirect
    page = student.open(question(service, client, new_pkce(), "mlegitymacja photo"))
    assert page.status_code == 200
    assert "already allowed" in page.text


def test_what_was_allowed_before_can_be_left_out_of_the_next_token(service: WebService, student: Browser) -> None:
    public = new_client(service.app, public=True)
    get_tokens(service, student, public, "mlegitymacja photo")
    assert decide(service, student, public, "mlegitymacja photo", photo=UNTICKED)["scope"] == "mlegitymacja"


def test_a_form_that_allows_what_was_not_asked_for_is_refused(
    service: WebService, student: Browser, client: Client
) -> None:
    form = read_page(student.open(question(service, client, new_pkce(), "mlegitymacja"))).form("allow")
    assert student.send(form, allow="1", **{"scope.personal": "yes"}).status_code == 400
    assert count(service.app, "authorization_codes WHERE consumer_key = :key", key=client.id) == 0


def test_a_device_gets_what_stayed_ticked(service: WebService, student: Browser) -> None:
    kiosk = new_client(service.app, kiosk=True, redirect_uris=[])
    codes = tokens_of(post(service, "device_authorization", scope=ASKED, **kiosk.credentials))
    page = student.open("oauth2/device")
    asked = student.send(read_page(page).form("user_code"), user_code=codes["user_code"])
    assert "frame-ancestors 'none'" in asked.headers["Content-Security-Policy"]
    form = read_page(asked).form("allow")
    assert student.send(form, allow="1", **{"scope.personal": "yes"}).status_code == 400
    left = {"scope.mlegitymacja_order": UNTICKED, "scope.offline_access": UNTICKED}
    assert student.send(form, allow="1", **left).status_code == 200
    poll = {"grant_type": DEVICE, "device_code": codes["device_code"]}
    assert tokens_of(post(service, "token", **poll | kiosk.credentials))["scope"] == "mlegitymacja"


def test_no_other_site_can_show_the_page_in_a_frame(service: WebService, student: Browser, client: Client) -> None:
    page = student.open(question(service, client, new_pkce()))
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
