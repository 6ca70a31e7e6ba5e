"""Refresh tokens: each works once and gives the next one; a second use ends the whole family."""

import pytest
from codeflow import Client, call, get_tokens, new_client, refresh, refused, tokens_of, works
from making import count, moved_clock
from serving import Browser, WebService

AWAY = "mlegitymacja mlegitymacja_order offline_access"
DAY = 24 * 3600


@pytest.fixture(params=[False, True], ids=["confidential", "public"])
def client(request: pytest.FixtureRequest, service: WebService) -> Client:
    """An app, once with a secret and once without."""
    return new_client(service.app, public=request.param)


def test_a_refresh_token_gives_the_next_one_and_the_old_access_token_lives_on(
    service: WebService, student: Browser, client: Client
) -> None:
    first = get_tokens(service, student, client, AWAY)
    second = tokens_of(refresh(service, client, first["refresh_token"]))
    assert set(second) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert second["refresh_token"] != first["refresh_token"]
    assert works(service, first["access_token"])
    assert works(service, second["access_token"])
    third = tokens_of(refresh(service, client, second["refresh_token"]))
    assert works(service, third["access_token"])


def test_a_refresh_token_that_is_used_again_ends_the_family(
    service: WebService, student: Browser, client: Client
) -> None:
    first = get_tokens(service, student, client, AWAY)
    second = tokens_of(refresh(service, client, first["refresh_token"]))
    assert refused(refresh(service, client, first["refresh_token"])) == (400, "invalid_grant")
    assert not works(service, first["access_token"])
    assert not works(service, second["access_token"])
    assert refused(refresh(service, client, second["refresh_token"])) == (400, "invalid_grant")
    noted = "audit_events WHERE action = 'oauth2_reuse_detected' AND actor = :actor"
    assert count(service.app, noted, actor=f"consumer:{client.id}") == 1


def test_another_family_of_the_same_person_is_left_alone(service: WebService, student: Browser, client: Client) -> None:
    first, other = get_tokens(service, student, client, AWAY), get_tokens(service, student, client, AWAY)
    refresh(service, client, first["refresh_token"])
    assert refused(refresh(service, client, first["refresh_token"])) == (400, "invalid_grant")
    assert works(service, other["access_token"])
    assert refresh(service, client, other["refresh_token"]).status_code == 200


def test_another_app_can_neither_use_a_refresh_token_nor_spoil_it(
    service: WebService, student: Browser, client: Client
) -> None:
    tokens = get_tokens(service, student, client, AWAY)
    other = new_client(service.app)
    assert refused(refresh(service, other, tokens["refresh_token"])) == (400, "invalid_grant")
    assert refresh(service, client, tokens["refresh_token"]).status_code == 200


def test_a_narrower_access_token_can_be_had_and_the_refresh_token_keeps_all(
    service: WebService, student: Browser, client: Client
) -> None:
    first = get_tokens(service, student, client, AWAY)
    narrow = tokens_of(refresh(service, client, first["refresh_token"], scope="mlegitymacja"))
    assert narrow["scope"] == "mlegitymacja"
    assert call(service, narrow["access_token"], "mlegitymacja/order", "POST").status_code == 403
    wide = tokens_of(refresh(service, client, narrow["refresh_token"]))
    assert set(wide["scope"].split()) == set(AWAY.split())


def test_a_wider_scope_is_refused_and_the_refresh_token_not_used_up(
    service: WebService, student: Browser, client: Client
) -> None:
    first = get_tokens(service, student, client, AWAY)
    for scope in (f"{AWAY} photo", "nothing_like_this"):
        assert refused(refresh(service, client, first["refresh_token"], scope=scope)) == (400, "invalid_scope")
    assert refresh(service, client, first["refresh_token"]).status_code == 200


@pytest.mark.parametrize("token", ["", "mlegr_unknown", "\0", "ż", "x" * 10_000])
def test_what_is_no_refresh_token_is_refused(service: WebService, client: Client, token: str) -> None:
    status, error = refused(refresh(service, client, token))
    assert status == 400
    assert error in {"invalid_grant", "invalid_request"}


def test_an_access_token_cannot_be_refreshed_and_a_refresh_token_opens_nothing(
    service: WebService, student: Browser, client: Client
) -> None:
    tokens = get_tokens(service, student, client, AWAY)
    assert refused(refresh(service, client, tokens["access_token"])) == (400, "invalid_grant")
    assert not works(service, tokens["refresh_token"])


def test_with_offline_access_a_refresh_token_may_lie_unused_for_thirty_days(
    service: WebService, student: Browser
) -> None:
    app = new_client(service.app)
    kept, lost = get_tokens(service, student, app, AWAY), get_tokens(service, student, app, AWAY)
    with moved_clock(service.app, 29 * DAY):
        assert not works(service, kept["access_token"])
        kept = tokens_of(refresh(service, app, kept["refresh_token"]))
    with moved_clock(service.app, 31 * DAY):
        assert refused(refresh(service, app, lost["refresh_token"])) == (400, "invalid_grant")
        assert tokens_of(refresh(service, app, kept["refresh_token"]))["expires_in"] == 3600


def test_without_offline_access_everything_ends_when_an_oauth_1_token_would(
    service: WebService, student: Browser
) -> None:
    app = new_client(service.app)
    tokens = get_tokens(service, student, app, "mlegitymacja")
    with moved_clock(service.app, 90 * 60):
        tokens = tokens_of(refresh(service, app, tokens["refresh_token"]))
        assert 29 * 60 <= tokens["expires_in"] <= 30 * 60
    with moved_clock(service.app, 121 * 60):
        assert not works(service, tokens["access_token"])
        assert refused(refresh(service, app, tokens["refresh_token"])) == (400, "invalid_grant")
