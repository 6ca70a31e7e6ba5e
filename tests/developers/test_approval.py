"""A university that wants to look at every app before it may call: callbacks demanded, approval by an administrator."""

from collections.abc import Iterator

import httpx
import pytest
from making import Key
from registering import FORM, apply, key_on, register
from serving import Browser, WebService
from signing import Caller

from usosapi_mleg.demo.visitor import read_page

WAITING = "admin/consumers?state=waiting"
CALLBACK = "https://planer.example.edu.pl/back"


@pytest.fixture
def applicant(strict_service: WebService) -> Iterator[Browser]:
    """Somebody who is signed in and wants a key."""
    with Browser(strict_service.base_url) as fresh:
        fresh.sign_in("anna.nowak")
        yield fresh


@pytest.fixture
def administrator(strict_service: WebService) -> Iterator[Browser]:
    """An administrator."""
    with Browser(strict_service.base_url) as fresh:
        fresh.sign_in("marek.dudek")
        yield fresh


def _status(service: WebService, consumer: Key) -> int:
    return Caller(service.base_url, consumer).get("apisrv/consumer", fields="name").status


def _decide(administrator: Browser, consumer: Key, act: str) -> httpx.Response:
    form = read_page(administrator.open(f"admin/consumers/{consumer.key}/{act}")).form("reason")
    return administrator.send(form, reason="Looked at it")


def test_callbacks_can_be_demanded(applicant: Browser) -> None:
    answer = apply(applicant, callbacks="\n \n")
    assert answer.status_code == 400
    assert "requires at least one callback address" in read_page(answer).text_of("problem")


def test_a_key_works_only_after_an_administrator_has_approved_it(
    strict_service: WebService, applicant: Browser, administrator: Browser
) -> None:
    answer = apply(applicant, name="Czekająca", callbacks=CALLBACK)
    assert "The key does not work yet" in answer.text
    consumer = key_on(answer)
    assert "waits for approval" in applicant.open(FORM).text
    assert _status(strict_service, consumer) == 401
    assert "Czekająca" in administrator.open(WAITING).text
    assert CALLBACK in administrator.open(f"admin/consumers/{consumer.key}").text
    assert _decide(administrator, consumer, "approve").status_code == 303
    assert _status(strict_service, consumer) == 200
    assert "Czekająca" not in administrator.open(WAITING).text


def test_a_refused_key_never_works(strict_service: WebService, applicant: Browser, administrator: Browser) -> None:
    consumer = register(applicant, callbacks=CALLBACK)
    assert _decide(administrator, consumer, "refuse").status_code == 303
    assert _status(strict_service, consumer) == 401
    assert consumer.key not in administrator.open(WAITING).text
    assert "switched off" in applicant.open(FORM).text


def test_only_an_administrator_decides(strict_service: WebService, applicant: Browser) -> None:
    consumer = register(applicant, callbacks=CALLBACK)
    approve = f"admin/consumers/{consumer.key}/approve"
    assert applicant.open(approve).status_code == 403
    csrf = read_page(applicant.open(FORM)).form("terms").values["_csrftoken_"]
    values = {"_csrftoken_": csrf, "reason": "I say so"}
    assert applicant.client.post(strict_service.url(approve), data=values).status_code == 403
    assert _status(strict_service, consumer) == 401
    with Browser(strict_service.base_url) as nobody:
        assert nobody.open(approve).is_redirect


def test_a_key_that_does_not_wait_cannot_be_approved(
    strict_service: WebService, applicant: Browser, administrator: Browser
) -> None:
    consumer = register(applicant, callbacks=CALLBACK)
    assert _decide(administrator, consumer, "refuse").status_code == 303
    assert _decide(administrator, consumer, "approve").status_code == 409
    assert _status(strict_service, consumer) == 401
