"""People sign in at a real CAS server (django-cas-server) and come back as themselves; there are no local accounts."""

from urllib.parse import quote

import httpx
import pytest
from elsewhere import HOME, is_signed_in, new_account, parameters, sign_in_at_cas
from making import count
from serving import Browser, WebService
from waiting import wait_for

from usosapi_mleg.demo.visitor import read_page
from usosapi_mleg.oauth import sessions

TARGET = f"{HOME}?_action=dla_stud/studia/mlegitymacja/index&x=%C5%BC"
LOGOUT = (
    '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="x" Version="2.0">'
    "<samlp:SessionIndex>{}</samlp:SessionIndex></samlp:LogoutRequest>"
)


def came_back(browser: Browser, login: str) -> httpx.Response:
    """Sign in at the server; give the redirect with the ticket."""
    return sign_in_at_cas(browser, browser.open("sign-in/cas"), login)


def test_with_one_way_only_somebody_goes_straight_there_and_arrives(by_cas: WebService, cas_browser: Browser) -> None:
    name = new_account(by_cas.app)
    page = cas_browser.open(TARGET)
    while not page.headers["Location"].startswith(by_cas.environment["MLEG_CAS_URL"]):
        page = cas_browser.follow(page)
    service = parameters(page.headers["Location"])["service"]
    assert service.startswith(by_cas.url("sign-in/cas/callback?state="))
    back = sign_in_at_cas(cas_browser, page, f"net-{name}")
    assert back.headers["Location"].startswith(service)
    arrived = cas_browser.follow(back)
    assert arrived.status_code == 303
    assert httpx.URL(arrived.headers["Location"]).params["x"] == "ż"
    assert is_signed_in(cas_browser)


def test_somebody_who_types_the_name_in_capitals_is_the_same_person(by_cas: WebService) -> None:
    name = new_account(by_cas.app)
    for login in (f"NET-{name}", f"net-{name}"):
        with Browser(by_cas.base_url) as browser:
            assert browser.follow(came_back(browser, login)).status_code == 303


def test_there_is_no_form_for_a_password_when_local_accounts_are_off(by_cas: WebService, cas_browser: Browser) -> None:
    refused = cas_browser.client.post(by_cas.url("sign-in"), data={"username": "anna.nowak", "password": "demo-2026"})
    assert refused.status_code == 405
    assert not is_signed_in(cas_browser)


def test_a_failure_is_shown_and_leads_nowhere_by_itself(cas_browser: Browser) -> None:
    page = cas_browser.follow(came_back(cas_browser, "net-nobody.known"))
    assert page.status_code == 403
    assert "nobody.known" in page.text
    assert "Use another account" in page.text
    assert "Sign in another way" not in page.text
    assert "Refresh" not in page.headers


def test_the_server_says_who_works_at_the_help_desk(by_cas: WebService) -> None:
    for named, role in (("worker.{}", "student"), ("boss.{}", "helpdesk")):
        name = new_account(by_cas.app, named=named)
        with Browser(by_cas.base_url) as browser:
            browser.follow(came_back(browser, f"net-{name}"))
            with by_cas.app.app_context():
                found = sessions.find(browser.session)
        assert found is not None
        assert found.role == role


def test_a_ticket_counts_once_and_in_one_browser(by_cas: WebService, cas_browser: Browser) -> None:
    back = came_back(cas_browser, f"net-{new_account(by_cas.app)}")
    with Browser(by_cas.base_url) as thief:
        thief.open("sign-in/cas")
        assert thief.follow(back).status_code == 400
        assert not is_signed_in(thief)
    copy = cas_browser.client.cookies["mleg_round_trip"]
    assert cas_browser.follow(back).status_code == 303
    with Browser(by_cas.base_url) as thief:
        thief.client.cookies.set("mleg_round_trip", copy)
        assert thief.follow(back).status_code == 400
        assert not is_signed_in(thief)


def test_a_ticket_for_another_address_of_the_service_is_refused(by_cas: WebService, cas_browser: Browser) -> None:
    name = new_account(by_cas.app)
    theirs = parameters(came_back(cas_browser, f"net-{name}").headers["Location"])["ticket"]
    cas_browser.client.cookies.delete("mleg_round_trip")
    state = parameters(parameters(cas_browser.open("sign-in/cas").headers["Location"])["service"])["state"]
    page = cas_browser.open(f"sign-in/cas/callback?state={state}&ticket={theirs}")
    assert page.status_code == 400
    assert not is_signed_in(cas_browser)


@pytest.mark.parametrize(
    "ticket",
    ["", "ST-", "PT-1-abcdefgh", "ST-x&service=evil", "ST-" + "a" * 300, "ST-\u017c", "ST-1\r\nX: y", "ST-unknown"],
)
def test_what_is_no_ticket_signs_nobody_in(cas_browser: Browser, ticket: str) -> None:
    state = parameters(parameters(cas_browser.open("sign-in/cas").headers["Location"])["service"])["state"]
    page = cas_browser.open(f"sign-in/cas/callback?state={state}&ticket={quote(ticket)}")
    assert page.status_code == 400
    assert "start signing in again" in page.text


def test_signing_out_there_ends_the_session_here(by_cas: WebService, cas_browser: Browser) -> None:
    cas_browser.follow(came_back(cas_browser, f"net-{new_account(by_cas.app)}"))
    assert is_signed_in(cas_browser)
    cas_browser.open(f"{by_cas.environment['MLEG_CAS_URL']}/logout")
    wait_for(lambda: not is_signed_in(cas_browser), 5)


def test_signing_out_here_leads_there_and_back_to_a_page_that_stays(by_cas: WebService, cas_browser: Browser) -> None:
    cas_browser.follow(came_back(cas_browser, f"net-{new_account(by_cas.app)}"))
    form = next(form for form in read_page(cas_browser.open(HOME)).forms if form.action.endswith("/sign-out"))
    page = cas_browser.follow(cas_browser.send(form))
    there = page.headers["Refresh"].removeprefix("0; url=")
    assert there.startswith(f"{by_cas.environment['MLEG_CAS_URL']}/logout?service=")
    assert parameters(there)["service"] == by_cas.url("sign-in/cas/signed-out")
    end = cas_browser.follow(cas_browser.open(there))
    assert end.url == by_cas.url("sign-in/cas/signed-out")
    assert end.status_code == 200
    assert "Sign in again" in end.text


def test_a_logout_request_ends_only_the_session_of_its_ticket(by_cas: WebService, cas_browser: Browser) -> None:
    back = came_back(cas_browser, f"net-{new_account(by_cas.app)}")
    cas_browser.follow(back)
    ticket = parameters(back.headers["Location"])["ticket"]
    assert count(by_cas.app, "web_sessions WHERE encode(reference, 'escape') LIKE :t", t=f"%{ticket}%") == 0
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + LOGOUT.format("&b;")
    for request, status in (
        (LOGOUT.format("ST-somebody-elses"), 200),
        (LOGOUT.format(""), 400),
        (LOGOUT.format(ticket).replace("LogoutRequest", "AuthnRequest"), 400),
        (bomb, 400),
        ("<", 400),
        ("", 400),
        (" " * 20_000 + LOGOUT.format(ticket), 400),
    ):
        answer = cas_browser.client.post(by_cas.url("sign-in/cas/callback"), data={"logoutRequest": request})
        assert answer.status_code == status, request[:200]
        assert is_signed_in(cas_browser)
    address = back.headers["Location"].split("&ticket")[0]
    cas_browser.client.post(address, data={"logoutRequest": LOGOUT.format(ticket)})
    assert not is_signed_in(cas_browser)
