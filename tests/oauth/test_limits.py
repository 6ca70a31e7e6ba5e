"""Coarse limits: too many requests of one address, app or person are refused for the rest of the minute, and nobody else's."""

import logging
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from dance import OTHER_STUDENT, STUDENT
from flask import Flask
from flask.testing import FlaskClient
from making import ALL_SCOPES, Key, new_consumer, new_student, new_token
from serving import Browser, WebService, app_with, web_server
from signing import Caller, Signed
from sqlalchemy import update
from werkzeug.test import TestResponse

from usosapi_mleg.crypto import digest
from usosapi_mleg.demo.layout import free_ports
from usosapi_mleg.extensions import db, transaction
from usosapi_mleg.models import Consumer
from usosapi_mleg.oauth.limits import OwnCounts, SharedCounts
from usosapi_mleg.oauth.networks import network_of
from usosapi_mleg.settings import Settings, SettingsError

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.17"
NOBODY_LISTENS = "redis://127.0.0.1:9/0"


@pytest.fixture(autouse=True)
def _not_at_the_end_of_a_minute() -> None:
    """Counts end with the minute: begin in the next one when this one is nearly over."""
    if (left := 60 - time.time() % 60) < 5:
        time.sleep(left)


@pytest.fixture
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


def visit(app: Flask, path: str, address: str = HERE, headers: Mapping[str, str] | None = None) -> TestResponse:
    """Visit a page or a method."""
    return visitor(app).get(path, headers=headers, environ_base={"REMOTE_ADDR": address})


def visitor(app: Flask) -> FlaskClient:
    """Give a browser that follows nothing."""
    return app.test_client(use_cookies=True)


def deliver(app: Flask, signed: Signed, address: str = HERE) -> TestResponse:
    """Have an application in this process answer a signed request."""
    parts = httpx.URL(signed.url)
    return visitor(app).open(
        parts.raw_path.decode(),
        base_url=f"http://{parts.netloc.decode()}",
        method=signed.http_method,
        headers=signed.headers,
        data=signed.body,
        environ_base={"REMOTE_ADDR": address},
    )


