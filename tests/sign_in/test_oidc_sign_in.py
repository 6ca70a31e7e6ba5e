"""People sign in at a real OpenID provider (oidc-provider) and come back as themselves."""

import html
import re
from urllib.parse import quote

import httpx
import pytest
from elsewhere import (
    HOME,
    is_signed_in,
    new_account,
    parameters,
    sign_in_at_openid_provider,
)
from making import count, new_consumer
from serving import Browser, WebService
from signing import Caller
from waiting import wait_for

from usosapi_mleg.demo.visitor import read_page

TARGET = f"{HOME}?_action=dla_stud/studia/mlegitymacja/index&x=%C5%BC"


def arrived(browser: Browser, login: str, target: str = HOME) -> httpx.Response:
    """Sign in from the button of the sign-in page to the end; give the last answer of the service's callback."""
    first = browser.open(f"sign-in/oidc?next={quote(target, safe='')}")
    return browser.follow(sign_in_at_openid_provider(browser, first, login))


def test_somebody_signs_in_and_arrives_where_they_wanted(by_oidc: WebService, browser: Browser) -> None:
    name = new_account(by_oidc.app)
    page = browser.open(f"sign-in?next={quote(TARGET, safe='')}")
    assert "Sign in with Campus ID" in page.text
    assert read_page(page).form("password")
    there = browser.open(f"sign-in/oidc?next={quote(TARGET, safe='')}")
    asked = parameters(there.headers["Location"])
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == by_oidc.url("sign-in/oidc/callback")
    kept = there.headers["Set-Cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=Lax" in kept
    assert "Max-Age=600" in kept
    assert asked["state"] not in kept
    back = browser.follow(sign_in_at_openid_provider(browser, there, f"a~{name}"))
    assert (back.status_code, back.headers["Location"]) == (303, TARGET)
    assert "mleg_round_trip" not in browser.client.cookies
    assert is_signed_in(browser)
    assert browser.open(f"sign-in/oidc?next={HOME}").headers["Location"] == HOME


def test_the_person_whom_another_session_belongs_to_is_signed_out(by_oidc: WebService, browser: Browser) -> None:
    first = browser.open("sign-in/oidc")
    back = sign_in_at_openid_provider(browser, first, f"b~{new_account(by_oidc.app)}")
    browser.sign_in("anna.nowak")
    old = browser.session
    browser.follow(back)
    assert browser.session != old
    with Browser(by_oidc.base_url) as thief:
        thief.client.cookies.set("PHPSESSID", old)
        assert not is_signed_in(thief)


def test_somebody_without_an_account_is_told_so_in_both_languages(by_oidc: WebService, browser: Browser) -> None:
    page = arrived(browser, "c~nobody.<b>known")
    assert page.status_code == 403
    assert "Your account is not known here yet" in page.text
    assert "nobody.&lt;b&gt;known" in page.text
    assert "studia@example.edu.pl" in page.text
    assert not is_signed_in(browser)
    browser.client.headers["Accept-Language"] = "pl"
    with_same_session_there = browser.follow(sign_in_at_openid_provider(browser, browser.open("sign-in/oidc")))
    assert "Nie znamy jeszcze tego konta" in with_same_session_there.text


def test_whoever_gets_the_name_later_does_not_get_the_account(by_oidc: WebService) -> None:
    name = new_account(by_oidc.app)
    for login, status in ((f"first~{name}", 303), (f"second~{name}", 403), (f"first~{name}", 303)):
        with Browser(by_oidc.base_url) as browser:
            page = arrived(browser, login)
            assert page.status_code == status, page.text
            assert is_signed_in(browser) == (status == 303)
    assert "belongs to somebody else" in page.text or page.status_code == 303
    assert count(by_oidc.app, "identities WHERE username = :name AND subject LIKE 'first~%'", name=name) == 1


def test_the_provider_says_who_is_an_administrator(by_oidc: WebService) -> None:
    name = new_account(by_oidc.app)
    with Browser(by_oidc.base_url) as browser:
        assert arrived(browser, f"boss~{name}").status_code == 303
        assert browser.open("admin/consumers").status_code == 200
    with Browser(by_oidc.base_url) as browser:
        assert arrived(browser, f"d~{new_account(by_oidc.app)}").status_code == 303
        assert browser.open("admin/consumers").status_code == 403


def test_somebody_who_cancels_there_is_told_so_and_may_try_again(browser: Browser) -> None:
    there = browser.follow(browser.open("sign-in/oidc"))
    form = browser.follow(there)
    cancelled = browser.open(f"{httpx.URL(str(form.url))}/abort")
    while "/sign-in/oidc/callback" not in cancelled.headers["Location"]:
        cancelled = browser.follow(cancelled)
    page = browser.follow(cancelled)
    assert page.status_code == 403
    assert "Signing in was stopped" in page.text
    assert "Try again" in page.text
    assert not is_signed_in(browser)


def test_the_code_and_state_of_one_browser_are_no_use_in_another(by_oidc: WebService, browser: Browser) -> None:
    back = sign_in_at_openid_provider(browser, browser.open("sign-in/oidc"), f"e~{new_account(by_oidc.app)}")
    with Browser(by_oidc.base_url) as other:
        assert other.open(back.headers["Location"]).status_code == 400
        other.open("sign-in/oidc")
        refused = other.open(back.headers["Location"])
        assert refused.status_code == 400
        assert "start signing in again" in refused.text
        assert not is_signed_in(other)
    assert browser.follow(back).status_code == 303


def test_a_return_counts_once_even_with_a_copy_of_the_cookie(by_oidc: WebService, browser: Browser) -> None:
    back = sign_in_at_openid_provider(browser, browser.open("sign-in/oidc"), f"f~{new_account(by_oidc.app)}")
    copy = browser.client.cookies["mleg_round_trip"]
    assert browser.follow(back).status_code == 303
    with Browser(by_oidc.base_url) as thief:
        thief.client.cookies.set("mleg_round_trip", copy)
        assert thief.follow(back).status_code == 400
        assert not is_signed_in(thief)


@pytest.mark.parametrize("cookie", ["", "nonsense", "a" * 3000, "AmsxAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_a_made_up_cookie_is_no_attempt(browser: Browser, cookie: str) -> None:
    browser.client.cookies.set("mleg_round_trip", cookie)
    page = browser.open("sign-in/oidc/callback?state=x&code=y")
    assert page.status_code == 400
    assert "start signing in again" in page.text


def test_a_made_up_code_is_refused_by_the_provider_and_told(by_oidc: WebService, browser: Browser) -> None:
    state = parameters(browser.open("sign-in/oidc").headers["Location"])["state"]
    issuer = by_oidc.environment["MLEG_OIDC_ISSUER"]
    page = browser.open(f"sign-in/oidc/callback?state={state}&code=made-up&iss={quote(issuer)}")
    assert page.status_code == 400
    assert "start signing in again" in page.text


def test_signing_out_leads_to_the_provider_and_ends_the_session_there(by_oidc: WebService, browser: Browser) -> None:
    arrived(browser, f"g~{new_account(by_oidc.app)}")
    form = next(form for form in read_page(browser.open(HOME)).forms if form.action.endswith("/sign-out"))
    page = browser.follow(browser.send(form, next=TARGET))
    assert not is_signed_in(browser)
    assert "Signed out" in page.text
    there = page.headers["Refresh"].removeprefix("0; url=")
    assert there.startswith(by_oidc.environment["MLEG_OIDC_ISSUER"])
    assert "id_token" not in there
    confirm = read_page(browser.open(there)).forms[0]
    back = browser.send(confirm, logout="yes")
    assert back.headers["Location"].startswith(by_oidc.url("sign-in/oidc/signed-out"))
    again = re.search(r'href="(/sign-in\?[^"]*)"', browser.follow(back).text)
    assert again
    assert parameters(html.unescape(again[1]))["next"] == TARGET
    asked_anew = browser.follow(browser.follow(browser.open("sign-in/oidc")))
    assert read_page(asked_anew).form("login")


def test_signing_out_at_the_provider_ends_the_session_here(by_oidc: WebService, browser: Browser) -> None:
    arrived(browser, f"h~{new_account(by_oidc.app)}")
    assert is_signed_in(browser)
    issuer = by_oidc.environment["MLEG_OIDC_ISSUER"]
    browser.send(read_page(browser.open(f"{issuer}/session/end")).forms[0], logout="yes")
    wait_for(lambda: not is_signed_in(browser), 5)


def test_an_app_gets_its_token_from_somebody_who_signs_in_at_the_provider(
    by_oidc: WebService, browser: Browser
) -> None:
    asked = Caller(by_oidc.base_url, new_consumer(by_oidc.app)).prepare(
        "oauth/request_token", "POST", options={"callback_uri": "oob"}, scopes="mlegitymacja"
    )
    token = httpx.QueryParams(asked.send().text)["oauth_token"]
    sent = browser.open(f"services/oauth/authorize?oauth_token={token}")
    page = browser.follow(sent)
    assert "Sign in with Campus ID" in page.text
    target = parameters(sent.headers["Location"])["next"]
    back = arrived(browser, f"i~{new_account(by_oidc.app)}", target)
    question = browser.follow(back)
    allowed = browser.send(read_page(question).form("allow"), allow="1")
    assert len(read_page(allowed).text_of("local-pin")) == 8


def test_no_password_signs_in_to_an_account_without_one(by_oidc: WebService, browser: Browser) -> None:
    name = new_account(by_oidc.app)
    form = read_page(browser.open("sign-in")).form("password")
    for password in ("", "nobody has this password", "None"):
        assert browser.send(form, username=name, password=password).status_code == 401
