"""Revocation, introspection, and what the server says of itself."""

import time

import httpx
import pytest
from codeflow import Client, get_tokens, new_client, post, refresh, refused, tokens_of, works
from making import change, count
from serving import Browser, WebService

AWAY = "mlegitymacja offline_access"


@pytest.fixture(params=[False, True], ids=["confidential", "public"])
def client(request: pytest.FixtureRequest, service: WebService) -> Client:
    """An app, once with a secret and once without."""
    return new_client(service.app, public=request.param)


@pytest.mark.parametrize("hint", [{}, {"token_type_hint": "refresh_token"}, {"token_type_hint": "nothing_like_this"}])
def test_an_access_token_can_be_revoked_alone(
    service: WebService, student: Browser, client: Client, hint: dict[str, str]
) -> None:
    tokens = get_tokens(service, student, client, AWAY)
    answer = post(service, "revoke", token=tokens["access_token"], **hint, **client.credentials)
    assert (answer.status_code, answer.json()) == (200, {})
    assert not works(service, tokens["access_token"])
    assert refresh(service, client, tokens["refresh_token"]).status_code == 200


def test_revoking_a_refresh_token_ends_the_family(service: WebService, student: Browser, client: Client) -> None:
    tokens = get_tokens(service, student, client, AWAY)
    answer = post(service, "revoke", token=tokens["refresh_token"], **client.credentials)
    assert answer.status_code == 200
    assert not works(service, tokens["access_token"])
    assert refused(refresh(service, client, tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_revoked_token_is_marked_and_noted_not_deleted(service: WebService, student: Browser, client: Client) -> None:
    tokens = get_tokens(service, student, client, AWAY)
    for _ in range(2):
        assert post(service, "revoke", token=tokens["access_token"], **client.credentials).status_code == 200
    marked = "bearer_tokens WHERE consumer_key = :key AND revoked_at IS NOT NULL"
    assert count(service.app, marked, key=client.id) == 1
    noted = "audit_events WHERE action = 'oauth2_token_revoked' AND actor = :actor AND person_id IS NOT NULL"
    assert count(service.app, noted, actor=f"consumer:{client.id}") >= 1


def test_tokens_of_others_and_unknown_ones_are_answered_alike_and_left_alone(
    service: WebService, student: Browser, client: Client
) -> None:
    tokens, other = get_tokens(service, student, client, AWAY), new_client(service.app)
    for token in (tokens["access_token"], tokens["refresh_token"], "unknown", "\0", "ż"):
        answer = post(service, "revoke", token=token, **other.credentials)
        assert (answer.status_code, answer.json()) == (200, {})
    assert works(service, tokens["access_token"])
    assert refresh(service, client, tokens["refresh_token"]).status_code == 200


def test_a_request_without_a_token_is_refused(service: WebService) -> None:
    app = new_client(service.app)
    for door in ("revoke", "introspect"):
        for form in ({}, {"token": ""}):
            assert refused(post(service, door, **form, **app.credentials)) == (400, "invalid_request")


def test_an_app_can_ask_about_its_own_tokens(service: WebService, student: Browser) -> None:
    app = new_client(service.app)
    tokens = get_tokens(service, student, app, AWAY)
    about = tokens_of(post(service, "introspect", token=tokens["access_token"], **app.credentials))
    assert (about["active"], about["client_id"], about["scope"], about["token_type"]) == (True, app.id, AWAY, "Bearer")
    assert about["iss"] == service.base_url.rstrip("/")
    assert about["sub"].isdigit()
    assert about["iat"] <= time.time() + 1
    assert about["exp"] - about["iat"] == 3600
    about = tokens_of(post(service, "introspect", token=tokens["refresh_token"], **app.credentials))
    assert about["active"]
    assert "token_type" not in about


def test_tokens_that_are_dead_or_somebody_elses_are_just_not_active(service: WebService, student: Browser) -> None:
    app, other, office = (new_client(service.app, administrative=flag) for flag in (False, False, True))
    tokens = get_tokens(service, student, app, AWAY)
    assert tokens_of(post(service, "introspect", token=tokens["access_token"], **other.credentials)) == {
        "active": False
    }
    assert tokens_of(post(service, "introspect", token=tokens["access_token"], **office.credentials))["active"]
    refresh(service, app, tokens["refresh_token"])
    post(service, "revoke", token=tokens["access_token"], **app.credentials)
    for token in (tokens["refresh_token"], tokens["access_token"], "unknown", "\0"):
        for asking in (app, office):
            assert tokens_of(post(service, "introspect", token=token, **asking.credentials)) == {"active": False}
    expired = get_tokens(service, student, app, AWAY)["access_token"]
    change(service.app, "UPDATE bearer_tokens SET expires_at = created_at WHERE consumer_key = :key", key=app.id)
    assert tokens_of(post(service, "introspect", token=expired, **app.credentials)) == {"active": False}


def test_a_public_app_may_not_ask_about_tokens(service: WebService, student: Browser) -> None:
    app = new_client(service.app, public=True)
    token = get_tokens(service, student, app)["access_token"]
    assert refused(post(service, "introspect", token=token, **app.credentials)) == (401, "invalid_client")


def test_the_server_describes_itself(service: WebService) -> None:
    answer = httpx.get(service.url(".well-known/oauth-authorization-server"), trust_env=False, verify=False)
    described = answer.json()
    issuer = service.base_url.rstrip("/")
    assert described["issuer"] == issuer
    assert described["code_challenge_methods_supported"] == ["S256"]
    assert described["response_types_supported"] == ["code"]
    assert described["authorization_response_iss_parameter_supported"] is True
    assert set(described["grant_types_supported"]) == {
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
    }
    assert set(described["token_endpoint_auth_methods_supported"]) == {
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "none",
    }
    assert "none" not in described["introspection_endpoint_auth_methods_supported"]
    for name in ("authorization", "token", "revocation", "introspection", "device_authorization"):
        address = described[f"{name}_endpoint"]
        assert address.startswith(f"{issuer}/oauth2/")
        assert httpx.post(address, trust_env=False, verify=False).status_code in {400, 401}
    assert httpx.get(described["service_documentation"], trust_env=False, verify=False).status_code == 200


@pytest.mark.parametrize("door", ["token", "revoke"])
def test_pages_of_every_origin_may_use_what_public_apps_need(service: WebService, door: str) -> None:
    url, origin = service.url(f"oauth2/{door}"), {"Origin": "https://app.example.edu.pl"}
    asking = origin | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for answer in (
        httpx.options(url, headers=asking, trust_env=False, verify=False),
        httpx.post(url, headers=origin, data={"grant_type": "x"}, trust_env=False, verify=False),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "set-cookie" not in answer.headers
    for closed in ("introspect", "authorize"):
        answer = httpx.options(service.url(f"oauth2/{closed}"), headers=asking, trust_env=False, verify=False)
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("door", ["token", "revoke", "introspect", "device_authorization"])
def test_the_doors_for_programs_take_forms_only(service: WebService, door: str) -> None:
    for verb in ("GET", "PUT", "DELETE"):
        answer = httpx.request(verb, service.url(f"oauth2/{door}"), trust_env=False, verify=False)
        assert answer.status_code == 405
        assert answer.headers["Content-Type"].startswith("application/json")
        assert "POST" in answer.headers["Allow"]
