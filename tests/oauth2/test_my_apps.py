"""What a person has allowed which app: the page, the methods, the last use of tokens, and taking it back."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from codeflow import FIRST_NAME, call, get_tokens, new_account, new_client, new_pkce, question, refresh, works
from making import Key, change, count, new_consumer, new_student, new_token
from serving import Browser, WebService
from signing import FORM, Answer, Caller
from sqlalchemy import event

from usosapi_mleg import create_app, mails
from usosapi_mleg.demo.visitor import Form, read_page
from usosapi_mleg.extensions import db, transaction
from usosapi_mleg.oauth import gate, permissions
from usosapi_mleg.settings import Settings

FRONT_END_ONLY = (403, "front_end_only")


@pytest.fixture
def person(service: WebService) -> Iterator[Browser]:
    """A browser in which somebody is signed in who has allowed nothing yet."""
    with Browser(service.base_url) as fresh:
        fresh.sign_in(new_account(service.app))
        yield fresh


def id_of(person: Browser, service: WebService) -> int:
    """Give the id of the person at the browser."""
    return int(proxied(person, service, "users/user", fields="id").json["id"])


def proxied(person: Browser, service: WebService, method: str, **arguments: str) -> Answer:
    """Call a method as our own page does."""
    address = service.url(f"usosapiProxy.php?_method_=services/{method}")
    answer = person.client.post(address, data={"_csrftoken_": _csrf(person), **arguments})
    return Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)


def _csrf(person: Browser) -> str:
    return read_page(person.open("my-apps")).form("_csrftoken_").values["_csrftoken_"]


def form_for(person: Browser, key: str) -> Form:
    """Give the form on the page that takes back the access of an app."""
    return next(form for form in read_page(person.open("my-apps")).forms if form.values.get("key") == key)


def refused(answer: Answer) -> tuple[int, str]:
    """Give the status and the reason of a refusal."""
    return answer.status, answer.json["reason"]


def test_the_page_lists_apps_of_both_kinds_with_what_they_may_and_when_they_did(
    service: WebService, person: Browser
) -> None:
    assert "There are none." in person.open("my-apps").text
    signed, bearer = new_consumer(service.app, email="autor@example.edu.pl"), new_client(service.app)
    token = new_token(service.app, signed, id_of(person, service), "mlegitymacja_order")
    tokens = get_tokens(service, person, bearer, "photo offline_access")
    unused = person.open("my-apps").text
    assert unused.count("never") == 2
    assert works(service, tokens["access_token"])
    assert Caller(service.base_url, signed, token).get("users/user").json["first_name"] == FIRST_NAME
    page = person.open("my-apps").text
    assert page.count("127.0.0.1") == 2
    for shown in (
        f"App {signed.key}",
        f"App {bearer.id}",
        "see your photo",
        "order and cancel",
        "autor@example.edu.pl",
    ):
        assert shown in page
    assert page.count("until you take it back") == 2


def test_taking_back_from_one_app_ends_all_it_has_and_leaves_the_others_alone(
    service: WebService, person: Browser
) -> None:
    app, other = new_client(service.app), new_client(service.app)
    tokens, others = (get_tokens(service, person, one) for one in (app, other))
    signed = new_token(service.app, Key(app.id, app.oauth1_secret), id_of(person, service), "mlegitymacja")
    answer = person.send(form_for(person, app.id))
    assert answer.status_code == 303
    shown = person.follow(answer).text
    assert "This app has access no more" in shown
    assert f"App {app.id}" not in shown
    assert f"App {other.id}" in shown
    assert not works(service, tokens["access_token"])
    assert refresh(service, app, tokens["refresh_token"]).status_code == 400
    assert Caller(service.base_url, Key(app.id, app.oauth1_secret), signed).get("users/user").status == 401
    assert works(service, others["access_token"])
    assert person.open(question(service, app, new_pkce())).status_code == 200
    noted = "audit_events WHERE action = 'app_access_revoked' AND subject = :key AND actor LIKE 'person:% via usosweb'"
    assert count(service.app, noted, key=app.id) == 1


def test_taking_back_from_all_is_asked_twice(service: WebService, person: Browser) -> None:
    tokens = [get_tokens(service, person, new_client(service.app)) for _ in range(2)]
    first = person.send(read_page(person.open("my-apps")).form("all"), all="1")
    assert "What happens" in first.text
    assert all(works(service, one["access_token"]) for one in tokens)
    done = person.send(read_page(first).form("confirmed"), confirmed="1")
    assert "No app has access any more" in person.follow(done).text
    assert not any(works(service, one["access_token"]) for one in tokens)


def test_the_page_is_for_people_who_are_signed_in_and_takes_only_its_own_forms(
    service: WebService, person: Browser
) -> None:
    app = new_client(service.app)
    tokens = get_tokens(service, person, app)
    for sent in ({"key": app.id}, {"all": "1", "confirmed": "1"}, {"key": app.id, "_csrftoken_": "x"}):
        assert person.client.post(service.url("my-apps"), data=sent).status_code == 400
    assert works(service, tokens["access_token"])
    assert "frame-ancestors 'none'" in person.open("my-apps").headers["Content-Security-Policy"]
    with Browser(service.base_url) as nobody:
        assert "/sign-in?" in nobody.open("my-apps").headers["Location"]


def test_nobody_can_take_back_what_somebody_else_allowed(service: WebService, person: Browser) -> None:
    app = new_client(service.app)
    with Browser(service.base_url) as somebody:
        somebody.sign_in(new_account(service.app))
        theirs = get_tokens(service, somebody, app)
    get_tokens(service, person, app)
    person.send(form_for(person, app.id))
    assert works(service, theirs["access_token"])


def test_the_methods_say_and_do_the_same_for_our_own_page(service: WebService, person: Browser) -> None:
    app = new_client(service.app)
    tokens = get_tokens(service, person, app, "mlegitymacja offline_access")
    works(service, tokens["access_token"])
    fields = "consumer_key|name|scopes|has_token|is_lasting|last_used_from"
    (listed,) = proxied(person, service, "permissions/apps", fields=fields).json
    assert listed == {
        "consumer_key": app.id,
        "name": f"App {app.id}",
        "scopes": ["mlegitymacja", "offline_access"],
        "has_token": True,
        "is_lasting": False,
        "last_used_from": "127.0.0.1",
    }
    assert proxied(person, service, "permissions/revoke", consumer_key=app.id).json == {"success": True}
    assert not works(service, tokens["access_token"])
    again = proxied(person, service, "permissions/revoke", consumer_key=app.id)
    assert refused(again) == (400, "app_not_allowed")
    get_tokens(service, person, app)
    assert proxied(person, service, "permissions/revoke_all").json == {"success": True}
    assert proxied(person, service, "permissions/apps").json == []


@pytest.mark.parametrize("method", ["apps", "revoke", "revoke_all"])
def test_an_ordinary_app_can_neither_see_nor_end_what_others_have(service: WebService, method: str) -> None:
    student, app = new_student(service.app), new_consumer(service.app)
    office = new_consumer(service.app, administrative=True)
    token = new_token(service.app, app, student, "mlegitymacja", "personal")
    answer = Caller(service.base_url, app, token).post(f"permissions/{method}", consumer_key=app.key)
    assert refused(answer) == FRONT_END_ONLY
    acting = Caller(service.base_url, office).post(f"permissions/{method}", consumer_key=app.key, as_user_id=student)
    assert refused(acting) == FRONT_END_ONLY
    front_end = new_consumer(service.app, student_front_end=True)
    own = Caller(service.base_url, front_end, new_token(service.app, front_end, student))
    body = urlencode({"method": f"services/permissions/{method}", "parameters": '{"consumer_key": "x"}'})
    weakened = own.sign(service.url("services/oauth/proxy"), "POST", body, FORM).send()
    assert refused(weakened) == FRONT_END_ONLY
    assert own.post(f"permissions/{method}", consumer_key=app.key).status == 200


def test_the_last_use_of_a_signed_token_is_noted_at_most_once_a_minute_and_only_when_the_signature_is_right(
    service: WebService,
) -> None:
    app = new_consumer(service.app)
    token = new_token(service.app, app, new_student(service.app))
    noted = (
        "access_tokens WHERE key = :key AND last_used_from = '127.0.0.1' AND last_used_at > now() - interval '1 minute'"
    )
    assert Caller(service.base_url, app, Key(token.key, "x" * 40)).get("users/user").status == 401
    assert count(service.app, noted, key=token.key) == 0
    caller = Caller(service.base_url, app, token)
    assert caller.get("users/user").status == 200
    assert count(service.app, noted, key=token.key) == 1
    with service.app.app_context():
        query = db.text("SELECT xmin::text FROM access_tokens WHERE key = :key")
        version = db.session.execute(query, {"key": token.key}).scalar_one()
        db.session.rollback()
    assert caller.get("users/user").status == 200
    unchanged = "access_tokens WHERE key = :key AND xmin::text = :version"
    assert count(service.app, unchanged, key=token.key, version=version) == 1
    change(
        service.app,
        "UPDATE access_tokens SET last_used_at = now() - interval '2 minutes' WHERE key = :key",
        key=token.key,
    )
    assert caller.get("users/user").status == 200
    assert count(service.app, noted, key=token.key) == 1


def test_a_signed_call_costs_two_statements_with_the_last_use_in_them(service: WebService) -> None:
    app = new_consumer(service.app)
    token = new_token(service.app, app, new_student(service.app))
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    signed = Caller(service.base_url, app, token).prepare("users/user")
    with service.app.app_context():
        context = service.app.test_request_context(
            "/services/users/user",
            base_url=service.base_url.rstrip("/"),
            headers=signed.headers,
            environ_base={"REMOTE_ADDR": "127.0.0.1"},
        )
        with context:
            event.listen(db.engine, "before_cursor_execute", note)
            caller = gate.identify(context.request).caller
            event.remove(db.engine, "before_cursor_execute", note)
    assert caller.token_key == token.key
    assert len(statements) == 2
    assert count(service.app, "access_tokens WHERE key = :key AND last_used_at IS NOT NULL", key=token.key) == 1


def test_a_token_that_an_administrative_app_got_unasked_is_not_shown_as_allowed(
    service: WebService, person: Browser
) -> None:
    office = new_consumer(service.app, administrative=True)
    person_id = str(id_of(person, service))
    answer = Caller(service.base_url, office).post(
        "oauth2/impersonated_token", user_id=person_id, scopes="mlegitymacja"
    )
    assert call(service, answer.json["access_token"]).status_code == 200
    assert "There are none." in person.open("my-apps").text


STUDENT_PAGE = "kontroler.php"


def test_the_next_page_tells_of_an_app_with_new_access_until_my_apps_was_looked_at(
    service: WebService, person: Browser
) -> None:
    app = new_client(service.app)
    told = "These apps got access to your account"
    assert told not in person.open(STUDENT_PAGE).text
    get_tokens(service, person, app, "mlegitymacja")
    page = person.open(STUDENT_PAGE).text
    assert told in page
    assert f"App {app.id}" in page
    assert "new access" in person.open("my-apps").text
    assert "new access" not in person.open("my-apps").text
    assert told not in person.open(STUDENT_PAGE).text
    get_tokens(service, person, app, "mlegitymacja")
    assert told not in person.open(STUDENT_PAGE).text
    get_tokens(service, person, app, "mlegitymacja photo")
    assert told in person.open(STUDENT_PAGE).text


def test_with_mail_a_letter_says_what_is_new_once(service: WebService) -> None:
    posting = create_app(Settings.from_environment({**service.environment, "MLEG_MAIL_HOST": "127.0.0.1"}))
    app, student = new_consumer(service.app), new_student(service.app)
    change(service.app, "UPDATE persons SET email = 'lucja@example.edu.pl' WHERE id = :id", id=student)
    letters = []
    with posting.app_context():
        for scopes in (["mlegitymacja"], ["mlegitymacja"], ["mlegitymacja", "photo"]):
            with transaction():
                permissions.allow(app.key, student, scopes)
            with transaction():
                claimed = mails.take()
                letters.append(claimed and claimed.open())
                if claimed:
                    mails.forget(claimed.id)
        assert permissions.untold(student) == []
        db.session.remove()
        db.engine.dispose()
    first, again, more = letters
    assert first is not None
    assert again is None
    assert more is not None
    assert first.address == "lucja@example.edu.pl"
    assert "A new app has access" in first.subject
    assert app.key not in first.subject
    assert f"App {app.key}" in first.body
    assert "check the state of your mLegitymacja" in first.body
    assert f"{service.base_url}my-apps" in first.body
    assert "more access" in more.subject
    assert "see your photo" in more.body
    assert "check the state" not in more.body


def test_what_a_developer_allows_their_own_app_in_the_console_is_no_news(service: WebService) -> None:
    app, student = new_consumer(service.app), new_student(service.app)
    with service.app.app_context():
        with transaction():
            permissions.allow(app.key, student, ["mlegitymacja"], tell=False)
        assert permissions.untold(student) == []
