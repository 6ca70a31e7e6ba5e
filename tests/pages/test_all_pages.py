"""What holds for every page in both languages: title, language, one headline, a narrow phone; and the pages of OAuth."""

import re
from collections.abc import Callable

import pytest
from browsing import Person
from playwright.sync_api import Page, expect
from requests_oauthlib import OAuth1Session
from running import RunningService

NARROW = {"width": 320, "height": 640}


def _authorize_url(service: RunningService, scopes: str) -> str:
    """Let the first app ask for scopes; give the address to send a person to."""
    consumer = service.filled["consumers"][0]
    app = OAuth1Session(consumer["key"], consumer["secret"], callback_uri="oob")
    app.trust_env = False
    app.fetch_request_token(f"{service.ports.base_url}services/oauth/request_token?scopes={scopes}")
    address: str = app.authorization_url(f"{service.ports.base_url}services/oauth/authorize")
    return f"{address}&interactivity=confirm_user"


def _examine(page: Page, lang: str, headline: str) -> None:
    expect(page.locator("h1")).to_have_text(headline)
    assert page.title().endswith(
        {"pl": " – Uniwersytet Przykładowy w Sanoku", "en": " – Example University in Sanok"}[lang]
    )
    assert page.locator("html").get_attribute("lang") == lang
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    small = "all => all.map(one => [one.innerText, one.getBoundingClientRect().height]).filter(one => one[1] && one[1] < 44)"
    assert page.locator("button:visible, summary:visible, a.button:visible").evaluate_all(small) == []


@pytest.mark.parametrize("lang", ["pl", pytest.param("en", marks=pytest.mark.long)])
def test_every_page_is_whole_on_a_narrow_phone(
    service: RunningService, new_person: Callable[..., Person], lang: str
) -> None:
    person = new_person(lang, viewport=NARROW)
    page, english = person.page, lang == "en"
    page.goto(service.ports.base_url)
    _examine(page, lang, "Sign in" if english else "Zaloguj się")
    page.goto(f"{service.ports.base_url}services/oauth/authorize?oauth_token=unknown")
    _examine(page, lang, "The request has expired" if english else "Prośba wygasła")
    person.sign_in(service.user("eligible", 7))
    _examine(page, lang, "mLegitymacja")
    if page.locator('[data-act="zamow"]').count():
        person.order_and_wait()
    page.click('[data-act="kody"] button')
    person.codes()
    page.click("#cancel summary")
    _examine(page, lang, "mLegitymacja")
    page.goto(f"{service.ports.base_url}nowhere")
    _examine(page, lang, "That did not work" if english else "Nie udało się")
    for answer, headline in (("allow", "PIN for the app"), ("deny", "Access denied")):
        page.goto(_authorize_url(service, "mlegitymacja_activation|mlegitymacja_order|grades|studies"))
        _examine(page, lang, "Give this app access?" if english else "Czy dać dostęp tej aplikacji?")
        page.click(f'button[name="{answer}"]')
        _examine(
            page, lang, headline if english else {"allow": "PIN dla aplikacji", "deny": "Odmówiono dostępu"}[answer]
        )


def test_a_failed_sign_in_keeps_the_user_name(service: RunningService, new_person: Callable[..., Person]) -> None:
    person = new_person(viewport=NARROW)
    person.page.goto(service.ports.page_url)
    person.page.fill("#username", "anna.nowak")
    person.page.fill("#password", "wrong")
    person.page.click(".login-form button")
    expect(person.page.get_by_role("alert")).to_contain_text("Nieprawidłowa nazwa użytkownika lub hasło")
    expect(person.page.locator("#username")).to_have_value("anna.nowak")
    expect(person.page.locator("#password")).to_have_value("")
    _examine(person.page, "pl", "Zaloguj się")


def test_the_consent_page_says_who_asks_for_what_and_lets_somebody_else_answer(
    service: RunningService, new_person: Callable[..., Person]
) -> None:
    person = new_person()
    person.sign_in(service.user("eligible", 0))
    person.page.goto(_authorize_url(service, "mlegitymacja|mlegitymacja_activation|payments"))
    asked = person.page.locator("main")
    expect(asked).to_contain_text("Kampus (aplikacja przykładowa)")
    expect(asked).to_contain_text("https://kampus.example.edu.pl/")
    assert person.page.locator(".risk").all_inner_texts() == [
        "duże ryzyko – zezwól tylko, jeśli ufasz aplikacji",
        "małe ryzyko",
    ]
    expect(person.page.locator(".scopes.red")).to_contain_text("kod aktywacyjny")
    expect(person.page.locator(".scopes.elsewhere")).to_have_text("płatności")
    expect(person.page.locator(".scopes.elsewhere input")).to_be_checked()
    assert "płatności" not in "".join(person.page.locator(".scopes:not(.elsewhere)").all_inner_texts())
    person.click("To nie ja – zmień konto")
    other = service.user("eligible", 1)
    person.page.fill("#username", other["username"])
    person.page.fill("#password", other["password"])
    person.page.click(".login-form button")
    expect(asked).to_contain_text(other["username"])
    person.click("Zezwól")
    expect(person.page.locator(".local-pin")).to_have_text(re.compile(r"^\d{8}$"))


@pytest.mark.long
def test_the_language_switch_stays_on_the_page_and_is_remembered(
    service: RunningService, new_person: Callable[..., Person]
) -> None:
    person = new_person()
    person.sign_in(service.user("no_oath"))
    person.page.get_by_role("button", name="English").click()
    expect(person.page).to_have_url(service.ports.page_url)
    expect(person.page.locator("html")).to_have_attribute("lang", "en")
    person.page.goto(f"{service.ports.page_url}&lang=pl")
    expect(person.page.locator("html")).to_have_attribute("lang", "pl")
    person.page.goto(service.ports.page_url)
    expect(person.page.locator("html")).to_have_attribute("lang", "pl")


def test_a_person_can_sign_out(service: RunningService, new_person: Callable[..., Person]) -> None:
    person = new_person()
    person.sign_in(service.user("no_photo"))
    person.click("Wyloguj się")
    expect(person.page.locator("h1")).to_have_text("Zaloguj się")
    person.page.goto(service.ports.page_url)
    expect(person.page.locator("h1")).to_have_text("Zaloguj się")
