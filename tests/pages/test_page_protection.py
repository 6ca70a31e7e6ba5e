"""Forms and AJAX of the page against forged requests, and the ways of programs that were made for USOSweb."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from browsing import Person
from playwright.sync_api import expect
from running import RunningService

TOKEN = re.compile(r'csrftoken = "(\d{4}-\d{2}-\d{2}-[0-9a-f]{16})";')
STALE = "2020-01-01-0123456789abcdef"
PROXY = "usosapiProxy.php?_method_=services%2Fmlegitymacja%2F"


@pytest.fixture
def program(service: RunningService) -> Iterator[httpx.Client]:
    """A program that signs in like a browser and reads pages as text."""
    with httpx.Client(base_url=service.ports.base_url, follow_redirects=True, trust_env=False, verify=False) as client:
        user = service.user("eligible", 6)
        form = client.get(service.ports.page_url)
        assert '<form class="login-form" method="post">' in form.text
        client.post(form.url, data={"username": user["username"], "password": user["password"]})
        assert "PHPSESSID" in client.cookies
        yield client


def _token(program: httpx.Client, page_url: str) -> str:
    found = TOKEN.search(program.get(page_url).text)
    assert found
    return found[1]


def test_a_program_that_scrapes_the_token_can_call_the_proxy(service: RunningService, program: httpx.Client) -> None:
    token = _token(program, service.ports.page_url)
    ordered = program.post(f"{PROXY}order", data={"_csrftoken_": token})
    assert ordered.status_code == 200, ordered.text
    status = program.post(f"{PROXY}status", data={"_csrftoken_": token, "order_id": ordered.json()["id"]})
    assert status.json()["id"] == ordered.json()["id"]


@pytest.mark.parametrize("body", [{}, {"_csrftoken_": STALE}, {"_csrftoken_": "1' OR 1=1"}])
def test_the_proxy_refuses_a_wrong_token_in_usosweb_s_words(program: httpx.Client, body: dict[str, str]) -> None:
    answer = program.post(f"{PROXY}status", data=body)
    assert (answer.status_code, answer.text) == (400, "Invalid CSRF token")
    assert answer.headers["content-type"].startswith("text/plain")


def test_the_proxy_tells_a_program_without_session_to_sign_in(service: RunningService) -> None:
    answer = httpx.post(
        f"{service.ports.base_url}{PROXY}status", data={"_csrftoken_": STALE}, trust_env=False, verify=False
    )
    assert (answer.status_code, answer.text) == (400, "Missing session CSRF token.")


@pytest.mark.parametrize("change", ["input.remove()", f"input.value = '{STALE}'"])
def test_a_form_without_the_right_token_changes_nothing_and_says_so_clearly(
    service: RunningService, new_person: Callable[..., Person], change: str
) -> None:
    person = new_person()
    person.sign_in(service.user("long_name"))
    person.page.locator('[data-act="zamow"] input[name="_csrftoken_"]').evaluate(f"input => {{ {change} }}")
    with person.page.expect_navigation() as answer:
        person.click("Zamów mLegitymację")
    assert answer.value.status == 400
    expect(person.page.locator("h1")).to_have_text("Strona wygasła")
    expect(person.page.locator("main")).to_contain_text("Nic nie zostało zmienione")
    person.click("wróć na stronę mLegitymacji")
    expect(person.page.locator("#page")).not_to_have_attribute("data-order", re.compile("."))


def test_a_second_order_is_refused_with_the_page_as_it_is(service: RunningService, program: httpx.Client) -> None:
    token = _token(program, service.ports.page_url)
    program.post(f"{PROXY}order", data={"_csrftoken_": token})
    action = "kontroler.php?_action=dla_stud/studia/mlegitymacja/zamow"
    again = program.post(action, data={"_csrftoken_": token}, headers={"Accept-Language": "pl"})
    assert again.status_code == 409
    assert "Masz już zamówioną mLegitymację" in again.text
    assert "<usos-tag" in again.text


def test_no_page_lets_scripts_styles_or_frames_of_others_in(service: RunningService, program: httpx.Client) -> None:
    answer: Any = program.get(service.ports.page_url)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<[^>]+\s(style|on\w+)=", answer.text)
