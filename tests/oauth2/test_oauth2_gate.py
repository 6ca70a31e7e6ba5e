"""Bearer tokens at the API: the same gate as for signatures, the same scopes, one statement."""

from pathlib import Path

import httpx
import pytest
from codeflow import FIRST_NAME, Client, call, get_tokens, new_account, new_client, post, refused, tokens_of, works
from making import Key, count, make_ready, moved_clock, new_consumer, new_student
from serving import Browser, WebService
from signing import Caller
from wire import overheard

from usosapi_mleg.extensions import db
from usosapi_mleg.oauth import gate

ALL = "mlegitymacja mlegitymacja_order mlegitymacja_activation"


@pytest.fixture
def office(service: WebService) -> Client:
    """An administrative app."""
    return new_client(service.app, administrative=True)


def own_token(service: WebService, office: Client, scope: str = ALL) -> str:
    """Give a token of an administrative app in its own name."""
    form = {"grant_type": "client_credentials", "scope": scope}
    return str(tokens_of(post(service, "token", **form | office.credentials))["access_token"])


def order_ready(service: WebService, person_id: int) -> None:
    """Order for a student, and let the ministry make the document."""
    office = new_consumer(service.app, administrative=True)
    answer = Caller(service.base_url, office).post("mlegitymacja/order", as_user_id=str(person_id))
    assert answer.status == 200, answer.text
    make_ready(service.app, answer.json["id"])


def challenge(answer: httpx.Response) -> str:
    """Give what the server says about how to authenticate."""
    return answer.headers.get("WWW-Authenticate", "")


def test_a_method_takes_a_bearer_token_by_get_and_post_however_the_scheme_is_written(
    service: WebService, student: Browser
) -> None:
    token = get_tokens(service, student, new_client(service.app))["access_token"]
    for scheme in ("Bearer", "bearer", "BEARER"):
        for verb in ("GET", "POST"):
            headers = {"Authorization": f"{scheme} {token}"}
            answer = httpx.request(
                verb, service.url("services/users/user"), headers=headers, trust_env=False, verify=False
            )
            assert (answer.status_code, answer.json()["first_name"]) == (200, FIRST_NAME)


@pytest.mark.parametrize("token", ["x", "mlegb_unknown", "a b", "x" * 300, "x" * 5000, '"', "a,b"])
def test_a_token_that_is_not_good_is_a_401_in_the_words_of_rfc_6750(service: WebService, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()}
    answer = httpx.get(service.url("services/users/user"), headers=headers, trust_env=False, verify=False)
    assert answer.status_code == 401
    assert challenge(answer) == 'Bearer realm="USOS API", error="invalid_token"'
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_call_without_credentials_is_told_both_ways(service: WebService) -> None:
    answer = httpx.get(service.url("services/users/user"), trust_env=False, verify=False)
    assert (answer.status_code, challenge(answer)) == (401, 'OAuth realm="USOS API", Bearer realm="USOS API"')


def test_expired_and_revoked_tokens_say_so(service: WebService, student: Browser) -> None:
    app = new_client(service.app)
    tokens = get_tokens(service, student, app, "mlegitymacja offline_access")
    with moved_clock(service.app, 3601):
        answer = call(service, tokens["access_token"])
        assert (answer.status_code, answer.json()["reason"]) == (401, "token_expired")
    post(service, "revoke", token=tokens["access_token"], **app.credentials)
    answer = call(service, tokens["access_token"])
    assert (answer.status_code, answer.json()["reason"]) == (401, "token_revoked")
    assert 'error="invalid_token"' in challenge(answer)


