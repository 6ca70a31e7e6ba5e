"""What Authlib's own OAuth 1.0a server gets wrong, and this one must not.

| Authlib as shipped | test |
|---|---|
| 1. an Authorization header of another kind, or garbage, is a server error | `test_an_authorization_header_of_another_kind_is_a_401`, \
`test_a_malformed_oauth_header_is_a_400` |
| 2. UTF-8, pipes and brackets in the query are a server error | `test_letters_pipes_and_brackets_in_the_query_can_be_signed` |
| 3. repeated form fields break the signature | `test_repeated_form_fields_can_be_signed` |
| 4. a signature of other letters than ASCII is a server error | `test_a_signature_that_is_not_ascii_is_a_401` |
| 5. timestamps of the far future are accepted, to be replayed once the nonce is forgotten | `test_a_timestamp_years_ahead_is_refused`, \
`test_a_stale_or_future_timestamp_is_refused`, `test_nonces_are_kept_longer_than_their_timestamps_are_accepted` |
| 6. a forged request spends the nonce of the real one | `test_a_forged_request_does_not_spend_the_nonce` |
| 7. looking a nonce up and storing it are two steps, in each process by itself | `test_one_request_sent_many_times_at_once_counts_once`, \
`test_one_nonce_sent_to_two_servers_at_once_wins_once` |
| 8. any callback is accepted | `test_a_callback_that_is_not_registered_is_refused` |
| 9. `oob` ends in a redirect to nowhere | `test_oob_ends_on_a_page_with_the_pin` |
| 10. an app can exchange another app's request token | `test_another_app_cannot_exchange_the_request_token` |
| 11. anybody can delete a request token | `test_an_unsigned_request_does_not_delete_the_request_token` |
| 12. a call without a token is refused everywhere | `test_an_app_alone_can_call_what_needs_no_token` |
| 13. refusals come as 400, without WWW-Authenticate | `test_missing_credentials_are_a_401_that_says_how_to_sign` |
| 14. scopes are not looked at | `test_a_token_without_the_scope_is_refused` |
| 15. plain HTTP on a real host is refused for every method | `test_plain_http_is_refused_where_the_method_wants_tls_and_only_there` |
| 16. an app with an empty secret can be forged | `test_an_app_with_an_empty_secret_is_nobody` |
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from dance import CALLBACK, STUDENT, access_token, pin_on, question, request_token
from making import ALL_SCOPES, count, new_consumer, new_student, new_token
from oauthlib.oauth1 import SIGNATURE_PLAINTEXT
from serving import Browser, WebService
from signing import FORM, Caller, send
from tables import check_table

from usosapi_mleg import clock

TEN_YEARS = timedelta(days=3652)


def test_every_row_of_the_table_names_tests_that_are_there() -> None:
    check_table(__doc__ or "", 16, Path(__file__).parent)


@pytest.fixture
def caller(service: WebService) -> Caller:
    """An app with all scopes of a student who has ordered nothing."""
    consumer = new_consumer(service.app)
    return Caller(service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), *ALL_SCOPES))


@pytest.mark.parametrize(
    "header",
    [
        "Basic YTpi",
        "Digest username=x",
        "nonsense",
        "=",
        ",",
        '"',
        "OAuthoauth_consumer_key=x",
    ],
)
def test_an_authorization_header_of_another_kind_is_a_401(service: WebService, header: str) -> None:
    answer = send(service.url("services/mlegitymacja/status"), headers={"Authorization": header})
    assert (answer.status, answer.json["reason"]) == (401, "unknown_scheme")
    assert answer.headers["www-authenticate"].startswith("OAuth ")


@pytest.mark.parametrize(
    "header", ["OAuth", "OAuth ", "OAuth nonsense", "OAuth =", 'OAuth a="b', "OAuth ,", 'OAuth oauth_nonce="%ff"']
)
def test_a_malformed_oauth_header_is_a_400(service: WebService, header: str) -> None:
    answer = send(service.url("services/mlegitymacja/status"), headers={"Authorization": header})
    assert answer.status == 400
    assert answer.json["message"]


@pytest.mark.parametrize("value", ["zażółć gęślą jaźń", "id|status[x]", "%", "a+b c", "=&?#", "\u20ac\U0001f4f1", ""])
def test_letters_pipes_and_brackets_in_the_query_can_be_signed(caller: Caller, value: str) -> None:
    answer = caller.get("mlegitymacja/status", unknown=value, **{value or "empty": "1"})
    assert (answer.status, answer.json["reason"]) == (400, "order_not_found")


def test_repeated_form_fields_can_be_signed(caller: Caller) -> None:
    body = urlencode([("a", "2"), ("a", "1"), ("a", "2"), ("b", "")])
    answer = caller.sign(f"{caller.base_url}services/mlegitymacja/status?a=3&a=3", "POST", body, FORM).send()
    assert (answer.status, answer.json["reason"]) == (400, "order_not_found")


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"])
def test_a_signature_that_is_not_ascii_is_a_401(caller: Caller, method: str) -> None:
    signed = caller.prepare("mlegitymacja/status", options={"signature_method": method})
    header, _, _ = signed.headers["Authorization"].partition("oauth_signature=")
    answer = signed.but(headers={"Authorization": f'{header}oauth_signature="{quote("żółć")}"'}).send()
    assert (answer.status, answer.json["message"]) == (401, "Invalid signature.")


@pytest.mark.parametrize("scheme", ["OAuth", "Basic"])
def test_a_header_of_bytes_that_are_no_text_is_a_401(service: WebService, scheme: str) -> None:
    headers = {"Authorization": f'{scheme} oauth_signature="\u00f3\u00ff"'}
    assert send(service.url("services/mlegitymacja/status"), headers=headers).status == 401


def test_a_timestamp_years_ahead_is_refused(caller: Caller) -> None:
    ahead = str(clock.wall_seconds() + int(TEN_YEARS.total_seconds()))
    answer = caller.prepare("mlegitymacja/status", options={"timestamp": ahead}).send()
    assert (answer.status, answer.json["reason"]) == (400, "timestamp_expired")


def test_a_forged_request_does_not_spend_the_nonce(caller: Caller) -> None:
    real = caller.prepare("mlegitymacja/status")
    forged = real.but(url=f"{real.url}?order_id=0")
    assert forged.send().json["message"] == "Invalid signature."
    assert real.send().json["reason"] == "order_not_found"
    assert real.send().json["message"] == "Nonce already used"


def test_one_request_sent_many_times_at_once_counts_once(caller: Caller) -> None:
    signed = caller.prepare("mlegitymacja/status")
    with ThreadPoolExecutor(12) as pool:
        reasons = list(pool.map(lambda _: signed.send().json["reason"], range(12)))
    assert sorted(reasons) == ["nonce_used"] * 11 + ["order_not_found"]


def test_a_callback_that_is_not_registered_is_refused(service: WebService) -> None:
    consumer = new_consumer(service.app, callbacks=(CALLBACK,))
    caller = Caller(service.base_url, consumer)
    for other in (f"{CALLBACK}/more", "https://evil.example/", f"{CALLBACK}?a=b"):
        refused = caller.prepare("oauth/request_token", "POST", options={"callback_uri": other}).send()
        assert (refused.status, refused.json["param_name"]) == (400, "oauth_callback")
    assert request_token(service, consumer, callback=CALLBACK).key


def test_oob_ends_on_a_page_with_the_pin(service: WebService, browser: Browser) -> None:
    browser.sign_in(STUDENT)
    page = browser.consent(question(service, request_token(service, new_consumer(service.app))))
    assert "Location" not in page.headers
    assert len(pin_on(page)) == 8


def test_another_app_cannot_exchange_the_request_token(service: WebService, browser: Browser) -> None:
    browser.sign_in(STUDENT)
    consumer, thief = new_consumer(service.app), new_consumer(service.app)
    token = request_token(service, consumer)
    pin = pin_on(browser.consent(question(service, token)))
    theft = Caller(service.base_url, thief, token).prepare("oauth/access_token", "POST", options={"verifier": pin})
    stolen = theft.send()
    assert (stolen.status, stolen.json["reason"]) == (401, "token_unknown")
    assert access_token(service, consumer, token, pin).key


def test_an_unsigned_request_does_not_delete_the_request_token(service: WebService, browser: Browser) -> None:
    browser.sign_in(STUDENT)
    consumer = new_consumer(service.app)
    token = request_token(service, consumer)
    pin = pin_on(browser.consent(question(service, token)))
    body = urlencode({"oauth_token": token.key, "oauth_verifier": "00000000", "oauth_consumer_key": consumer.key})
    assert send(service.url("services/oauth/access_token"), "POST", FORM, body).status == 400
    forged = Caller(service.base_url, consumer._replace(secret="x" * 40), token)
    assert forged.prepare("oauth/access_token", "POST", options={"verifier": "00000000"}).send().status == 401
    assert access_token(service, consumer, token, pin).key


def test_an_app_alone_can_call_what_needs_no_token(service: WebService) -> None:
    office = new_consumer(service.app, administrative=True)
    student = new_student(service.app)
    answer = Caller(service.base_url, office).get("mlegitymacja/status", as_user_id=str(student))
    assert (answer.status, answer.json["reason"]) == (400, "order_not_found")


def test_missing_credentials_are_a_401_that_says_how_to_sign(service: WebService) -> None:
    for verb in ("GET", "POST"):
        answer = send(service.url("services/mlegitymacja/status"), verb)
        assert (answer.status, answer.json["reason"]) == (401, "not_signed")
        assert answer.headers["www-authenticate"].startswith("OAuth ")


def test_a_token_without_the_scope_is_refused(service: WebService, caller: Caller) -> None:
    token = new_token(service.app, caller.consumer, new_student(service.app), "mlegitymacja")
    answer = Caller(service.base_url, caller.consumer, token).post("mlegitymacja/order")
    assert (answer.status, answer.json["error"], answer.json["reason"]) == (403, "method_forbidden", "scope_missing")
    assert count(service.app, "orders o JOIN access_tokens t USING (person_id) WHERE t.key = :key", key=token.key) == 0


def test_plain_http_is_refused_where_the_method_wants_tls_and_only_there(service: WebService, caller: Caller) -> None:
    elsewhere = Caller("http://usos.example.edu.pl/", caller.consumer, caller.token)
    host = {"Host": "usos.example.edu.pl"}

    def call(method: str, **options: str) -> dict[str, str]:
        signed = elsewhere.prepare(method, options=options)
        answer = signed.but(url=service.url(f"services/{method}"), headers=signed.headers | host).send()
        return {"status": str(answer.status), **answer.json}

    assert call("mlegitymacja/order")["reason"] == "ssl_required"
    assert call("mlegitymacja/activation")["status"] == "403"
    assert call("mlegitymacja/status")["reason"] == "order_not_found"
    assert call("mlegitymacja/status", signature_method=SIGNATURE_PLAINTEXT)["reason"] == "signature_method_unsupported"


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"])
def test_an_app_with_an_empty_secret_is_nobody(service: WebService, method: str) -> None:
    empty = Caller(service.base_url, new_consumer(service.app, secret=""))
    signed = empty.prepare("oauth/request_token", options={"callback_uri": "oob", "signature_method": method})
    answer = signed.send()
    assert (answer.status, answer.json["reason"]) == (401, "consumer_unknown")