def check_refused(answer: TestResponse) -> None:
    """Check that the answer says when to come back."""
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def check_refused_as_usos_does(answer: TestResponse) -> None:
    """Check that the answer has USOS API's error form."""
    check_refused(answer)
    assert answer.get_json()["reason"] == "too_many_requests"
    assert set(answer.get_json()["user_messages"]["generic_message"]) == {"pl", "en"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


def test_an_address_that_comes_too_often_is_refused_at_every_door(service: WebService) -> None:
    with app_with(service, MLEG_LIMIT_ADDRESS="3") as app:
        for _ in range(3):
            assert visit(app, "/services/apisrv/now").status_code == 200
        check_refused_as_usos_does(visit(app, "/services/apisrv/now"))
        page = visit(app, "/kontroler.php?lang=en", headers={"Cookie": "PHPSESSID=x"})
        check_refused(page)
        assert page.mimetype == "text/html"
        assert "Too many requests in a short time." in page.text
        check_refused(visit(app, "/nothing"))
        check_refused(visit(app, "/services/oauth/authorize?oauth_token=x"))
        token = visitor(app).post("/oauth2/token", environ_base={"REMOTE_ADDR": HERE})
        check_refused(token)
        assert token.get_json()["error"] == "temporarily_unavailable"
        assert visit(app, "/services/apisrv/now", ELSEWHERE).status_code == 200


def test_the_ministry_and_our_own_files_are_not_counted(service: WebService) -> None:
    with app_with(service, MLEG_LIMIT_ADDRESS="1") as app:
        for _ in range(3):
            with visit(app, "/static/icon.svg") as picture:
                assert picture.status_code == 200
            callback = visitor(app).post("/ministry/callback", environ_base={"REMOTE_ADDR": HERE})
            assert callback.status_code == 401
        assert visit(app, "/services/apisrv/now").status_code == 200


def test_request_tokens_have_a_limit_of_their_own(service: WebService, consumer: Key) -> None:
    caller = Caller(service.base_url, consumer)

    def ask(app: Flask, address: str = HERE) -> TestResponse:
        options = {"callback_uri": "oob"}
        return deliver(app, caller.prepare("oauth/request_token", "POST", options=options), address)

    with app_with(service, MLEG_LIMIT_NEW_TOKENS="2") as app:
        assert [ask(app).status_code for _ in range(2)] == [200, 200]
        check_refused_as_usos_does(ask(app))
        device = visitor(app).post("/oauth2/device_authorization", environ_base={"REMOTE_ADDR": HERE})
        check_refused(device)
        assert visit(app, "/services/apisrv/now").status_code == 200
        assert ask(app, ELSEWHERE).status_code == 403  # not limited, but neither on this machine nor over TLS


def test_an_app_that_calls_too_often_is_refused_and_no_other(service: WebService, consumer: Key) -> None:
    student = new_student(service.app)
    apps = [
        Caller(service.base_url, one, new_token(service.app, one, student, *ALL_SCOPES))
        for one in (consumer, new_consumer(service.app))
    ]
    forged = Caller(service.base_url, consumer._replace(secret="x" * 40), apps[0].token)
    with app_with(service, MLEG_LIMIT_CONSUMER="2") as app:
        for _ in range(3):
            assert deliver(app, forged.prepare("users/user")).status_code == 401
        for address in (HERE, ELSEWHERE):
            assert deliver(app, apps[0].prepare("users/user"), address).status_code == 200
        check_refused_as_usos_does(deliver(app, apps[0].prepare("users/user"), "192.0.2.18"))
        assert deliver(app, apps[1].prepare("users/user")).status_code == 200


def test_a_person_who_calls_too_often_is_refused_whatever_the_app(service: WebService, consumer: Key) -> None:
    student, other = new_student(service.app), new_student(service.app)
    mine = [
        Caller(service.base_url, one, new_token(service.app, one, student, *ALL_SCOPES))
        for one in (consumer, new_consumer(service.app))
    ]
    theirs = Caller(service.base_url, consumer, new_token(service.app, consumer, other, *ALL_SCOPES))
    with app_with(service, MLEG_LIMIT_PERSON="2") as app:
        for caller in mine:
            assert deliver(app, caller.prepare("users/user")).status_code == 200
        check_refused_as_usos_does(deliver(app, mine[0].prepare("users/user")))
        assert deliver(app, theirs.prepare("users/user")).status_code == 200


def test_what_an_office_does_about_a_person_is_not_that_persons(service: WebService) -> None:
    office = Caller(service.base_url, new_consumer(service.app, administrative=True))
    student = str(new_student(service.app))
    with app_with(service, MLEG_LIMIT_PERSON="1") as app:
        for _ in range(3):
            assert deliver(app, office.prepare("users/user", as_user_id=student)).status_code == 200


def test_a_person_at_the_browser_is_counted_too(service: WebService) -> None:
    with Browser(service.base_url) as first, Browser(service.base_url) as second:
        first.sign_in(STUDENT)
        second.sign_in(OTHER_STUDENT)
        sessions = [first.session, second.session]
    with app_with(service, MLEG_LIMIT_PERSON="2") as app:
        mine, theirs = visitor(app), visitor(app)
        mine.set_cookie("PHPSESSID", sessions[0])
        theirs.set_cookie("PHPSESSID", sessions[1])
        assert [mine.get("/kontroler.php").status_code for _ in range(2)] == [200, 200]
        check_refused(mine.get("/kontroler.php"))
        check_refused_as_page_data(mine)
        assert theirs.get("/kontroler.php").status_code == 200


def check_refused_as_page_data(client: FlaskClient) -> None:
    """Check that the page's own AJAX is told in the form that it reads."""
    answer = client.post("/usosapiProxy.php?_method_=services/users/user")
    check_refused(answer)
    assert answer.get_json()["reason"] == "too_many_requests"


def test_a_client_of_oauth_2_is_counted(service: WebService, consumer: Key) -> None:
    secret = "mlegs_" + "x" * 40
    values = {"oauth2_secret": digest(secret), "administrative": True}
    with service.app.app_context(), transaction():
        db.session.execute(update(Consumer).where(Consumer.key == consumer.key).values(values))
    form = {"grant_type": "client_credentials", "client_id": consumer.key}
    with app_with(service, MLEG_LIMIT_CONSUMER="2") as app:

        def ask(client_secret: str) -> TestResponse:
            sent = form | {"client_secret": client_secret}
            return visitor(app).post(
                "/oauth2/token", data=sent, base_url=service.base_url, environ_base={"REMOTE_ADDR": HERE}
            )

        assert [ask("wrong").status_code for _ in range(3)] == [401] * 3
        assert [ask(secret).status_code for _ in range(2)] == [200] * 2
        refused = ask(secret)
    check_refused(refused)
    assert refused.get_json()["error"] == "temporarily_unavailable"


def test_zero_means_no_limit(service: WebService) -> None:
    kinds = ("ADDRESS", "NEW_TOKENS", "CONSUMER", "PERSON")
    with app_with(service, **{f"MLEG_LIMIT_{kind}": "0" for kind in kinds}) as app:
        assert {visit(app, "/services/apisrv/now").status_code for _ in range(50)} == {200}


def test_the_next_minute_begins_at_nothing() -> None:
    counts = OwnCounts()
    assert [counts.add("a"), counts.add("a"), counts.add("b")] == [1, 2, 1]
    counts._window -= 1
    assert counts.add("a") == 1
    assert 1 <= counts.seconds_left("a") <= 60


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::1", "::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        (":", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_household_counts_as_one_address(address: str | None, network: str) -> None:
    assert network_of(address) == network


def test_while_redis_is_away_each_process_counts_for_itself(
    service: WebService, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        app_with(service, MLEG_LIMITS_STORAGE=NOBODY_LISTENS, MLEG_LIMIT_ADDRESS="2") as app,
        caplog.at_level("WARNING"),
    ):
        answers = [visit(app, "/services/apisrv/now") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    check_refused(answers[2])
    told = [record for record in caplog.records if record.name == "usosapi_mleg.oauth.limits"]
    assert [record.levelno for record in told] == [logging.WARNING]
    assert "127.0.0.1" not in told[0].getMessage()


def test_redis_is_not_asked_again_at_once() -> None:
    counts = SharedCounts(NOBODY_LISTENS)
    counts.add("a")
    began = time.monotonic()
    assert [counts.add("a") for _ in range(100)] == list(range(2, 102))
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("address", ["redis://127.0.0.1:6379/0", "redis://:secret@redis.example:6379", "rediss://r/1"])
def test_an_address_of_redis_is_taken(service: WebService, address: str) -> None:
    environment = {**service.environment, "MLEG_LIMITS_STORAGE": address}
    settings = Settings.from_environment(environment)
    assert settings.limits_storage == address
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("address", ["memory://", "redis", "redis://", "http://127.0.0.1:6379", "redis://h:x", "//h"])
def test_another_address_is_refused_at_the_start(service: WebService, address: str) -> None:
    with pytest.raises(SettingsError, match="MLEG_LIMITS_STORAGE"):
        Settings.from_environment({**service.environment, "MLEG_LIMITS_STORAGE": address})


def test_the_limits_hold_over_http(service: WebService, tmp_path: Path) -> None:
    """Two processes, five requests each; some were made to see whether the server was up."""
    port = free_ports().web
    with web_server({**service.environment, "MLEG_LIMIT_ADDRESS": "5"}, port, tmp_path):
        answers = [
            httpx.get(f"http://127.0.0.1:{port}/services/apisrv/now", trust_env=False, timeout=20) for _ in range(30)
        ]
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {200, 429}
    assert 1 <= statuses.count(200) <= 10
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in answers if answer.status_code == 429)
