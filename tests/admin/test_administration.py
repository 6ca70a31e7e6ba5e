"""Administrators look after consumers and end access; every act has a reason and is in the audit trail."""

from collections.abc import Iterator

import httpx
import pytest
from making import Key, change, count, new_consumer, new_student, new_token
from oauth2.codeflow import Client, get_tokens, new_account, new_client, refresh, works
from serving import Browser, WebService
from signing import Caller
from sqlalchemy import event

from usosapi_mleg.demo.visitor import read_page
from usosapi_mleg.extensions import db
from usosapi_mleg.oauth import administration
from usosapi_mleg.oauth.administration import PAGE_SIZE, Act

REASON = "A student complained"


@pytest.fixture(scope="module")
def administrator(service: WebService) -> Iterator[Browser]:
    """A browser in which an administrator is signed in."""
    with Browser(service.base_url) as fresh:
        fresh.sign_in("marek.dudek")
        yield fresh


@pytest.fixture
def app(service: WebService) -> Client:
    """A fresh app."""
    return new_client(service.app)


@pytest.fixture
def student(service: WebService) -> Iterator[Browser]:
    """A browser in which a student is signed in."""
    with Browser(service.base_url) as fresh:
        fresh.sign_in(new_account(service.app))
        yield fresh


def perform(administrator: Browser, key: str, act: str, reason: str = REASON) -> httpx.Response:
    """Do something to a consumer, as the pages want it."""
    form = read_page(administrator.open(f"admin/consumers/{key}/{act}")).form("reason")
    return administrator.send(form, reason=reason)


def noted(service: WebService, key: str, action: str) -> int:
    """Count the entries of the audit trail about an act to a consumer."""
    query = "audit_events WHERE subject = :key AND action = :action AND reason = :reason AND actor LIKE 'person:% via usosweb'"
    return count(service.app, query, key=key, action=action, reason=REASON)


def status(service: WebService, consumer: Key) -> int:
    """Give the status of a call that a consumer signs."""
    return Caller(service.base_url, consumer).get("apisrv/consumer", fields="name").status


def pages(app: Client) -> list[str]:
    """List every page of the administration."""
    key = f"admin/consumers/{app.id}"
    return ["admin/consumers", key, *(f"{key}/{act}" for act in Act), "admin/access", "admin/access/20202"]


@pytest.mark.parametrize("username", ["anna.nowak", "ewa.pawlak"])
def test_students_and_the_help_desk_may_not_come_in(service: WebService, app: Client, username: str) -> None:
    with Browser(service.base_url) as browser:
        browser.sign_in(username)
        csrf = read_page(browser.open("my-apps")).form("_csrftoken_").values["_csrftoken_"]
        for page in pages(app):
            assert browser.open(page).status_code == 403
            sent = browser.client.post(service.url(page), data={"_csrftoken_": csrf, "reason": "mine"})
            assert sent.status_code in {403, 405}
    assert works_as(service, app)


def works_as(service: WebService, app: Client) -> bool:
    """Tell whether the app can sign calls."""
    return status(service, Key(app.id, app.oauth1_secret)) == 200


def test_nobody_is_sent_to_sign_in_and_an_administrator_sees_all_pages(
    service: WebService, app: Client, administrator: Browser
) -> None:
    with Browser(service.base_url) as nobody:
        for page in pages(app):
            assert "/sign-in?" in nobody.open(page).headers["Location"]
    for page in pages(app):
        shown = administrator.open(page)
        assert shown.status_code == 200
        assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"]
    assert administrator.open("admin/consumers/nothing").status_code == 404
    assert administrator.open(f"admin/consumers/{app.id}/delete").status_code == 404
    assert administrator.open(f"admin/access/{2**70}").status_code == 404


def test_nothing_is_done_without_a_reason_or_the_token_of_the_page(
    service: WebService, app: Client, administrator: Browser
) -> None:
    for reason in ("", "  \n", "x" * 301):
        answer = perform(administrator, app.id, "disable", reason)
        assert answer.status_code == 400
        assert "Give a reason" in answer.text
    forged = administrator.client.post(service.url(f"admin/consumers/{app.id}/disable"), data={"reason": REASON})
    assert forged.status_code == 400
    assert works_as(service, app)


def test_a_consumer_is_switched_off_and_on_with_its_tokens(
    service: WebService, app: Client, administrator: Browser, student: Browser
) -> None:
    token = get_tokens(service, student, app)["access_token"]
    assert perform(administrator, app.id, "disable").status_code == 303
    assert not works_as(service, app)
    assert not works(service, token)
    assert perform(administrator, app.id, "disable").status_code == 409
    assert "switched off" in student.open("my-apps").text
    assert perform(administrator, app.id, "enable").status_code == 303
    assert works_as(service, app)
    assert works(service, token)
    assert (noted(service, app.id, "consumer_disable"), noted(service, app.id, "consumer_enable")) == (1, 1)
    assert REASON in administrator.open(f"admin/consumers/{app.id}").text


def test_the_university_vouches_for_an_app_and_takes_it_back(
    service: WebService, app: Client, administrator: Browser
) -> None:
    caller = Caller(service.base_url, Key(app.id, app.oauth1_secret))
    for act, verified in (("verify", True), ("unverify", False)):
        assert perform(administrator, app.id, act).status_code == 303
        assert caller.get("apisrv/consumer", fields="is_verified").json == {"is_verified": verified}


