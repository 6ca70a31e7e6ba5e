"""The registration form as people fill it in."""

import itertools
from typing import Any

import httpx
from making import Key
from serving import Browser

from usosapi_mleg.demo.visitor import read_page

FORM = "developers/"
_NUMBERS = itertools.count(1)


def filled(**changes: str) -> dict[str, str]:
    """Give what somebody types who makes no mistake, but for the changes."""
    good = {
        "name": f"Planer nr {next(_NUMBERS)}",
        "url": "https://planer.example.edu.pl/",
        "email": "planer@example.edu.pl",
        "callbacks": "",
        "terms": "yes",
    }
    return good | changes


def apply(browser: Browser, **changes: str) -> httpx.Response:
    """Fill the form in and send it."""
    return browser.send(read_page(browser.open(FORM)).form("terms"), **filled(**changes))


def key_on(response: httpx.Response) -> Key:
    """Read key and secret off the page."""
    assert response.status_code == 200, response.text
    page = read_page(response)
    return Key(page.text_of("consumer-key"), page.text_of("consumer-secret"))


def register(browser: Browser, **changes: Any) -> Key:
    """Register an app."""
    return key_on(apply(browser, **changes))
