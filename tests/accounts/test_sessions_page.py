"""A person sees where they are signed in, and ends any of it; and what stands there names no more than is needed."""

import re

import httpx
import pytest
from accounts.visitors import new_account, new_address, sign_in, visitor
from making import change, count
from serving import Browser, WebService

from usosapi_mleg.demo.visitor import Form, read_page
from usosapi_mleg.oauth.browsers import family_of, shortened

LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.5 Mobile Safari/604.1"
PHONE = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36"
)
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_5) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.5 Safari/605.1"


@pytest.fixture
def username(service: WebService) -> str:
    """Somebody who is signed in nowhere."""
    return new_account(service.app)


def account(browser: Browser) -> httpx.Response:
    """Open the page."""
    return browser.open("my-account")


def end_forms(browser: Browser) -> list[Form]:
    """Give the forms that end sessions, the latest session first, all others last."""
    return [form for form in read_page(account(browser)).forms if form.action.endswith("/my-account/sessions")]


def session_ids(browser: Browser) -> list[str]:
    """Give the sessions that can be ended one by one."""
    return re.findall(r'name="session" value="([0-9a-f]{64})"', account(browser).text)


def test_every_running_session_is_listed_with_its_browser_and_place(service: WebService, username: str) -> None:
    address = new_address()
    with visitor(service, address) as one, visitor(service) as two:
        one.client.headers["User-Agent"] = LINUX
        two.client.headers["User-Agent"] = IPHONE
        sign_in(one, username)
        sign_in(two, username)
        page = account(one)
        assert page.status_code == 200
        for shown in ("Firefox, Linux", "Safari, iOS", "127.77.0.*", "this session"):
            assert shown in page.text
        assert address not in page.text
        assert page.text.count("this session") == 1
        assert 'href="/my-account"' in one.open("kontroler.php").text
    kept = (
        "web_sessions AS one WHERE username = :name AND (strpos(one::text, :address) > 0 OR one::text LIKE '%Gecko%')"
    )
    assert count(service.app, kept, name=username, address=address) == 0


def test_one_session_is_ended_and_the_others_go_on(service: WebService, username: str) -> None:
    with visitor(service) as own, visitor(service) as lost, visitor(service) as kept:
        for browser in (own, lost, kept):
            sign_in(browser, username)
        latest, earlier = session_ids(own)
        form = end_forms(own)[0]
        assert own.send(form, session=earlier).status_code == 303
        assert account(lost).status_code == 302
        assert (account(own).status_code, account(kept).status_code) == (200, 200)
        assert session_ids(own) == [latest]


def test_signing_out_everywhere_else_leaves_this_session(service: WebService, username: str) -> None:
    with visitor(service) as own, visitor(service) as one, visitor(service) as two:
        for browser in (own, one, two):
            sign_in(browser, username)
        done = own.follow(own.send(end_forms(own)[-1], session="others"))
        assert "All other sessions were ended" in done.text
        assert [account(browser).status_code for browser in (own, one, two)] == [200, 302, 302]
        assert end_forms(own) == []


def test_nobody_ends_the_session_of_somebody_else(service: WebService, username: str) -> None:
    with visitor(service) as own, visitor(service) as another, visitor(service) as stranger:
        sign_in(own, username)
        sign_in(another, username)
        (target,) = session_ids(own)
        theirs = new_account(service.app)
        sign_in(stranger, theirs)
        with visitor(service) as second:
            sign_in(second, theirs)
            form = end_forms(stranger)[0]
        for wish in (target, "", "x", "g" * 64, "ż" * 64, target.upper()):
            assert stranger.send(form, session=wish).status_code == 303
        assert account(another).status_code == 200
        assert own.send(form, session=target).status_code == 400
        assert account(another).status_code == 200


def test_the_page_is_for_somebody_who_is_signed_in(service: WebService, username: str) -> None:
    with visitor(service) as browser:
        for answer in (
            account(browser),
            browser.client.post(service.url("my-account/sessions")),
            browser.client.post(service.url("my-account/password")),
        ):
            assert "/sign-in?" in answer.headers["Location"]


def test_a_session_that_has_ended_by_itself_is_not_listed(service: WebService, username: str) -> None:
    with visitor(service) as own, visitor(service) as old:
        sign_in(old, username)
        change(service.app, "UPDATE web_sessions SET expires_at = now() WHERE username = :name", name=username)
        sign_in(own, username)
        assert session_ids(own) == []


def test_without_mail_no_link_is_offered_and_the_page_says_so(service: WebService) -> None:
    with visitor(service) as browser:
        assert "forgotten-password" not in browser.open("sign-in").text
        for answer in (browser.open("forgotten-password"), browser.client.post(service.url("forgotten-password"))):
            assert answer.status_code == 404
            assert "sends no mail" in answer.text


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        (LINUX, "Firefox, Linux"),
        (EDGE, "Edge, Windows"),
        (IPHONE, "Safari, iOS"),
        (PHONE, "Chrome, Android"),
        (MAC, "Safari, macOS"),
        ("curl/8.0", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_browsers_are_named(user_agent: str, family: str | None) -> None:
    assert family_of(user_agent) == family


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("192.0.2.77", "192.0.2.*"),
        ("::ffff:192.0.2.77", "192.0.2.*"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:*"),
        ("fe80::1", "fe80:0:0:*"),
        ("", None),
        (None, None),
    ],
)
def test_addresses_are_shortened(address: str | None, short: str | None) -> None:
    assert shortened(address) == short