def test_a_missing_scope_is_a_403_that_names_it(service: WebService, student: Browser) -> None:
    token = get_tokens(service, student, new_client(service.app), "mlegitymacja")["access_token"]
    answer = call(service, token, "mlegitymacja/order", "POST")
    assert (answer.status_code, answer.json()["reason"]) == (403, "scope_missing")
    assert challenge(answer) == 'Bearer realm="USOS API", error="insufficient_scope", scope="mlegitymacja_order"'
    nothing = get_tokens(service, student, new_client(service.app), "")
    assert nothing["scope"] == ""
    assert call(service, nothing["access_token"], "mlegitymacja/status").status_code == 403
    assert works(service, nothing["access_token"])


def test_a_token_in_the_address_or_the_form_is_not_looked_at(service: WebService, student: Browser) -> None:
    token = get_tokens(service, student, new_client(service.app))["access_token"]
    url = service.url("services/users/user")
    for answer in (
        httpx.get(f"{url}?access_token={token}", trust_env=False, verify=False),
        httpx.post(url, data={"access_token": token}, trust_env=False, verify=False),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (401, "not_signed")
    for name in ("access_token", "oauth_signature", "oauth_consumer_key"):
        assert call(service, token, **{name: "x"}).status_code == 400


def test_a_bearer_token_is_refused_over_plain_http_on_a_real_host(service: WebService, student: Browser) -> None:
    token = get_tokens(service, student, new_client(service.app))["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Host": "usos.example.edu.pl"}
    answer = httpx.get(service.url("services/users/user"), headers=headers, trust_env=False, verify=False)
    assert (answer.status_code, answer.json()["reason"]) == (403, "ssl_required")


def test_a_bearer_token_is_no_request_token(service: WebService, student: Browser) -> None:
    token = get_tokens(service, student, new_client(service.app))["access_token"]
    answer = call(service, token, "oauth/access_token", "POST", oauth_verifier="12345678")
    assert answer.status_code == 401


def test_a_token_opens_the_codes_when_the_student_has_allowed_it(service: WebService, browser: Browser) -> None:
    browser.sign_in(new_account(service.app))
    token = get_tokens(service, browser, new_client(service.app), ALL)["access_token"]
    person_id = int(call(service, token).json()["id"])
    order_ready(service, person_id)
    codes = call(service, token, "mlegitymacja/activation")
    assert (codes.status_code, set(codes.json()) >= {"token", "activation_code"}) == (200, True)
    less = get_tokens(service, browser, new_client(service.app), "mlegitymacja")["access_token"]
    assert call(service, less, "mlegitymacja/activation").status_code == 403


def test_an_administrative_app_acts_for_a_person_within_the_scopes_of_its_token_but_sees_no_codes(
    service: WebService, office: Client
) -> None:
    person_id = new_student(service.app)
    order_ready(service, person_id)
    token, who = own_token(service, office), {"as_user_id": str(person_id)}
    assert call(service, token, "mlegitymacja/status").status_code == 401
    assert call(service, token, "mlegitymacja/status", **who).json()["status"] == "ready"
    answer = call(service, token, "mlegitymacja/activation", **who)
    assert (answer.status_code, answer.json()["reason"]) == (403, "student_only")
    less = own_token(service, office, "mlegitymacja")
    assert call(service, less, "mlegitymacja/status", **who).status_code == 200
    assert call(service, less, "mlegitymacja/order", "POST", **who).json()["reason"] == "scope_missing"


def test_client_credentials_without_a_scope_cover_what_is_offered(service: WebService, office: Client) -> None:
    form = {"grant_type": "client_credentials"}
    tokens = tokens_of(post(service, "token", **form | office.credentials))
    assert {"mlegitymacja", "personal", "photo"} <= set(tokens["scope"].split())
    assert "grades" not in tokens["scope"].split()
    for scope in ("nothing_like_this", "mlegitymacja nothing_like_this"):
        answer = post(service, "token", **form | office.credentials, scope=scope)
        assert refused(answer) == (400, "invalid_scope")


def test_the_students_own_front_end_sees_codes_on_behalf_of_a_student(service: WebService) -> None:
    front = new_client(service.app, administrative=True, student_front_end=True)
    person_id = new_student(service.app)
    order_ready(service, person_id)
    answer = call(service, own_token(service, front), "mlegitymacja/activation", as_user_id=str(person_id))
    assert answer.status_code == 200


def impersonated(service: WebService, token: str, **arguments: str) -> httpx.Response:
    """Ask for a token about a person."""
    return call(service, token, "oauth2/impersonated_token", "POST", **arguments)


def test_an_administrative_app_gets_a_token_about_a_person_that_shows_no_codes(
    service: WebService, office: Client
) -> None:
    person_id = new_student(service.app)
    order_ready(service, person_id)
    scopes = {"scopes": "mlegitymacja|mlegitymacja_activation", "user_id": str(person_id)}
    given = impersonated(service, own_token(service, office), **scopes).json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
    assert given["scope"] == "mlegitymacja mlegitymacja_activation"
    token = given["access_token"]
    assert call(service, token).json()["id"] == str(person_id)
    assert call(service, token, "mlegitymacja/status").json()["status"] == "ready"
    for method in ("mlegitymacja/activation", "mlegitymacja/activation_qr"):
        answer = call(service, token, method)
        assert (answer.status_code, answer.json()["reason"]) == (403, "student_only")
    assert call(service, token, "mlegitymacja/order", "POST").json()["reason"] == "scope_missing"
    noted = "audit_events WHERE action = 'oauth2_impersonated_token' AND person_id = :id"
    assert count(service.app, noted, id=person_id) == 1


def test_a_signed_call_gets_such_a_token_too(service: WebService, office: Client) -> None:
    caller = Caller(service.base_url, Key(office.id, office.oauth1_secret))
    person_id = str(new_student(service.app))
    answer = caller.post("oauth2/impersonated_token", scopes="mlegitymacja", user_id=person_id)
    assert call(service, answer.json["access_token"]).json()["id"] == person_id
    assert caller.post("oauth2/impersonated_token", scopes="mlegitymacja").json["error"] == "param_missing"
    for wrong in ({"user_id": "987654321"}, {"user_id": "x"}, {"user_id": "٣"}, {"scopes": "nothing_like_this"}):
        answer = caller.post("oauth2/impersonated_token", **{"scopes": "photo", "user_id": person_id} | wrong)
        assert (answer.status, answer.json["error"]) == (400, "param_invalid")
    assert caller.post("oauth2/impersonated_token", user_id=person_id).json["error"] == "param_missing"


def test_an_ordinary_app_gets_no_such_token(service: WebService, student: Browser) -> None:
    token = get_tokens(service, student, new_client(service.app), ALL)["access_token"]
    answer = impersonated(service, token, scopes="mlegitymacja")
    assert (answer.status_code, answer.json()["reason"]) == (403, "not_administrative")


def test_a_bearer_token_gives_no_more_than_it_has(service: WebService, student: Browser, office: Client) -> None:
    person_id = str(new_student(service.app))
    less = own_token(service, office, "mlegitymacja")
    answer = impersonated(service, less, scopes="mlegitymacja|photo", user_id=person_id)
    assert (answer.status_code, answer.json()["reason"]) == (403, "scope_missing")
    about = impersonated(service, less, scopes="mlegitymacja", user_id=person_id).json()["access_token"]
    again = impersonated(service, about, scopes="mlegitymacja").json()["access_token"]
    assert call(service, again).json()["id"] == person_id
    other = impersonated(service, about, scopes="mlegitymacja", user_id=str(new_student(service.app)))
    assert (other.status_code, other.json()["reason"]) == (403, "other_user")
    assert impersonated(service, about, scopes="photo").json()["reason"] == "scope_missing"
    persons = get_tokens(service, student, office, "mlegitymacja")["access_token"]
    assert impersonated(service, persons, scopes="mlegitymacja").status_code == 200
    assert impersonated(service, persons, scopes="mlegitymacja", user_id=person_id).json()["reason"] == "other_user"
    assert impersonated(service, persons, scopes="photo").json()["reason"] == "scope_missing"


def test_the_proxy_cannot_lift_the_limits_of_a_token(service: WebService, office: Client) -> None:
    person_id = str(new_student(service.app))
    limited = impersonated(service, own_token(service, office), scopes="mlegitymacja", user_id=person_id).json()
    proxy, headers = service.url("services/oauth/proxy"), {"Authorization": f"Bearer {limited['access_token']}"}
    for scopes in ({}, {"scopes": "all"}, {"scopes": "mlegitymacja|mlegitymacja_order"}):
        form = {"method": "services/mlegitymacja/order"} | scopes
        answer = httpx.post(proxy, data=form, headers=headers, trust_env=False, verify=False)
        assert (answer.status_code, answer.json()["reason"]) == (403, "scope_missing")


def test_revoke_token_ends_the_bearer_token_that_makes_the_call(service: WebService, student: Browser) -> None:
    app = new_client(service.app)
    first, second = (get_tokens(service, student, app)["access_token"] for _ in range(2))
    assert call(service, first, "oauth/revoke_token", "POST").json() == {"success": True}
    assert not works(service, first)
    assert works(service, second)


def test_a_token_about_a_user_cannot_switch_the_app_off_and_its_own_one_can(
    service: WebService, student: Browser, office: Client
) -> None:
    for app in (new_client(service.app, public=True), office):
        token = get_tokens(service, student, app)["access_token"]
        answer = call(service, token, "oauth/revoke_consumer_key", "POST")
        assert (answer.status_code, answer.json()["reason"]) == (403, "own_name_needed")
        assert works(service, token)
    assert call(service, own_token(service, office), "oauth/revoke_consumer_key", "POST").status_code == 200
    assert not works(service, token)


def test_the_users_of_a_public_administrative_app_are_no_administrators(
    service: WebService, student: Browser, office: Client
) -> None:
    public = new_client(service.app, public=True, administrative=True)
    for app, status in ((public, 403), (office, 200)):
        token = get_tokens(service, student, app, "mlegitymacja")["access_token"]
        assert impersonated(service, token, scopes="mlegitymacja").status_code == status


def test_last_use_is_noted_with_its_address_at_most_once_a_minute(service: WebService, student: Browser) -> None:
    app = new_client(service.app)
    token = get_tokens(service, student, app)["access_token"]
    noted = "bearer_tokens WHERE consumer_key = :key AND last_used_from = '127.0.0.1'"
    assert count(service.app, noted, key=app.id) == 0
    assert works(service, token)
    assert count(service.app, noted, key=app.id) == 1
    unchanged = "bearer_tokens WHERE consumer_key = :key AND xmin::text = :version"
    with service.app.app_context():
        query = db.text("SELECT xmin::text FROM bearer_tokens WHERE consumer_key = :key")
        version = db.session.execute(query, {"key": app.id}).scalar_one()
        db.session.rollback()
    assert works(service, token)
    assert count(service.app, unchanged, key=app.id, version=version) == 1


def test_a_bearer_token_costs_one_round_trip_to_the_database(
    service: WebService, student: Browser, tmp_path: Path
) -> None:
    """No BEGIN, no ROLLBACK: one question and its answer."""
    token = get_tokens(service, student, new_client(service.app))["access_token"]
    context = service.app.test_request_context(
        "/services/users/user",
        base_url=service.base_url.rstrip("/"),
        headers={"Authorization": f"Bearer {token}"},
        environ_base={"REMOTE_ADDR": "127.0.0.1"},
    )
    with context:
        gate.identify(context.request)
        with overheard(service.app, tmp_path) as conversation:
            caller = gate.identify(context.request).caller
    assert (caller.person_id is not None, caller.scopes >= {"mlegitymacja"}) == (True, True)
    assert conversation.round_trips == 1, conversation.lines
    assert conversation.transactions == []
