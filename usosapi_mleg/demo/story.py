"""The whole story of one card, walked over HTTP as a student, an app and a phone would: `script/demo --check`."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from requests_oauthlib import OAuth1Session

from usosapi_mleg.demo.supervisor import last_lines
from usosapi_mleg.demo.visitor import Visitor

SCOPES = "mlegitymacja|mlegitymacja_order|mlegitymacja_activation"
LIVE = {"waiting", "processing", "ready", "collected", "failed", "lapsed"}
PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.02
REFUSED = 400


class StoryError(Exception):
    """Something went otherwise than it should; the text says what."""


def walk(description: Mapping[str, Any], *, logs: Path) -> int:
    """Walk the story, print a line for each step, and return the exit code: 0 when all went well, else 1.

    :param description: what stands in ``demo.json``
    :param logs: the folder with the logs, whose ends are shown when a step fails
    """
    began = time.monotonic()
    with Visitor() as student, Visitor() as phone:
        try:
            Story(description, student, phone).walk()
        # Whatever goes wrong is a result of the check.
        except Exception as error:  # noqa: BLE001
            print(f"\n{type(error).__name__}: {error}")
            for log in sorted(logs.glob("*.log")):
                if lines := last_lines(log):
                    print(f"\n--- the end of {log.name}\n{lines}")
            return 1
    print_line("✓", "the whole story", began)
    return 0


class Story:
    """One student, one app and one phone."""

    def __init__(self, description: Mapping[str, Any], student: Visitor, phone: Visitor) -> None:
        """Choose who plays: a student who may order, and the first app."""
        self.student = student
        self.phone = phone
        self.person = next(user for user in description["users"] if user["scenario"] == "eligible")
        self.page_url: str = description["page_url"]
        self.phone_url: str = description["phone_url"]
        self.base: str = description["base_url"]
        consumer = description["consumers"][0]
        self.app = OAuth1Session(consumer["key"], consumer["secret"], callback_uri="oob")
        self.app.trust_env = False

    def walk(self) -> None:
        """Walk from the sign-in to the second order.

        :raises StoryError: at the first thing that is not as it should be
        """
        with step("the student signs in at the USOSweb page"):
            self.sign_in()
        with step("the app gets a request token"):
            self.app.fetch_request_token(f"{self.base}services/oauth/request_token?scopes={SCOPES}")
        with step("the student allows it and reads the PIN"):
            pin = self.allow()
        with step("the app gets an access token"):
            self.app.fetch_access_token(f"{self.base}services/oauth/access_token", verifier=pin)
        self.clear()
        with step("the app orders the card"):
            order = self.call("order")
        with step("the card is made: the order is ready"):
            self.wait_for(order, "ready")
        with step("the app gets the codes"):
            codes = self.call("activation")
        with step("the app gets the QR code as a picture"):
            picture = self.picture(codes["qr_png_url"])
        with step("the phone reads the picture, takes the code, has the card"):
            self.add_to_phone(picture, codes["activation_code"])
        with step("the order is collected"):
            self.wait_for(order, "collected")
        with step("the student sees the card on the USOSweb page"):
            self.see_on_page(order)
        with step("the app cancels the card"):
            expect(self.call("cancel", order_id=order["id"])["status"] == "cancelled", "the order is not cancelled")
        with step("the phone shows the card as revoked"):
            self.wait_until(lambda: "status-revoked" in self.phone.visit(self.phone_url).texts, "it is not revoked")
        with step("the app orders again"):
            again = self.call("order")
            expect(again["id"] != order["id"], "it is the old order")
        with step("the second card is made, too"):
            self.wait_for(again, "ready")

    def sign_in(self) -> None:
        """Fill in the form that the page leads to, and arrive at the page."""
        asked = self.student.visit(self.page_url)
        form = asked.form("password")
        page = self.student.submit(form, username=self.person["username"], password=self.person["password"])
        expect(unquote(page.address) == self.page_url, f"signing in leads to {page.address} (status {page.status})")

    def allow(self) -> str:
        """Give the app what it asks for and return the PIN that the page shows."""
        page = self.student.visit(self.app.authorization_url(f"{self.base}services/oauth/authorize"))
        if "local-pin" not in page.texts:  # on a second walk the student has already allowed it
            page = self.student.submit(page.form("allow"), allow="1")
        return page.text_of("local-pin")

    def clear(self) -> None:
        """Cancel what an earlier walk on the same data left."""
        response = self.app.get(f"{self.base}services/mlegitymacja/status")
        if response.status_code < REFUSED and response.json()["status"] in LIVE:
            with step("the app cancels the order of an earlier walk"):
                self.call("cancel", order_id=response.json()["id"])

    def call(self, method: str, **arguments: str) -> dict[str, Any]:
        """Call a method of the API and return its result.

        :raises StoryError: when it is refused
        """
        response = self.app.post(f"{self.base}services/mlegitymacja/{method}", data=arguments)
        expect(response.status_code < REFUSED, f"{method} answers {response.status_code}: {response.text[:300]}")
        result: dict[str, Any] = response.json()
        return result

    def wait_for(self, order: Mapping[str, Any], status: str) -> None:
        """Ask for the order until it has the status."""
        self.wait_until(
            lambda: self.call("status", order_id=order["id"])["status"] == status, f"the order is not {status}"
        )

    def wait_until(self, condition: Callable[[], bool], failure: str) -> None:
        """Ask until the condition holds, for at most half a minute."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            expect(time.monotonic() < deadline, f"{failure} after {PATIENCE_SECONDS:.0f} seconds")
            time.sleep(POLL_SECONDS)

    def picture(self, address: str) -> bytes:
        """Fetch the QR code."""
        response = self.app.get(address)
        kind = response.headers["content-type"]
        expect(response.status_code < REFUSED and kind == "image/png", f"{response.status_code}, {kind}")
        return bytes(response.content)

    def add_to_phone(self, picture: bytes, code: str) -> None:
        """Go through the phone's steps: terms, camera, QR code, activation code."""
        terms = self.phone.visit(f"{self.phone_url}add/terms")
        camera = self.phone.submit(terms.form("csrf"))
        scanner = self.phone.submit(camera.form("camera"), camera="no")
        asked = self.phone.submit(scanner.form("picture"), picture=picture)
        card = self.phone.submit(asked.form("code"), code=code)
        expect("card-valid" in card.texts, f"there is no card on {card.address} (status {card.status})")

    def see_on_page(self, order: Mapping[str, Any]) -> None:
        """Find the collected order's label on the student's own page."""
        label = self.call("status", order_id=order["id"])["status_label"]
        page = self.student.visit(self.page_url)
        expect(any(text in page.text for text in label.values()), f"the page does not say {label['pl']}")


def expect(condition: bool, failure: str) -> None:  # noqa: FBT001 - reads as a sentence
    """See that something holds.

    :raises StoryError: when it does not
    """
    if not condition:
        raise StoryError(failure)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Time one step and print its line."""
    began = time.monotonic()
    mark = "✗"
    try:
        yield
        mark = "✓"
    finally:
        print_line(mark, name, began)


def print_line(mark: str, name: str, began: float) -> None:
    """Print how something went and the seconds since it began."""
    print(f"{mark} {name:<58}{time.monotonic() - began:>7.2f} s", flush=True)