def test_a_new_secret_is_shown_once_and_the_old_one_is_of_no_use(
    service: WebService, app: Client, administrator: Browser, student: Browser
) -> None:
    tokens = get_tokens(service, student, app, "mlegitymacja offline_access")
    shown = perform(administrator, app.id, "rotate_secret")
    assert shown.headers["Cache-Control"] == "no-store"
    secret = read_page(shown).text_of("new-secret")
    assert not works_as(service, app)
    assert status(service, Key(app.id, secret)) == 200
    client_secret = read_page(perform(administrator, app.id, "rotate_client_secret")).text_of("new-secret")
    assert refresh(service, app, tokens["refresh_token"]).status_code == 401
    assert refresh(service, app, tokens["refresh_token"], client_secret=client_secret).status_code == 200
    for page in (f"admin/consumers/{app.id}", "admin/consumers"):
        assert secret not in administrator.open(page).text
    found = "audit_events WHERE subject = :key AND strpos(audit_events::text, :secret) > 0"
    for value in (secret, client_secret):
        assert count(service.app, found, key=app.id, secret=value) == 0
    assert noted(service, app.id, "consumer_secret_rotated") == noted(service, app.id, "client_secret_rotated") == 1


def test_a_public_client_has_no_client_secret_to_rotate(service: WebService, administrator: Browser) -> None:
    public = new_client(service.app, public=True)
    assert perform(administrator, public.id, "rotate_client_secret").status_code == 400


def test_all_tokens_of_a_consumer_are_revoked_and_people_are_asked_anew(
    service: WebService, app: Client, administrator: Browser, student: Browser
) -> None:
    other = new_client(service.app)
    mine, others = get_tokens(service, student, app), get_tokens(service, student, other)
    consumer, person = Key(app.id, app.oauth1_secret), new_student(service.app)
    signed = Caller(service.base_url, consumer, new_token(service.app, consumer, person))
    assert signed.get("users/user").status == 200
    assert perform(administrator, app.id, "revoke_tokens").status_code == 303
    assert signed.get("users/user").status == 401
    assert not works(service, mine["access_token"])
    assert works(service, others["access_token"])
    assert works_as(service, app)
    assert count(service.app, "grants WHERE consumer_key = :key", key=app.id) == 0
    assert noted(service, app.id, "consumer_revoke_tokens") == 1


def test_all_access_to_a_person_is_ended_found_by_name_or_number(service: WebService, administrator: Browser) -> None:
    username = new_account(service.app)
    number = username.removeprefix("student.")
    with Browser(service.base_url) as student:
        student.sign_in(username)
        tokens = [get_tokens(service, student, new_client(service.app)) for _ in range(2)]
    for who in (username, username.upper(), f"{int(number):06}"):
        assert f"/admin/access/{number}" in administrator.open(f"admin/access?who={who}").text
    for who in ("student", "%", "nobody", ""):
        assert "/admin/access/" not in administrator.open(f"admin/access?who={who}").text
    page = read_page(administrator.open(f"admin/access/{number}"))
    assert administrator.send(page.form("reason"), reason="").status_code == 400
    assert all(works(service, one["access_token"]) for one in tokens)
    assert administrator.send(page.form("reason"), reason=REASON).status_code == 303
    assert not any(works(service, one["access_token"]) for one in tokens)
    query = "audit_events WHERE person_id = :person AND action = 'all_app_access_revoked' AND reason = :reason"
    assert count(service.app, query, person=int(number), reason=REASON) == 1


def test_the_list_is_filtered_by_state_and_words_and_comes_in_pages(
    service: WebService, administrator: Browser
) -> None:
    made = [new_consumer(service.app) for _ in range(PAGE_SIZE + 3)]
    for number, one in enumerate(made):
        change(service.app, "UPDATE consumers SET name = :name WHERE key = :key", name=f"Lista_{number}%", key=one.key)
    perform(administrator, made[0].key, "disable")

    def listed(query: str) -> int:
        text = administrator.open(f"admin/consumers?{query}").text
        return sum(one.key in text for one in made)

    assert (listed("words=lista_"), listed("words=lista_&page=1")) == (PAGE_SIZE, 3)
    assert listed("words=lista_&state=disabled") == 1
    assert listed("words=lista_&state=waiting") == 0
    assert (listed("words=lista_3%25"), listed("words=%25%25"), listed("words=_ista")) == (1, 0, 0)
    assert listed(f"words={made[1].key}") == 1
    for strange in ("page=-1", "page=x", "page=99999999999999999999", "state=nothing", "words=%00", "words=\\"):
        assert administrator.open(f"admin/consumers?{strange}").status_code == 200


def test_the_list_says_how_many_people_use_an_app_and_when_in_one_statement(
    service: WebService, app: Client, student: Browser
) -> None:
    tokens = get_tokens(service, student, app)
    assert works(service, tokens["access_token"])
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    with service.app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        (seen,), total = administration.search(app.id, None, 0)
        event.remove(db.engine, "before_cursor_execute", note)
    assert (seen.people, seen.last_used_at is not None, total) == (1, True, 1)
    assert len(statements) == 1


def test_the_database_keeps_what_waits_from_working(service: WebService, app: Client) -> None:
    with pytest.raises(Exception, match="ck_consumers_awaits_approval"):
        change(service.app, "UPDATE consumers SET awaits_approval = true WHERE key = :key", key=app.id)
