"""The student's whole story on the page and on the phone: order, status, codes, phone, collected, cancelled, again."""

from collections.abc import Callable

import pytest
from browsing import Person
from playwright.sync_api import expect
from running import RunningService

WORDS = {
    "pl": {
        "order": "Zamów mLegitymację",
        "ready": "Do odbioru",
        "check": "sprawdź status zamówienia",
        "add": "dodaj mLegitymację do mObywatela",
        "collected": "Odebrana",
        "cancel": "anuluj mLegitymację",
        "yes": "tak, anuluj mLegitymację",
        "cancelled": "Anulowane",
    },
    "en": {
        "order": "Order the mLegitymacja",
        "ready": "Ready to collect",
        "check": "check the order status",
        "add": "add the mLegitymacja to mObywatel",
        "collected": "Collected",
        "cancel": "cancel the mLegitymacja",
        "yes": "yes, cancel the mLegitymacja",
        "cancelled": "Cancelled",
    },
}


@pytest.mark.parametrize(("lang", "place"), [("pl", 0), pytest.param("en", 1, marks=pytest.mark.long)])
def test_a_student_orders_collects_cancels_and_orders_again(
    service: RunningService, new_person: Callable[..., Person], lang: str, place: int
) -> None:
    person, words = new_person(lang), WORDS[lang]
    person.sign_in(service.user("eligible", place))
    person.click(words["order"])
    person.expect_state(words["ready"])  # by itself: the page follows the order
    person.click(words["check"])
    expect(person.page.locator("#news")).not_to_be_empty()
    person.click(words["add"])
    token, code = person.codes()
    assert len(token) > 15
    assert len(code) == 8
    expect(person.page.locator(".qr-code-img")).to_have_js_property("complete", True)
    assert person.page.locator(".qr-code-img").evaluate("image => image.naturalWidth") > 100
    person.add_to_phone(token, code)
    person.expect_state(words["collected"])
    person.click(words["cancel"])
    person.click(words["yes"])
    person.expect_state(words["cancelled"])
    person.expect_revoked_on_phone()
    person.click(words["order"])
    person.expect_state(words["ready"])


def test_the_whole_story_works_without_javascript(service: RunningService, new_person: Callable[..., Person]) -> None:
    person, words = new_person(java_script_enabled=False), WORDS["pl"]

    def check_until(label: str) -> None:
        while person.page.locator("usos-tag").inner_text() != label:
            person.click(words["check"])

    person.sign_in(service.user("eligible", 2))
    person.click(words["order"])
    check_until(words["ready"])
    person.click(words["add"])
    token, code = person.codes()
    assert person.page.locator(".qr-code-img").evaluate("image => image.naturalWidth") > 100
    person.click("ukryj kody")
    expect(person.page.locator("#qrcode-frame")).to_be_hidden()
    assert token not in person.page.content()
    person.add_to_phone(token, code)
    check_until(words["collected"])
    person.click(words["cancel"])
    person.click(words["yes"])
    person.expect_state(words["cancelled"])
