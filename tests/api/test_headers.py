"""Headers of the answers: other origins may call, and nothing about a person is kept by others."""

import pytest
from making import ALL_SCOPES, Key, make_ready, new_consumer, new_student, new_token
from serving import WebService
from signing import Answer, Caller, send

ORIGIN = {"Origin": "https://app.example"}
METHODS = ("order", "status", "activation", "activation_qr", "cancel")


@pytest.fixture(scope="module")
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


@pytest.fixture(scope="module")
def ready(service: WebService, consumer: Key) -> Caller:
    """An app with all scopes of a student whose card is ready."""
    caller = Caller(service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), *ALL_SCOPES))
    make_ready(service.app, caller.post("mlegitymacja/order").json["id"])
    return caller


def words(answer: Answer, name: str) -> set[str]:
    """Give the words of a header that is a list, in lower case."""
    return {word.strip().lower() for word in answer.headers[name].split(",")}


@pytest.mark.parametrize(
    "method", [*(f"mlegitymacja/{name}" for name in METHODS), "oauth/request_token", "oauth/access_token"]
)
def test_a_preflight_allows_signed_calls_from_anywhere(service: WebService, method: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    answer = send(service.url(f"services/{method}"), "OPTIONS", ORIGIN | asked)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"get", "post"} <= words(answer, "access-control-allow-methods")
    assert {"authorization", "content-type", "idempotency-key"} <= words(answer, "access-control-allow-headers")
    assert "access-control-allow-credentials" not in answer.headers


def test_answers_and_refusals_can_be_read_from_anywhere(service: WebService, consumer: Key, ready: Caller) -> None:
    answers = {
        200: ready.get("mlegitymacja/status"),
        400: ready.get("mlegitymacja/status", order_id="x"),
        401: send(service.url("services/mlegitymacja/status"), headers=ORIGIN),
        403: Caller(
            service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), "mlegitymacja")
        ).post("mlegitymacja/order"),
        404: send(service.url("services/mlegitymacja/nothing"), headers=ORIGIN),
        405: send(service.url("services/mlegitymacja/status"), "PUT", ORIGIN),
        409: ready.post("mlegitymacja/order"),
    }
    for status, answer in answers.items():
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("method", METHODS)
def test_nothing_about_a_person_is_kept_by_others(ready: Caller, method: str, verb: str) -> None:
    answer = ready.prepare(f"mlegitymacja/{method}", verb).send()
    if (method, verb) == ("status", "GET"):
        assert words(answer, "cache-control") == {"private", "no-cache"}
    else:
        assert "no-store" in words(answer, "cache-control")
    assert "authorization" in words(answer, "vary")


@pytest.mark.parametrize("method", METHODS)
def test_refusals_are_kept_by_nobody(service: WebService, method: str) -> None:
    assert "no-store" in words(send(service.url(f"services/mlegitymacja/{method}")), "cache-control")


def test_tokens_are_kept_by_nobody(service: WebService, consumer: Key) -> None:
    caller = Caller(service.base_url, consumer)
    answer = caller.prepare("oauth/request_token", options={"callback_uri": "oob"}).send()
    assert answer.status == 200
    assert words(answer, "cache-control") == {"no-store"}


def test_a_refusal_for_want_of_credentials_says_how_to_sign(service: WebService) -> None:
    answer = send(service.url("services/mlegitymacja/status"))
    assert answer.headers["www-authenticate"] == 'OAuth realm="USOS API", Bearer realm="USOS API"'
    assert "www-authenticate" in words(answer, "access-control-expose-headers")
