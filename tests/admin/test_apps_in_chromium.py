"""Consent, “My apps” and the administration in a real browser, also without scripts and on a phone."""

from typing import Any
from urllib.parse import urlencode

import pytest
from making import Key, change, new_token
from oauth2.codeflow import Client, new_account, new_client, new_pkce, question
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from serving import WebService

from usosapi_mleg.demo.fill import PASSWORD

PHONE = {"width": 390, "height": 800}
DESK = {"width": 1280, "height": 900}
ALL = "cards mlegitymacja mlegitymacja_order photo offline_access grades"


def open_page(chromium: Chromium, service: WebService, username: str, lang: str, **options: Any) -> Page:
    """Open a window in which somebody is signed in."""
    page = chromium.new_context(locale=lang, reduced_motion="reduce", **options).new_page()
    page.goto(service.url(f"sign-in?{urlencode({'next': '/my-apps'})}"))
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click(".login-form button")
    expect(page).to_have_url(service.url("my-apps"))
    return page


def examine(page: Page) -> None:
    """See that the page has one headline, fits, and that everything that can be filled in or pressed has a name."""
    expect(page.locator("h1")).to_have_count(1)
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    for field in page.locator("main :is(input:not([type=hidden]), select, textarea)").all():
        assert field.evaluate("e => e.labels?.length > 0"), field.evaluate("e => e.outerHTML")
    for control in page.locator("button, a[href]").all():
        assert control.evaluate("e => (e.getAttribute('aria-label') ?? e.textContent).trim() !== ''")


def new_app(service: WebService) -> Client:
    """Register an app with a long name and page, whose people are sent back to this very service."""
    app = new_client(service.app, callback=service.url("help/"), url="https://planer.example.edu.pl/" + "a" * 60)
    change(
        service.app,
        "UPDATE consumers SET email = 'planer@example.edu.pl', owner_id = 20202, name = :name WHERE key = :key",
        name=f"Planer zajęć i legitymacji {app.id}",
        key=app.id,
    )
    return app


def test_somebody_allows_some_of_it_without_scripts_and_takes_it_back(service: WebService, chromium: Chromium) -> None:
    app = new_app(service)
    page = open_page(chromium, service, new_account(service.app), "en", viewport=DESK, java_script_enabled=False)
    page.goto(question(service, app, new_pkce(), ALL))
    page.get_by_label("order and revoke").uncheck()
    page.get_by_label("only for 2 hours").check()
    page.click("button[name=allow]")
    assert "code=mlegc_" in page.url
    page.goto(service.url("my-apps"))
    allowed = page.locator(".allowed-app").filter(has_text=app.id)
    expect(allowed.locator(".allowed-scopes li")).to_have_count(3)
    allowed.locator("button").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator(".allowed-app")).to_have_count(0)
    page.context.close()


@pytest.mark.long
def test_the_pages_fit_a_phone_and_are_named(service: WebService, chromium: Chromium) -> None:
    app = new_app(service)
    new_token(service.app, Key(app.id, app.oauth1_secret), 20202, "cards", "photo")
    used = "UPDATE access_tokens SET last_used_at = now(), last_used_from = '2001:db8::1' WHERE consumer_key = :key"
    change(service.app, used, key=app.id)
    page = open_page(chromium, service, "marek.dudek", "pl", color_scheme="dark", viewport=PHONE)
    consumer = f"admin/consumers/{app.id}"
    addresses = ("my-apps", "admin/consumers", consumer, f"{consumer}/revoke_tokens", "admin/access?who=marek.dudek")
    for address in (*addresses, "admin/access/20202", "developers/", question(service, app, new_pkce(), ALL)):
        page.goto(service.url(address))
        examine(page)
    page.context.close()


@pytest.mark.long
def test_an_administrator_switches_an_app_off_with_a_reason(service: WebService, chromium: Chromium) -> None:
    app = new_app(service)
    page = open_page(chromium, service, "marek.dudek", "en", viewport=DESK)
    page.goto(service.url(f"admin/consumers?words={app.id}"))
    page.locator("tbody a").click()
    page.get_by_role("link", name="Switch off").click()
    page.fill("#reason", "It was misused")
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("status")).to_have_text("Done, and noted in the audit log.")
    expect(page.locator("table")).to_contain_text("It was misused")
    expect(page.locator(".tag.failed")).to_be_visible()
    page.context.close()
