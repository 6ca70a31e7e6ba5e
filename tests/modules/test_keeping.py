"""Who may keep an answer, and how little is sent again to those who have it."""

import pytest
from making import Key, make_ready
from modules.conftest import allowed, through_proxy
from serving import WebService
from signing import Answer, Caller, send

PUBLIC = (
    "apiref/method_index",
    "apiref/module?name=services/cards",
    "apiref/scopes",
    "apisrv/installation",
    "apisrv/installations",
    "apisrv/mobile_usos_config",
    "terms/term?term_id=2026Z",
    "terms/terms_index",
)
CODES = ("mlegitymacja/activation", "mlegitymacja/activation_qr", "cards/mcard_order")


@pytest.fixture
def ready(service: WebService, caller: Caller) -> Caller:
    """An app with the token of a student whose card is ready."""
    make_ready(service.app, caller.post("mlegitymacja/order").json["id"])
    return caller


def again(caller: Caller, method: str, etag: str, **arguments: str) -> Answer:
    """Ask once more, as somebody who has the answer."""
    return caller.prepare(method, headers={"If-None-Match": etag}, **arguments).send()


@pytest.mark.parametrize("method", PUBLIC)
def test_what_is_the_same_for_everybody_may_be_kept_by_everybody(service: WebService, method: str) -> None:
    answer = send(service.url(f"services/{method}"))
    assert answer.headers["cache-control"] == "public, max-age=60"
    known = send(service.url(f"services/{method}"), headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status, known.content) == (304, b"")
    assert known.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("method", ["mlegitymacja/status", "mlegitymacja/history", "cards/mcard", "cards/user"])
def test_what_is_about_a_person_is_kept_by_the_app_only_and_asked_for_again(ready: Caller, method: str) -> None:
    answer = ready.get(method)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in answer.headers["vary"]
    known = again(ready, method, answer.headers["etag"])
    assert (known.status, known.content) == (304, b"")
    assert known.headers["etag"] == answer.headers["etag"]


def test_an_answer_that_changed_is_sent_again(ready: Caller) -> None:
    before = ready.get("mlegitymacja/status")
    assert ready.post("mlegitymacja/cancel", order_id=before.json["id"]).status == 200
    after = again(ready, "mlegitymacja/status", before.headers["etag"])
    assert (after.status, after.json["status"]) == (200, "cancelled")


def test_other_fields_and_formats_are_other_answers(ready: Caller) -> None:
    etag = ready.get("mlegitymacja/status").headers["etag"]
    assert again(ready, "mlegitymacja/status", etag, fields="id").status == 200
    assert again(ready, "mlegitymacja/status", etag, format="xmlmap2").status == 200


def test_who_must_not_see_it_is_not_told_that_it_did_not_change(
    service: WebService, consumer: Key, student: int, ready: Caller
) -> None:
    etag = ready.get("mlegitymacja/status").headers["etag"]
    stranger = allowed(service, consumer, student, "photo")
    assert again(stranger, "mlegitymacja/status", etag).status == 403


@pytest.mark.parametrize("verb", ["get", "post"])
@pytest.mark.parametrize("method", CODES)
def test_codes_are_kept_by_nobody(ready: Caller, method: str, verb: str) -> None:
    arguments = {"order_id": ready.get("mlegitymacja/status").json["id"]}
    answer = getattr(ready, verb)(method, **arguments)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_codes_that_come_through_the_proxy_are_kept_by_nobody(ready: Caller) -> None:
    answer = through_proxy(ready, "services/mlegitymacja/activation", verb="GET")
    assert answer.json["token"]
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_what_was_asked_by_post_is_kept_by_nobody(ready: Caller) -> None:
    assert ready.post("mlegitymacja/status").headers["cache-control"] == "no-store"


def test_methods_that_want_tls_are_kept_by_nobody(caller: Caller) -> None:
    answer = caller.get("cards/make_mcard_order")
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")


def test_the_time_is_kept_by_nobody(service: WebService) -> None:
    first, second = (send(service.url("services/apisrv/now")) for _ in range(2))
    assert first.headers["cache-control"] == "no-store"
    assert first.json < second.json
