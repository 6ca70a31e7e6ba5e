"""The developers' site in a real browser: nothing breaks its security policy, the console sends, everything has a name."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect
from registering import filled
from serving import WebService

from usosapi_mleg.demo.fill import PASSWORD

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
PAGES = (
    "developers/",
    "developers/api/",
    "developers/api/authorization/",
    "developers/api/definitions/datatypes/",
    "developers/api/definitions/errors/",
    "developers/api/services/mlegitymacja/",
    "developers/api/services/cards/",
)
STATUS = "services/mlegitymacja/status"
_STATUS_MESSAGE = "Failed to load resource: the server responded with a status of"

NAMELESS = """() => {
  const fields = [...document.querySelectorAll("main :is(input:not([type=hidden]), select, textarea)")];
  const controls = [...document.querySelectorAll("button, a[href]")];
  return [
    ...fields.filter((e) => !e.labels?.length && !e.hasAttribute("aria-label")),
    ...controls.filter((e) => (e.getAttribute("aria-label") ?? e.textContent).trim() === ""),
  ].map((e) => e.outerHTML);
}"""
"""What can be filled in or pressed, and has no name."""

NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(service: WebService, chromium: Chromium) -> Iterator[NewContext]:
    """Open browser windows; afterwards see that the policy was kept and nothing was fetched from elsewhere."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def make(lang: str = "en", **options: Any) -> BrowserContext:
        context = chromium.new_context(locale=lang, reduced_motion="reduce", **options)
        contexts.append(context)
        context.on("request", lambda request: _look_at(request.url))
        context.on("weberror", lambda error: faults.append(f"script: {error.error}"))
        context.on("console", lambda message: _listen(message.type, message.text))
        return context

    def _look_at(address: str) -> None:
        if not address.startswith((service.base_url, "data:")):
            faults.append(f"a request to another host: {address}")

    def _listen(kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not text.startswith(_STATUS_MESSAGE):
            faults.append(f"console: {text}")

    yield make
    for context in contexts:
        context.close()
    assert faults == []


def _sign_in(page: Page, service: WebService, address: str) -> None:
    page.goto(service.url(f"sign-in?{urlencode({'next': '/' + address})}"))
    page.fill("#username", "anna.nowak")
    page.fill("#password", PASSWORD)
    page.click(".login-form button")
    expect(page).to_have_url(service.url(address))


def _examine(page: Page) -> None:
    """See that the page has one headline, fits, and that everything that can be filled in or pressed has a name."""
    expect(page.locator("h1")).to_have_count(1)
    assert page.locator("html").get_attribute("lang")
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert page.evaluate(NAMELESS) == []


@pytest.mark.parametrize(
    ("lang", "scheme", "size"), [pytest.param("en", "light", DESK, marks=pytest.mark.long), ("pl", "dark", PHONE)]
)
def test_the_pages_fit_and_are_named_in_both_languages_and_looks(
    service: WebService, new_context: NewContext, lang: str, scheme: str, size: dict[str, int]
) -> None:
    page = new_context(lang, color_scheme=scheme, viewport=size).new_page()
    for address in PAGES:
        page.goto(service.url(address))
        _examine(page)
        assert page.locator("html").get_attribute("lang") == lang


def _register(page: Page, **changes: str) -> None:
    values = filled(**changes)
    for name in ("name", "url", "email", "callbacks"):
        page.fill(f"#{name}", values[name])
    page.check("[name=terms]")
    page.click("form.fields button")


def test_a_developer_registers_makes_a_token_and_calls_a_method(service: WebService, new_context: NewContext) -> None:
    page = new_context(viewport=PHONE).new_page()
    _sign_in(page, service, "developers/")
    _register(page, name="Konsolowa")
    secret = page.locator(".consumer-secret").inner_text()
    _examine(page)
    page.goto(service.url(f"developers/console/?method={STATUS}"))
    page.select_option("#consumer", label="Konsolowa")
    page.click("text=Show the arguments")
    page.check('[name=scope][value="mlegitymacja"]')
    page.click("text=Make a token")
    page.fill('[name="arg.fields"]', "id|status")
    _examine(page)
    page.click("text=Prepare the request")
    _examine(page)
    assert secret not in page.content()
    with page.expect_request(service.url(STATUS)) as sent:
        page.click("#send")
    assert "cookie" not in sent.value.all_headers()
    shown = sent.value.all_headers()["authorization"]
    expect(page.locator("#request pre").first).to_contain_text(shown)
    expect(page.locator("#answer-status")).to_contain_text("400")
    expect(page.locator("#answer-body")).to_contain_text('"reason": "order_not_found"')
    expect(page.locator("#send")).to_be_disabled()
    page.click("text=Prepare the request")
    expect(page.locator("#send")).to_be_enabled()


@pytest.mark.long
def test_nobody_needs_an_app_to_call_what_is_open_to_all(service: WebService, new_context: NewContext) -> None:
    page = new_context("pl", viewport=DESK).new_page()
    _sign_in(page, service, "developers/console/?method=services/apisrv/now")
    page.click("text=Przygotuj żądanie")
    page.click("#send")
    expect(page.locator("#answer-status")).to_contain_text("200")
    expect(page.locator("#answer-body")).to_contain_text("20")


@pytest.mark.long
def test_a_picture_is_shown_as_a_picture(service: WebService, new_context: NewContext) -> None:
    page = new_context(viewport=DESK).new_page()
    _sign_in(page, service, "developers/")
    _register(page, name="Obrazkowa")
    page.goto(service.url("developers/console/?method=services/photos/photo"))
    page.select_option("#consumer", label="Obrazkowa")
    page.click("text=Show the arguments")
    page.click("text=Make a token")
    page.click("text=Prepare the request")
    page.click("#send")
    expect(page.locator("#answer-picture img")).to_be_visible()
    assert page.locator("#answer-picture img").evaluate("e => e.decode().then(() => e.naturalWidth)") > 0


@pytest.mark.long
def test_without_scripts_the_form_works_and_the_console_gives_a_command(
    service: WebService, new_context: NewContext
) -> None:
    page = new_context(java_script_enabled=False, viewport=PHONE).new_page()
    _sign_in(page, service, "developers/")
    _register(page, name="Bez skryptów", email="nikt")
    assert page.locator("#email").input_value() == "nikt"
    page.goto(service.url("developers/console/?method=services/apisrv/now"))
    page.click("text=Prepare the request")
    expect(page.locator("#send")).to_be_hidden()
    expect(page.get_by_text("Without JavaScript this page cannot send the request")).to_be_visible()
    page.click("text=The same with curl")
    expect(page.locator(".curl")).to_contain_text("curl --include --request POST")


@pytest.mark.parametrize("size", [pytest.param(DESK, marks=pytest.mark.long), PHONE])
def test_the_packaged_view_of_the_document_keeps_the_policy(
    service: WebService, new_context: NewContext, size: dict[str, int]
) -> None:
    page = new_context(viewport=size).new_page()
    answer = page.goto(service.url("developers/openapi/"))
    assert answer is not None
    assert "unsafe" not in answer.headers["content-security-policy"]
    page.locator(".opblock-tag", has_text="services/mlegitymacja").click()
    operation = page.locator(".opblock-post", has_text="Order the mLegitymacja.")
    operation.locator("button.opblock-summary-control").click()
    expect(operation).to_contain_text("idempotency_key")
    expect(page.locator("text=Failed to load")).to_have_count(0)
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
