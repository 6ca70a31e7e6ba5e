"""The student's page: secrets shown on demand only, a face for every state, and a status that follows by itself."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import Person
from playwright.sync_api import Request, expect
from running import RunningService

STATES = {
    "waiting": ("Oczekuje", "Waiting", "Przyjęliśmy Twoje zamówienie"),
    "processing": ("W trakcie", "In progress", "Twoja mLegitymacja powstaje"),
    "ready": ("Do odbioru", "Ready to collect", "mLegitymacja jest gotowa"),
    "collected": ("Odebrana", "Collected", "mLegitymacja jest w Twoim telefonie"),
    "failed": ("Błąd", "Error", "Nie udało się przygotować mLegitymacji"),
    "lapsed": ("Kody wygasły", "Codes expired", "Kody straciły ważność"),
    "cancelled": ("Anulowane", "Cancelled", "Zamówienie anulowane"),
    "invalidated": ("Unieważnione", "Invalidated", "mLegitymacja unieważniona"),
    "expired": ("Wygasła", "Expired", "mLegitymacja straciła ważność"),
}
ENDED = {"cancelled", "invalidated", "expired"}


@pytest.fixture(scope="module")
def owner(service: RunningService) -> dict[str, Any]:
    """A student whose order is put into every state."""
    return service.user("two_programmes")


@pytest.fixture
def slow_ministry(service: RunningService) -> Iterator[RunningService]:
    """The ministry takes an hour to make a document; put right again afterwards."""
    service.set_ministry(making_delay_seconds=3600)
    yield service
    service.set_ministry(making_delay_seconds=0, clock_offset_seconds=0)


def _be_at_order(person: Person, owner: dict[str, Any]) -> None:
    """Be at the page of a student with an order; in which state depends on what was before."""
    person.sign_in(owner)
    if person.page.locator('[data-act="zamow"]').count():
        person.order_and_wait()


def test_the_codes_are_not_in_the_page_before_the_student_asks(
    service: RunningService, new_person: Callable[..., Person]
) -> None:
    person = new_person()
    person.sign_in(service.user("eligible", 3))
    person.order_and_wait()
    before = person.context.request.get(service.ports.page_url).text()
    assert person.page.locator("#qr-code-text").text_content() == ""
    person.click("dodaj mLegitymację do mObywatela")
    token, code = person.codes()
    after = person.context.request.get(service.ports.page_url).text()
    assert not [secret for secret in (token, code) for source in (before, after) if secret in source]
    person.click("ukryj kody")
    expect(person.page.locator("#qrcode-frame")).to_be_hidden()
    assert token not in person.page.content()
    assert code not in person.page.content()


def test_every_state_has_a_face(
    service: RunningService, new_person: Callable[..., Person], owner: dict[str, Any], set_order: Callable[..., None]
) -> None:
    person = new_person()
    _be_at_order(person, owner)
    for status, (label, english, headline) in STATES.items():
        set_order(owner, status)
        person.page.goto(f"{service.ports.page_url}&lang=pl")
        person.expect_state(label)
        expect(person.page.locator("#state")).to_have_text(headline)
        assert person.page.locator(".facts dt").all_text_contents()[:3] == [
            "status",
            "data zamówienia",
            "data ważności",
        ]
        assert person.page.locator('[data-act="zamow"]').count() == (status in ENDED)
        assert person.page.locator('[data-act="anuluj"]').count() == (status not in ENDED)
        assert person.page.locator('[data-act="kody"]').count() == (status == "ready")
        person.page.goto(f"{service.ports.page_url}&lang=en")
        person.expect_state(english)
    set_order(owner, "collected")  # the ministry was told of no end, so the student cannot order anew


def test_all_reasons_are_told_at_once_with_what_to_do(
    service: RunningService, new_person: Callable[..., Person]
) -> None:
    person = new_person()
    person.sign_in(next(user for user in service.filled["users"] if user["role"] == "helpdesk"))
    reasons = person.page.locator(".reasons li")
    expect(reasons).to_have_count(2)
    expect(reasons.first).to_contain_text("Nie masz aktywnego statusu studenta.")
    expect(reasons.first).to_contain_text("skontaktuj się z dziekanatem")
    expect(person.page.locator('[data-act="zamow"]')).to_have_count(0)


def test_the_page_follows_the_order_by_itself_and_keeps_the_focus(
    slow_ministry: RunningService, new_person: Callable[..., Person]
) -> None:
    person = new_person()
    person.sign_in(slow_ministry.user("eligible", 4))
    person.click("Zamów mLegitymację")
    person.expect_state("W trakcie")
    person.page.focus('[data-act="status"] button')
    person.page.evaluate("window.sameDocument = true")
    slow_ministry.set_ministry(clock_offset_seconds=4000)
    person.expect_state("Do odbioru")
    expect(person.page.locator("#news")).to_have_text("Nowy stan: Do odbioru")
    expect(person.page.locator('[data-act="status"] button')).to_be_focused()
    assert person.page.evaluate("window.sameDocument")


def test_a_hidden_tab_asks_for_nothing_and_looks_when_it_is_seen_again(
    slow_ministry: RunningService, new_person: Callable[..., Person]
) -> None:
    person = new_person()
    person.page.clock.install()
    person.sign_in(slow_ministry.user("eligible", 5))
    person.click("Zamów mLegitymację")
    person.expect_state("W trakcie")
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    person.page.on("request", note)
    show = """hidden => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    person.page.evaluate(show, arg=True)
    person.page.wait_for_load_state("networkidle")
    asked.clear()
    person.page.clock.run_for(120_000)
    assert asked == []
    with person.page.expect_response(re.compile("usosapiProxy")) as answer:
        person.page.evaluate(show, arg=False)
    assert answer.value.json()["status"] == "processing"


def test_a_token_that_has_grown_old_is_replaced_without_a_word(
    service: RunningService, new_person: Callable[..., Person], owner: dict[str, Any], set_order: Callable[..., None]
) -> None:
    person = new_person()
    _be_at_order(person, owner)
    set_order(owner, "collected")
    person.page.reload()
    person.page.evaluate(
        """document.getElementById("csrf").textContent = 'csrftoken = "2020-01-01-0123456789abcdef";'"""
    )
    person.click("sprawdź status zamówienia")
    expect(person.page.locator("#news")).to_contain_text("Bez zmian")
    assert [fault[:3] for fault in person.faults] == ["400"]
    person.faults.clear()


def test_the_page_says_when_the_session_has_ended(
    service: RunningService, new_person: Callable[..., Person], owner: dict[str, Any], set_order: Callable[..., None]
) -> None:
    person = new_person()
    _be_at_order(person, owner)
    set_order(owner, "collected")
    person.page.reload()
    person.context.clear_cookies(name="PHPSESSID")
    person.click("sprawdź status zamówienia")
    expect(person.page.locator("#news")).to_contain_text("Sesja wygasła")
    assert [fault[:3] for fault in person.faults] == ["400"]
    person.faults.clear()


def test_the_order_number_can_be_copied_and_is_in_the_mail(
    service: RunningService, new_person: Callable[..., Person], owner: dict[str, Any]
) -> None:
    person = new_person(permissions=["clipboard-read", "clipboard-write"])
    _be_at_order(person, owner)
    number = person.page.locator("#reference").inner_text()
    person.page.click("#reference + .copy")
    expect(person.page.locator("#news")).to_have_text("Skopiowano: Numer zamówienia")
    assert person.page.evaluate("navigator.clipboard.readText()") == number
    assert number in str(person.page.locator('aside a[href^="mailto:"]').get_attribute("href"))
