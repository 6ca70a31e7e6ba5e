"""A forgotten password is set anew with a link from a mail, a known one on the account page; nobody learns who has an account."""

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

import httpx
import pytest
from accounts.conftest import MailingService
from accounts.visitors import PASSWORD, new_account, notice, sign_in, visitor
from making import change, count
from serving import Browser, WebService

from usosapi_mleg.demo.visitor import read_page

NEW = "four words in a row"


@pytest.fixture
def service(mailing_service: MailingService) -> WebService:
    """The web part that sends mail."""
    return mailing_service.web


@pytest.fixture
def email() -> str:
    """A mailbox that only this test uses."""
    return f"somebody.{time.monotonic_ns()}@student.example.edu.pl"


@pytest.fixture
def username(service: WebService, email: str) -> str:
    """Somebody with a mailbox."""
    return new_account(service.app, email=email)


def ask(browser: Browser, who: str) -> httpx.Response:
    """Ask for a link."""
    return browser.client.post(f"{browser.base_url}forgotten-password", data={"who": who})


def link_in(mail: EmailMessage) -> str:
    """Give the address in a mail."""
    links = set(re.findall(r"http\S+/new-password\?token=\S+", mail.get_content()))
    assert len(links) == 1
    return links.pop()


def set_password(browser: Browser, link: str, password: str = NEW, repeated: str | None = None) -> httpx.Response:
    """Open the link and fill in the form."""
    form = read_page(browser.open(link)).form("new_password")
    return browser.send(form, new_password=password, repeated_password=password if repeated is None else repeated)


def signed_in(browser: Browser) -> bool:
    """Tell whether the browser's session still runs."""
    return browser.open("my-account").status_code == 200


@pytest.mark.parametrize("by", ["name", "mail"])
def test_whoever_has_the_mailbox_sets_a_new_password(
    mailing_service: MailingService, service: WebService, username: str, email: str, by: str
) -> None:
    with visitor(service) as elsewhere, visitor(service) as browser:
        sign_in(elsewhere, username)
        assert signed_in(elsewhere)
        assert 'href="/forgotten-password"' in browser.open("sign-in").text
        assert ask(browser, f" {username.upper()} " if by == "name" else email.upper()).status_code == 200
        (mail,) = mailing_service.mails_to(email)
        assert username in mail.get_content()
        link = link_in(mail)
        page = browser.open(link)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page.headers["Cache-Control"]
        assert set_password(browser, link).status_code == 200
        assert not signed_in(elsewhere)
        assert sign_in(browser, username).status_code == 401
        assert sign_in(browser, username, NEW).status_code == 303
    told = mailing_service.mails_to(email)[1:]
    assert [mail["Subject"].partition(" / ")[2] for mail in told] == ["The password for mLegitymacja was changed"]
    assert NEW not in told[0].get_content()


def test_a_link_works_once_even_in_a_race(
    mailing_service: MailingService, service: WebService, username: str, email: str
) -> None:
    with visitor(service) as browser:
        ask(browser, username)
        link = link_in(mailing_service.mails_to(email)[0])
        form = read_page(browser.open(link)).form("new_password").values
        sent = form | {"new_password": NEW, "repeated_password": NEW}
        with ThreadPoolExecutor(4) as pool:
            address = service.url("new-password")
            answers = list(
                pool.map(lambda _: httpx.post(address, data=sent, trust_env=False, timeout=30).status_code, range(4))
            )
        assert sorted(answers) == [200, 400, 400, 400]
        assert browser.open(link).status_code == 400


def test_a_link_lives_half_an_hour_and_another_one_ends_with_it(
    mailing_service: MailingService, service: WebService, username: str, email: str
) -> None:
    with visitor(service) as browser:
        ask(browser, username)
        ask(browser, username)
        first, second = (link_in(mail) for mail in mailing_service.mails_to(email))
        mine = "username = :name AND expires_at - created_at = interval '30 minutes'"
        assert count(service.app, f"password_resets WHERE {mine}", name=username) == 2
        assert set_password(browser, second).status_code == 200
        assert browser.open(first).status_code == 400
        ask(browser, username)
        third = link_in(mailing_service.mails_to(email)[-1])
        change(service.app, "UPDATE password_resets SET expires_at = now() WHERE username = :name", name=username)
        assert browser.open(third).status_code == 400


def test_the_answer_is_the_same_for_somebody_without_an_account(
    mailing_service: MailingService, service: WebService, username: str, email: str
) -> None:
    shared = f"shared.{time.monotonic_ns()}@example.edu.pl"
    without = new_account(service.app)
    for _ in range(2):
        new_account(service.app, email=shared)
    with visitor(service) as browser:
        pages = {
            ask(browser, who).text for who in (username, email, "nobody", "nobody@example.pl", shared, without, "")
        }
    assert len(pages) == 1
    assert len(mailing_service.mails_to(email)) == 2
    assert mailing_service.mails_to(shared) == []
    assert count(service.app, "mails") == 0


