"""A person allows an app some of what it asks for by OAuth 1.0a, and sees whom they allow it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from dance import CALLBACK, access_token, pin_on, question, request_token, sent_back
from making import Key, count, new_consumer, new_student
from serving import Browser, WebService
from signing import Caller

from usosapi_mleg.demo.visitor import Form, read_page
from usosapi_mleg.domain import duration

ASKED = "mlegitymacja|mlegitymacja_order|offline_access"
UNTICKED = "no"


@pytest.fixture(scope="module")
def student(service: WebService) -> Iterator[Browser]:
    """A browser in which somebody is signed in; every test has an app of its own."""
    with Browser(service.base_url) as fresh:
        fresh.sign_in("anna.nowak")
        yield fresh


@pytest.fixture
def consumer(service: WebService) -> Key:
    """A fresh app."""
    return new_consumer(service.app)


def form_of(page: httpx.Response) -> Form:
    """Give the form on a page of consent."""
    assert page.status_code == 200, page.text
    return read_page(page).form("allow")


def decide(service: WebService, student: Browser, consumer: Key, asked: str, **choices: str) -> Key:
    """Ask, answer with these choices, and give the access token."""
    token = request_token(service, consumer, asked)
    form = form_of(student.open(question(service, token)))
    answer = student.send(form, allow="1", **{f"scope.{name}": value for name, value in choices.items()})
    return access_token(service, consumer, token, pin_on(answer))


def scopes_of(service: WebService, consumer: Key, token: Key) -> set[str]:
    """Ask the service what a token covers."""
    answer = Caller(service.base_url, consumer, token).get("apisrv/consumer", fields="token_scopes")
    assert answer.status == 200, answer.text
    return set(answer.json["token_scopes"])


def test_all_that_is_asked_for_is_ticked_at_first(service: WebService, student: Browser, consumer: Key) -> None:
    form = form_of(student.open(question(service, request_token(service, consumer, ASKED))))
    ticked = {name for name, value in form.values.items() if name.startswith("scope.") and value == "yes"}
    assert ticked == {f"scope.{key}" for key in ASKED.split("|")}
    assert scopes_of(service, consumer, decide(service, student, consumer, ASKED)) == set(ASKED.split("|"))


def test_the_token_covers_only_what_stayed_ticked_and_more_can_be_allowed_later(
    service: WebService, student: Browser, consumer: Key
) -> None:
    first = decide(service, student, consumer, ASKED, mlegitymacja_order=UNTICKED, offline_access=UNTICKED)
    assert scopes_of(service, consumer, first) == {"mlegitymacja"}
    short = "access_tokens WHERE key = :key AND expires_at - created_at = interval '2 hours'"
    assert count(service.app, short, key=first.key) == 1
    later = decide(service, student, consumer, ASKED, offline_access=UNTICKED)
    assert scopes_of(service, consumer, later) == {"mlegitymacja", "mlegitymacja_order"}


def test_what_is_allowed_already_is_shown_as_such_and_stays(
    service: WebService, student: Browser, consumer: Key
) -> None:
    decide(service, student, consumer, "mlegitymacja|offline_access")
    page = student.open(question(service, request_token(service, consumer, "mlegitymacja|offline_access|email")))
    assert "already allowed" in page.text
    assert "you have already allowed the app that" in page.text
    assert {name for name in form_of(page).names if name.startswith("scope.")} == {"scope.email"}
    token = decide(service, student, consumer, "mlegitymacja|offline_access|email", email=UNTICKED)
    assert scopes_of(service, consumer, token) == {"mlegitymacja", "offline_access"}


def test_with_nothing_ticked_the_app_learns_who_the_person_is(
    service: WebService, student: Browser, consumer: Key
) -> None:
    token = decide(service, student, consumer, "mlegitymacja|photo", mlegitymacja=UNTICKED, photo=UNTICKED)
    app = Caller(service.base_url, consumer, token)
    assert app.get("users/user").json["first_name"] == "Anna"
    assert (app.get("mlegitymacja/status").status, app.get("mlegitymacja/status").json["reason"]) == (
        403,
        "scope_missing",
    )


def test_a_form_that_allows_what_was_not_asked_for_changes_nothing(
    service: WebService, student: Browser, consumer: Key
) -> None:
    token = request_token(service, consumer, "mlegitymacja")
    form = form_of(student.open(question(service, token)))
    answer = student.send(form, allow="1", **{"scope.personal": "yes"})
    assert answer.status_code == 400
    assert "has not asked for" in answer.text
    assert count(service.app, "grants WHERE consumer_key = :key", key=consumer.key) == 0
    assert student.send(form, allow="1").status_code == 200


def test_the_page_says_whose_app_it_is_and_whether_anybody_vouches_for_it(
    service: WebService, student: Browser
) -> None:
    unknown = student.open(question(service, request_token(service, new_consumer(service.app))))
    assert "the university has not looked at it" in unknown.text
    assert "registered by somebody who was not signed in" in unknown.text
    flags: dict[str, Any] = {"verified": True, "owner_id": new_student(service.app)}
    flags |= {"url": "https://planer.example.edu.pl/", "email": "planer@example.edu.pl"}
    known = student.open(question(service, request_token(service, new_consumer(service.app, **flags))))
    for shown in ("the university vouches for it", "Łucja Próbna", flags["url"], flags["email"]):
        assert shown in known.text


def test_the_page_says_where_it_leads_and_warns_when_that_can_be_anywhere(
    service: WebService, student: Browser, consumer: Key
) -> None:
    bound = new_consumer(service.app, callbacks=(CALLBACK,))
    for app, warned in ((consumer, True), (bound, False)):
        page = student.open(question(service, request_token(service, app, callback=CALLBACK)))
        assert "https://kampus.example.edu.pl" in page.text
        assert ("it may name any address" in page.text) == warned


def test_no_other_site_can_show_the_page_in_a_frame_or_answer_it(
    service: WebService, student: Browser, consumer: Key
) -> None:
    page = student.open(question(service, request_token(service, consumer, callback=CALLBACK)))
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    answer = student.client.post(str(page.url), data={"allow": "1", "scope.mlegitymacja": "yes"})
    assert answer.status_code == 400
    back = student.send(form_of(page), deny="1")
    assert sent_back(back)["error"] == "access_denied"


def test_what_was_taken_back_before_the_exchange_gives_no_token(
    service: WebService, student: Browser, consumer: Key
) -> None:
    token = request_token(service, consumer)
    pin_on(student.consent(question(service, token)))
    page = read_page(student.open("my-apps"))
    form = next(form for form in page.forms if form.values.get("key") == consumer.key)
    assert student.send(form).status_code == 303
    answer = Caller(service.base_url, consumer, token).post("oauth/access_token")
    assert answer.status == 401


def test_the_length_of_access_is_said_in_good_polish() -> None:
    words = {60: "1 godzinę", 120: "2 godziny", 300: "5 godzin", 1: "1 minutę", 23: "23 minuty", 14: "14 minut"}
    assert {minutes: duration.in_words(minutes).pl for minutes in words} == words
    assert (duration.in_words(60).en, duration.in_words(90).en) == ("1 hour", "90 minutes")
