"""Signing in, and the question whether an app may: nothing happens that the person did not send from our own page."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from dance import CALLBACK, OTHER_STUDENT, STUDENT, pin_on, question, request_token
from making import Key, count, new_consumer
from serving import Browser, WebService

from usosapi_mleg.demo.visitor import read_page

HOME = "/kontroler.php"


@pytest.fixture
def consumer(service: WebService) -> Key:
    """An app that nobody has allowed anything yet."""
    return new_consumer(service.app)


def test_somebody_who_is_not_signed_in_signs_in_first_and_comes_back_to_the_question(
    service: WebService, browser: Browser, consumer: Key
) -> None:
    address = question(service, request_token(service, consumer, callback=CALLBACK), interactivity="confirm_user")
    first = browser.open(address)
    assert first.is_redirect
    back = browser.sign_in(STUDENT, first.headers["Location"])
    asked = browser.follow(back)
    assert asked.url == address
    assert 'name="allow"' in asked.text


@pytest.mark.parametrize("token", ["", "2026-11-22-0123456789abcdef", "nonsense"])
def test_an_answer_without_the_right_csrf_token_is_not_believed(
    service: WebService, browser: Browser, consumer: Key, token: str
) -> None:
    browser.sign_in(STUDENT)
    asked = request_token(service, consumer)
    form = read_page(browser.open(question(service, asked))).form("allow")
    assert "_csrftoken_" in form.values
    forged = browser.send(form, allow="1", _csrftoken_=token)
    assert forged.status_code == 400
    assert "local-pin" not in forged.text
    assert count(service.app, "grants WHERE consumer_key = :key", key=consumer.key) == 0
    assert len(pin_on(browser.send(form, allow="1"))) == 8


def test_the_csrf_token_of_somebody_else_is_not_believed(service: WebService, browser: Browser, consumer: Key) -> None:
    browser.sign_in(STUDENT)
    asked = question(service, request_token(service, consumer))
    form = read_page(browser.open(asked)).form("allow")
    with Browser(service.base_url) as attacker:
        attacker.sign_in(OTHER_STUDENT)
        theirs = read_page(attacker.open(asked)).form("allow").values["_csrftoken_"]
    assert browser.send(form, allow="1", _csrftoken_=theirs).status_code == 400


def test_an_answer_from_nobody_is_not_believed(service: WebService, browser: Browser, consumer: Key) -> None:
    asked = request_token(service, consumer)
    answer = browser.client.post(question(service, asked), data={"allow": "1"})
    assert answer.is_redirect
    assert "sign-in" in answer.headers["Location"]
    assert count(service.app, "request_tokens WHERE key = :key AND person_id IS NOT NULL", key=asked.key) == 0


def test_the_question_is_asked_in_no_frame_and_kept_by_nobody(
    service: WebService, browser: Browser, consumer: Key
) -> None:
    browser.sign_in(STUDENT)
    page = browser.open(question(service, request_token(service, consumer, callback=CALLBACK)))
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "no-store" in page.headers["Cache-Control"]
    assert "X-Form-Action" not in page.headers


@pytest.mark.parametrize("token", ["", "nobody", "a%00b", "x" * 3000, "%C5%BC", "%ff"])
def test_an_unknown_request_token_is_told_to_the_person(browser: Browser, token: str) -> None:
    page = browser.open(f"services/oauth/authorize?oauth_token={token}")
    assert page.status_code == 400
    assert page.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "//[",
        "http://[",
        "/\n/evil.example",
        "%2F%2Fevil.example",
        "",
    ],
)
def test_signing_in_leads_nowhere_but_to_our_own_pages(browser: Browser, target: str) -> None:
    answer = browser.sign_in(STUDENT, f"sign-in?next={quote(target, safe='')}")
    location = urlsplit(answer.headers["Location"])
    assert (location.scheme, location.netloc, location.path) == ("", "", HOME)


def test_signing_in_leads_to_the_page_that_was_asked_for(browser: Browser) -> None:
    target = f"{HOME}?_action=dla_stud/studia/mlegitymacja/index&x=%C5%BC"
    answer = browser.sign_in(STUDENT, f"sign-in?next={quote(target, safe='')}")
    location = urlsplit(answer.headers["Location"])
    assert location.path == HOME
    assert parse_qs(location.query)["x"] == ["ż"]


def test_signing_in_gives_a_new_session_and_ends_the_old_one(service: WebService, browser: Browser) -> None:
    browser.sign_in(STUDENT)
    old = browser.session
    browser.client.cookies.clear()
    page = read_page(browser.open("sign-in"))
    browser.client.cookies.set("PHPSESSID", old)
    browser.send(page.form("password"), username=OTHER_STUDENT, password="demo-2026")
    cookies = {cookie.value for cookie in browser.client.cookies.jar if cookie.name == "PHPSESSID"}
    assert len(cookies - {old}) == 1
    with Browser(service.base_url) as thief:
        thief.client.cookies.set("PHPSESSID", old)
        assert "sign-in" in thief.open(HOME).headers["Location"]


def test_a_session_that_somebody_else_chose_is_not_taken_over(service: WebService, browser: Browser) -> None:
    page = read_page(browser.open("sign-in"))
    answer = browser.client.post(
        page.form("password").action,
        data={"username": STUDENT, "password": "demo-2026"},
        headers={"Cookie": "PHPSESSID=chosen-by-an-attacker"},
    )
    assert answer.cookies["PHPSESSID"] != "chosen-by-an-attacker"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_out_ends_the_session_and_needs_our_own_form(service: WebService, browser: Browser) -> None:
    browser.sign_in(STUDENT)
    session = browser.session
    assert browser.client.post(service.url("sign-out")).status_code == 400
    form = next(form for form in read_page(browser.open(HOME)).forms if form.action.endswith("/sign-out"))
    assert browser.send(form).is_redirect
    with Browser(service.base_url) as thief:
        thief.client.cookies.set("PHPSESSID", session)
        assert "sign-in" in thief.open(HOME).headers["Location"]
