"""How much a person is asked who has allowed an app the same before, and whether it is the right person."""

import pytest
from dance import CALLBACK, OTHER_STUDENT, STUDENT, access_token, pin_on, question, request_token, sent_back
from making import Key, new_consumer
from serving import Browser, WebService, app_with

from usosapi_mleg.demo.visitor import read_page

NATIVE = ("kampus.example://back", "http://127.0.0.1:49152/back")


@pytest.fixture
def student(browser: Browser) -> Browser:
    """A browser in which a student is signed in."""
    browser.sign_in(STUDENT)
    return browser


@pytest.fixture
def consumer(service: WebService) -> Key:
    """An app with a registered address at a server, and others of its own on people's devices."""
    return new_consumer(service.app, callbacks=(CALLBACK, "kampus.example://back", "http://127.0.0.1/back"))


def allow(service: WebService, student: Browser, consumer: Key, scopes: str = "mlegitymacja|studies") -> None:
    """Have the student allow the app something."""
    token = request_token(service, consumer, scopes)
    access_token(service, consumer, token, pin_on(student.consent(question(service, token))))


def test_somebody_who_allowed_it_before_is_sent_back_at_once(
    service: WebService, student: Browser, consumer: Key
) -> None:
    allow(service, student, consumer)
    for parameters in ({}, {"interactivity": "minimal"}):
        token = request_token(service, consumer, "mlegitymacja", callback=CALLBACK)
        back = student.open(question(service, token, **parameters))
        assert back.headers["Location"].startswith(f"{CALLBACK}?")
        assert access_token(service, consumer, token, sent_back(back)["oauth_verifier"]).key


def test_somebody_who_allowed_less_is_asked(service: WebService, student: Browser, consumer: Key) -> None:
    allow(service, student, consumer)
    token = request_token(service, consumer, "mlegitymacja|photo", callback=CALLBACK)
    assert 'name="allow"' in student.open(question(service, token)).text


def test_somebody_else_is_asked(service: WebService, student: Browser, browser: Browser, consumer: Key) -> None:
    allow(service, student, consumer)
    token = request_token(service, consumer, "mlegitymacja", callback=CALLBACK)
    with Browser(service.base_url) as other:
        other.sign_in(OTHER_STUDENT)
        assert 'name="allow"' in other.open(question(service, token)).text


@pytest.mark.parametrize("callback", ["oob", *NATIVE])
def test_a_program_on_somebodys_device_is_not_believed_to_be_the_app(
    service: WebService, student: Browser, consumer: Key, callback: str
) -> None:
    allow(service, student, consumer)
    token = request_token(service, consumer, "mlegitymacja", callback=callback)
    page = student.open(question(service, token))
    assert 'name="allow"' in page.text
    assert "local-pin" not in page.text


def test_an_app_that_may_name_any_address_has_the_person_asked(service: WebService, student: Browser) -> None:
    consumer = new_consumer(service.app)
    allow(service, student, consumer)
    token = request_token(service, consumer, "mlegitymacja", callback=CALLBACK)
    assert 'name="allow"' in student.open(question(service, token)).text


@pytest.mark.parametrize("callback", ["oob", CALLBACK, *NATIVE])
def test_a_university_may_have_it_as_at_usos(service: WebService, student: Browser, callback: str) -> None:
    consumer = new_consumer(service.app)
    allow(service, student, consumer)
    token = request_token(service, consumer, "mlegitymacja", callback=callback)
    with app_with(service, MLEG_REMEMBER_ANY_CALLBACK="1") as app:
        visitor = app.test_client()
        visitor.set_cookie("PHPSESSID", student.session)
        answer = visitor.get(question(service, token).removeprefix(service.base_url.rstrip("/")))
    if callback == "oob":
        assert "local-pin" in answer.text
    else:
        assert answer.headers["Location"].startswith(f"{callback}?")


def test_an_app_may_have_the_person_confirmed_whatever_was_allowed(
    service: WebService, student: Browser, consumer: Key
) -> None:
    allow(service, student, consumer)
    token = request_token(service, consumer, "mlegitymacja", callback=CALLBACK)
    address = question(service, token, interactivity="confirm_user")
    page = student.open(address)
    assert page.status_code == 200
    assert f"({STUDENT})" in page.text
    asked = read_page(page)
    assert asked.form("allow").action.endswith("interactivity=confirm_user")
    switch = next(form for form in asked.forms if form.action.endswith("/sign-out") and "next" in form.names)
    signed_out = student.send(switch)
    after = student.sign_in(OTHER_STUDENT, signed_out.headers["Location"])
    assert f"({OTHER_STUDENT})" in student.follow(after).text
    back = student.consent(address)
    assert sent_back(back)["oauth_token"] == token.key


@pytest.mark.parametrize("value", ["", "confirm_app", "MINIMAL", "minimal ", "<script>"])
def test_an_unknown_wish_is_told_to_the_person(
    service: WebService, student: Browser, consumer: Key, value: str
) -> None:
    token = request_token(service, consumer, callback=CALLBACK)
    page = student.open(question(service, token, interactivity=value))
    assert page.status_code == 400
    assert "unknown value of the parameter interactivity" in page.text
    assert "<script>" not in page.text
    assert 'name="allow"' in student.open(question(service, token)).text
