"""A signed call is authenticated in two round trips to the database, and reads need no transaction."""

from pathlib import Path

import pytest
from making import ALL_SCOPES, new_consumer, new_student, new_token
from serving import WebService
from signing import Caller, Signed
from wire import overheard

from usosapi_mleg.oauth import gate


@pytest.fixture(scope="module")
def caller(service: WebService) -> Caller:
    """An app with a token of a student who has ordered."""
    consumer = new_consumer(service.app)
    found = Caller(service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), *ALL_SCOPES))
    assert found.post("mlegitymacja/order").status == 200
    return found


def signed_call(caller: Caller) -> Signed:
    """Sign a call that only reads."""
    return caller.prepare("mlegitymacja/status")


def test_a_signature_costs_two_round_trips_to_the_database(service: WebService, caller: Caller, tmp_path: Path) -> None:
    def identify() -> int | None:
        headers = signed_call(caller).headers
        base_url = service.base_url.rstrip("/")
        context = service.app.test_request_context(
            "/services/mlegitymacja/status",
            base_url=base_url,
            headers=headers,
            environ_base={"REMOTE_ADDR": "127.0.0.1"},
        )
        with context:
            return gate.identify(context.request).caller.person_id

    assert identify() is not None
    with overheard(service.app, tmp_path) as conversation:
        assert identify() is not None
    assert conversation.round_trips == 2, conversation.lines
    assert conversation.transactions == []


def test_a_signature_that_is_wrong_costs_one(service: WebService, caller: Caller, tmp_path: Path) -> None:
    """The nonce is not looked at, so nobody can spend another's."""
    signed = signed_call(caller)
    spoilt = signed.headers["Authorization"].replace('oauth_signature="', 'oauth_signature="x')
    visitor = service.app.test_client()

    def call() -> int:
        return visitor.get(
            "/services/mlegitymacja/status", base_url=service.base_url, headers={"Authorization": spoilt}
        ).status_code

    assert call() == 401
    with overheard(service.app, tmp_path) as conversation:
        assert call() == 401
    assert conversation.round_trips == 1, conversation.lines
    assert conversation.transactions == []


def test_a_whole_call_that_reads_one_order_costs_three_and_no_transaction(
    service: WebService, caller: Caller, tmp_path: Path
) -> None:
    visitor = service.app.test_client()

    def call() -> int:
        headers = signed_call(caller).headers
        return visitor.get("/services/mlegitymacja/status", base_url=service.base_url, headers=headers).status_code

    assert call() == 200
    with overheard(service.app, tmp_path) as conversation:
        assert call() == 200
    assert conversation.round_trips == 3, conversation.lines
    assert conversation.transactions == []
