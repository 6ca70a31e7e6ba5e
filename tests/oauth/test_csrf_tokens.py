"""The CSRF tokens of a web session, in the form that USOSweb clients know."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from making import moved_clock
from serving import WebService

from usosapi_mleg import clock
from usosapi_mleg.oauth.sessions import csrf_token, csrf_token_holds

SECRET = "value-of-a-session-cookie"


@pytest.fixture(autouse=True)
def in_app(service: WebService) -> Iterator[None]:
    """Work inside the application, whose keys make the tokens."""
    with service.app.app_context():
        yield


def test_a_token_is_a_date_and_sixteen_hexadecimal_digits() -> None:
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{16}", csrf_token(SECRET))
    assert csrf_token(SECRET).startswith(clock.today().isoformat())


def test_a_token_holds_today_and_tomorrow_and_then_no_more(service: WebService) -> None:
    token = csrf_token(SECRET)
    yesterday = csrf_token(SECRET, clock.today() - timedelta(days=1))
    older = csrf_token(SECRET, clock.today() - timedelta(days=2))
    tomorrow = csrf_token(SECRET, clock.today() + timedelta(days=1))
    assert csrf_token_holds(SECRET, token)
    assert csrf_token_holds(SECRET, yesterday)
    assert not csrf_token_holds(SECRET, older)
    assert not csrf_token_holds(SECRET, tomorrow)
    with moved_clock(service.app, 48 * 3600, everywhere=False):
        assert not csrf_token_holds(SECRET, token)


def test_a_token_is_of_one_session() -> None:
    assert not csrf_token_holds("another session", csrf_token(SECRET))


def test_the_date_of_a_token_cannot_be_changed() -> None:
    digits = csrf_token(SECRET, clock.today() - timedelta(days=9))[-16:]
    assert not csrf_token_holds(SECRET, f"{clock.today().isoformat()}-{digits}")


@pytest.mark.parametrize(
    "token", ["", "x", "2026-11-22", "0000-00-00-0123456789abcdef", "٢٠٢٦-11-22-0123456789abcdef", "\0"]
)
def test_a_text_of_another_form_is_no_token(token: str) -> None:
    assert not csrf_token_holds(SECRET, token)
