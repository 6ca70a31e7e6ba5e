"""A person at a browser in tests: what they do on the pages, and what must never happen there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, expect
from running import RunningService

REFUSED = 400
_STATUS_MESSAGE = "Failed to load resource: the server responded with a status of"
"""Chromium reports every such answer; they are collected with their address instead."""


@dataclass
class Person:
    """One browser window of a person; `faults` gathers what must never happen."""

    context: BrowserContext
    page: Page
    service: RunningService
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        hosts = {urlsplit(url).netloc for url in (self.service.ports.base_url, self.service.ports.sandbox_url)}

        def look_at_request(request: Request) -> None:
            address = urlsplit(request.url)
            if address.scheme != "data" and address.netloc not in hosts:
                self.faults.append(f"a request to another host: {request.url}")

        def look_at_response(response: Response) -> None:
            if response.status >= REFUSED and response.request.resource_type != "document":
                self.faults.append(f"{response.status}: {response.url}")

        def look_at_message(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not message.text.startswith(_STATUS_MESSAGE):
                self.faults.append(f"console: {message.text}")

        self.context.on("request", look_at_request)
        self.context.on("response", look_at_response)
        self.context.on("console", look_at_message)
        self.context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))

    def sign_in(self, user: Mapping[str, Any]) -> None:
        """Open the student's page, be sent to the form, and arrive."""
        self.page.goto(self.service.ports.page_url)
        self.page.fill("#username", user["username"])
        self.page.fill("#password", user["password"])
        self.page.click(".login-form button")
        expect(self.page).to_have_url(self.service.ports.page_url)

    def click(self, label: str) -> None:
        """Press the button with exactly this label."""
        self.page.locator("button, summary, a.button").get_by_text(label, exact=True).click()

    def expect_state(self, label: str) -> None:
        """See that the page shows, sooner or later, the order in this state."""
        expect(self.page.locator("usos-tag")).to_have_text(label, timeout=15_000)

    def order_and_wait(self) -> None:
        """Order the card and wait until it is ready."""
        self.page.click('[data-act="zamow"] button')
        expect(self.page.locator("#page")).to_have_attribute("data-status", "ready", timeout=15_000)

    def codes(self) -> tuple[str, str]:
        """Read the text of the QR code and the activation code from the open box."""
        expect(self.page.locator("#qrcode-frame")).to_be_visible()
        return self.page.locator("#qr-code-text").inner_text(), self.page.locator("#qr-code-pass").inner_text()

    def add_to_phone(self, token: str, code: str) -> None:
        """Go through the forms of the simulated phone in a window of its own, until the card is seen."""
        phone = self.context.new_page()
        phone.goto(f"{self.service.ports.phone_url}add/terms")
        phone.click("form button")
        phone.click('button[name="camera"][value="no"]')
        phone.fill("#token", token)
        phone.press("#token", "Enter")
        phone.fill("#code", code)
        phone.press("#code", "Enter")
        expect(phone.locator(".card-valid")).to_be_visible()
        phone.close()

    def expect_revoked_on_phone(self) -> None:
        """See that the card on the phone is no longer valid."""
        phone = self.context.new_page()
        phone.goto(self.service.ports.phone_url)
        while not phone.locator(".status-revoked").count():
            phone.reload()
        phone.close()
