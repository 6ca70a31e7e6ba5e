"""What a false, broken or silent CAS server, or somebody between, cannot do."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from elsewhere import free_port, is_signed_in, new_account, parameters, served, serving
from fakes import FakeSystem, dripping, hanging, saying
from serving import Browser, WebService

from usosapi_mleg.oauth.external import calling

NAMESPACE = 'xmlns:cas="http://www.yale.edu/tp/cas"'
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


def answer(inside: str, before: str = "", namespace: str = NAMESPACE) -> str:
    """Write an answer of the server."""
    return f"{before}<cas:serviceResponse {namespace}>{inside}</cas:serviceResponse>"


def success(user: str, more: str = "") -> str:
    """Write what says who came."""
    return f"<cas:authenticationSuccess><cas:user>{user}</cas:user>{more}</cas:authenticationSuccess>"


def failure(code: str) -> str:
    """Write what says that nobody came."""
    return f'<cas:authenticationFailure code="{code}">SECRET</cas:authenticationFailure>'


@pytest.fixture(scope="module")
def fake() -> FakeSystem:
    """A server that does what tests want."""
    return FakeSystem()


@pytest.fixture(scope="module")
def by_fake(service: WebService, fake: FakeSystem) -> Iterator[WebService]:
    """The service that believes in that server, beside local accounts."""
    port = free_port()
    with (
        served(fake, port),
        serving(service, free_port(), {"MLEG_CAS_URL": f"http://127.0.0.1:{port}/cas/"}) as running,
    ):
        yield running


@pytest.fixture
def browser(by_fake: WebService) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    calling._silent_until.clear()
    with Browser(by_fake.base_url) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def name(by_fake: WebService) -> str:
    """Somebody who may sign in."""
    return new_account(by_fake.app)


def come_back(browser: Browser, ticket: str = "ST-1-nobody-may-log-this") -> Any:
    """Set out and come back with a ticket."""
    service = parameters(browser.open("sign-in/cas?next=/help/reasons").headers["Location"])["service"]
    return browser.open(f"{service}&ticket={ticket}")


def test_the_user_name_itself_names_the_account(browser: Browser, fake: FakeSystem, name: str) -> None:
    fake.answers["/cas/p3/serviceValidate"] = saying(answer(success(name.upper()), '<?xml version="1.0"?>\n<!-- x -->'))
    back = come_back(browser)
    assert (back.status_code, back.headers["Location"]) == (303, "/help/reasons")
    assert is_signed_in(browser)


REFUSED: dict[str, tuple[str | bytes, int]] = {
    "unknown ticket": (answer(failure("INVALID_TICKET")), 400),
    "ticket for another service": (answer(failure("INVALID_SERVICE")), 400),
    "service not allowed": (answer(failure("UNAUTHORIZED_SERVICE")), 502),
    "fault there": (answer(failure("INTERNAL_ERROR")), 503),
    "odd code": (answer(failure("x&#10;y" * 30)), 502),
    "no user": (answer("<cas:authenticationSuccess/>"), 502),
    "empty user": (answer(success("")), 502),
    "two users": (answer(success("NAME", "<cas:user>admin</cas:user>")), 502),
    "success and failure": (answer(failure("INVALID_TICKET") + success("NAME")), 502),
    "failure and success": (answer(success("NAME") + failure("INVALID_TICKET")), 502),
    "success in something else": (answer(f"<cas:x>{success('NAME')}</cas:x>"), 502),
    "other namespace": (answer(success("NAME"), namespace='xmlns:cas="http://evil.example/"'), 502),
    "no namespace": (f"<serviceResponse>{success('NAME').replace('cas:', '')}</serviceResponse>", 502),
    "long user": (answer(success("n" * 300)), 502),
    "control character": (answer(success("a&#9;b")), 502),
    "cut off": (answer(success("NAME"))[:-5], 502),
    "HTML": ("<!doctype html><html><body>NAME", 502),
    "text": ("yes\nNAME\n", 502),
    "nothing": ("", 502),
    "not UTF-8": (answer(success("NAME\xff")).encode("latin-1"), 502),
    "UTF-16": (answer(success("NAME"), '<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"), 502),
    "entity": (answer(success("&who;"), '<!DOCTYPE a [<!ENTITY who "NAME">]>'), 502),
    "a file": (answer(success("&who;"), '<!DOCTYPE a [<!ENTITY who SYSTEM "file:///etc/hostname">]>'), 502),
    "a bomb": (answer(success("&e11;"), f'<!DOCTYPE a [<!ENTITY e0 "lol">{BOMB}]>'), 502),
    "a parameter entity": (
        answer(success("NAME"), '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]>'),
        502,
    ),
    "a document type": (answer(success("NAME"), "<!DOCTYPE a>"), 502),
    "deep": ("<a>" * 80_000, 502),
    "huge": (answer(success("NAME" + " " * 300_000)), 502),
    "many attributes": (answer("<a " + " ".join(f'a{n}="1"' for n in range(20_000)) + "/>"), 502),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_answer_that_must_not_be_believed_signs_nobody_in(
    browser: Browser, fake: FakeSystem, name: str, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    body, status = REFUSED[case]
    body = body.replace(b"NAME", name.encode()) if isinstance(body, bytes) else body.replace("NAME", name)
    fake.answers["/cas/p3/serviceValidate"] = saying(body)
    began = time.monotonic()
    page = come_back(browser)
    assert page.status_code == status
    assert "<h1>" in page.text
    assert time.monotonic() - began < 2
    assert not is_signed_in(browser)
    assert "nobody was signed in by cas" in caplog.text
    assert "nobody-may-log-this" not in caplog.text + page.text
    assert "SECRET" not in caplog.text + page.text


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (saying("", 500), 503),
        (saying("", 404), 502),
        (saying("", 302, Location="http://127.0.0.1:9/"), 502),
        (hanging(0.6), 503),
        (dripping(30, 0.05), 503),
    ],
    ids=["fails", "is not there", "sends elsewhere", "is silent", "drips"],
)
def test_a_server_that_does_not_work_is_told_apart_from_a_fault_of_ours(
    browser: Browser, fake: FakeSystem, given: Any, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "TIMEOUT_SECONDS", 0.2)
    fake.answers["/cas/p3/serviceValidate"] = given
    assert come_back(browser).status_code == status
    assert not is_signed_in(browser)