def test_the_answer_takes_the_same_time_for_somebody_without_an_account(service: WebService) -> None:
    taken: dict[bool, list[float]] = {True: [], False: []}
    names = [new_account(service.app, email=f"timed.{number}@example.pl") for number in range(12)]
    for number, name in enumerate(names):
        for known in (True, False):
            with visitor(service) as browser:
                browser.open("static/icon.svg")
                begin = time.perf_counter()
                ask(browser, name if known else f"nobody.{number}")
                taken[known].append(time.perf_counter() - begin)
    known, unknown = statistics.median(taken[True]), statistics.median(taken[False])
    assert 0.5 < known / unknown < 2


def test_a_mailbox_is_not_flooded_and_the_answer_stays_the_same(
    mailing_service: MailingService, service: WebService, username: str, email: str
) -> None:
    with visitor(service) as browser:
        assert len({ask(browser, username).text for _ in range(5)}) == 1
    assert len(mailing_service.mails_to(email)) == 3


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "ż" * 43, "a%00b", "%ff"])
def test_a_made_up_link_does_not_work(service: WebService, token: str) -> None:
    with visitor(service) as browser:
        page = browser.open(f"new-password?token={token}")
        assert page.status_code == 400
        assert "does not work" in page.text


def test_the_link_is_in_no_log_and_not_in_the_database(
    mailing_service: MailingService, service: WebService, username: str, email: str
) -> None:
    with visitor(service) as browser:
        ask(browser, username)
        link = link_in(mailing_service.mails_to(email)[0])
        set_password(browser, link, "short")
    token = link.rpartition("=")[2]
    assert token not in service.log.read_text()
    assert count(service.app, "password_resets AS one WHERE strpos(one::text, :token) > 0", token=token) == 0


@pytest.mark.parametrize(
    ("password", "repeated", "complaint"),
    [
        ("eleven char", "eleven char", "at least 12"),
        ("x" * 257, "x" * 257, "at most 256"),
        ("four words in a row", "four words in a r0w", "differ"),
        ("NAME", "NAME", "must not be the user name"),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(
    service: WebService, password: str, repeated: str, complaint: str
) -> None:
    username = new_account(service.app)
    with visitor(service) as browser:
        sign_in(browser, username)
        form = read_page(browser.open("my-account")).form("old_password")
        values = {"old_password": PASSWORD, "new_password": password, "repeated_password": repeated}
        refused = browser.send(
            form, **{name: value.replace("NAME", username.upper()) for name, value in values.items()}
        )
        assert refused.status_code == 400
        assert complaint in notice(refused)
        assert sign_in(browser, username).status_code == 303


def test_the_longest_password_works_as_a_whole(service: WebService, username: str) -> None:
    longest = "ż" * 255 + "a"
    with visitor(service) as browser:
        sign_in(browser, username)
        form = read_page(browser.open("my-account")).form("old_password")
        values = {"old_password": PASSWORD, "new_password": longest, "repeated_password": longest}
        assert browser.send(form, **values).status_code == 303
        assert sign_in(browser, username, "ż" * 255 + "b").status_code == 401
        assert sign_in(browser, username, longest).status_code == 303


def test_a_password_is_changed_by_whoever_knows_the_old_one(
    mailing_service: MailingService, service: WebService, username: str, email: str
) -> None:
    with visitor(service) as browser, visitor(service) as elsewhere:
        sign_in(browser, username)
        sign_in(elsewhere, username)
        form = read_page(browser.open("my-account")).form("old_password")
        values = {"new_password": NEW, "repeated_password": NEW}
        wrong = browser.send(form, old_password="wrong", **values)
        assert (wrong.status_code, "current password is wrong" in notice(wrong)) == (400, True)
        assert browser.send(form, old_password=PASSWORD, _csrftoken_="", **values).status_code == 400
        done = browser.follow(browser.send(form, old_password=PASSWORD, **values))
        assert "The password was changed" in notice(done)
        assert signed_in(browser)
        assert not signed_in(elsewhere)
        assert sign_in(elsewhere, username).status_code == 401
        assert sign_in(elsewhere, username, NEW).status_code == 303
    assert len(mailing_service.mails_to(email)) == 1
    audited = "audit_events WHERE action = 'password_changed' AND actor LIKE 'person:%' AND person_id = :person"
    assert count(service.app, audited, person=int(username.rpartition(".")[2])) == 1


def test_guessing_at_the_old_password_on_the_account_page_is_limited(service: WebService, username: str) -> None:
    with visitor(service) as browser:
        sign_in(browser, username)
        form = read_page(browser.open("my-account")).form("old_password")
        values = {"new_password": NEW, "repeated_password": NEW}
        answers = [browser.send(form, old_password=f"guess {number}", **values) for number in range(6)]
        assert [answer.status_code for answer in answers] == [400] * 5 + [429]
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert browser.send(form, old_password=PASSWORD, **values).status_code == 429
