"""What Authlib's OAuth 2.0 server does as it comes, and this one must not.

| Authlib as shipped | test |
|---|---|
| 1. a code can be redeemed several times, and reuse revokes nothing | `test_a_code_is_redeemed_once_and_the_others_end_what_it_gave` |
| 2. a challenge without a method is compared as `plain` | `test_a_wrong_question_is_sent_back_to_the_app` |
| 3. PKCE binds public clients only | `test_pkce_is_demanded_of_confidential_apps_too` |
| 4. refresh tokens are not rotated, reuse goes unnoticed, rotation kills the old access token | \
`test_a_refresh_token_gives_the_next_one_and_the_old_access_token_lives_on`, \
`test_a_refresh_token_that_is_used_again_ends_the_family` |
| 5. tokens live for ten days, refresh tokens for ever | `test_every_grant_gives_tokens_of_an_hour`, \
`test_with_offline_access_a_refresh_token_may_lie_unused_for_thirty_days` |
| 6. secrets and headers that are not ASCII are server errors | `test_a_wrong_secret_is_a_401_that_says_how`, \
`test_a_header_that_is_garbage_is_a_401`, `test_a_public_app_needs_no_secret_and_may_not_send_one` |
| 7. plain HTTP on a real host is a server error at the doors, and good for calls | \
`test_nothing_is_given_over_plain_http_on_a_real_host`, \
`test_a_bearer_token_is_refused_over_plain_http_on_a_real_host` |
| 8. a wrong redirect address is a server error, or a redirect | \
`test_nobody_is_sent_to_an_address_that_is_not_registered`, `test_an_unknown_app_gets_nobody_sent_back` |
| 9. a list of scopes means any of them, a text all of them | `test_one_of_the_scopes_of_a_method_is_enough_and_none_is_not` |
| 10. unknown scopes pass, and client credentials are narrowed in silence | `test_a_wrong_question_is_sent_back_to_the_app`, \
`test_client_credentials_without_a_scope_cover_what_is_offered` |
| 11. consent has no CSRF token, and its form can change the question | \
`test_consent_needs_the_csrf_token_of_the_session`, `test_the_form_cannot_change_what_the_person_was_asked` |
| 12. errors of the API are another server's JSON | `test_a_refused_token_is_told_in_the_form_of_the_api` |
| 13. revoking another app's token tells that it exists, and deletes | \
`test_tokens_of_others_and_unknown_ones_are_answered_alike_and_left_alone`, \
`test_a_revoked_token_is_marked_and_noted_not_deleted` |
| 14. old names of attributes warn at every use | `test_nothing_that_authlib_has_outdated_is_used` |
| 15. dynamic registration is half done | `test_clients_cannot_register_themselves` |
| 16. an app with a secret can leave it out at other endpoints | `test_an_app_with_a_secret_cannot_leave_it_out` |
"""

import logging
import warnings
from pathlib import Path

import httpx
import pytest
from authlib.deprecate import AuthlibDeprecationWarning
from codeflow import (
    call,
    get_tokens,
    new_client,
    new_pkce,
    post,
    question,
    sent_back,
    tokens_of,
)
from serving import Browser, WebService
from tables import check_table

from usosapi_mleg.errors import ScopeMissingError
from usosapi_mleg.oauth.caller import Caller
from usosapi_mleg.protocol.dispatch import check_allowed
from usosapi_mleg.protocol.method import REQUIRED, Method


def test_every_row_of_the_table_names_tests_that_are_there() -> None:
    check_table(__doc__ or "", 16, Path(__file__).parent)


@pytest.mark.parametrize("flags", [{}, {"administrative": True}, {"kiosk": True}])
def test_pkce_is_demanded_of_confidential_apps_too(
    service: WebService, student: Browser, flags: dict[str, bool]
) -> None:
    app = new_client(service.app, **flags)
    answer = student.open(question(service, app, new_pkce(), code_challenge=None, code_challenge_method=None))
    assert sent_back(answer)["error"] == "invalid_request"


def test_every_grant_gives_tokens_of_an_hour(service: WebService, student: Browser) -> None:
    app = new_client(service.app, administrative=True)
    first = get_tokens(service, student, app, "mlegitymacja offline_access")
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = tokens_of(post(service, "token", **form | app.credentials))
    own = tokens_of(post(service, "token", grant_type="client_credentials", **app.credentials))
    assert [tokens["expires_in"] for tokens in (first, second, own)] == [3600] * 3


def test_one_of_the_scopes_of_a_method_is_enough_and_none_is_not(service: WebService, student: Browser) -> None:
    method = Method(name="services/a/b", function=print, consumer=REQUIRED, token=REQUIRED, scopes=("photo", "studies"))
    for scopes in ({"photo"}, {"studies"}, {"photo", "studies", "email"}):
        check_allowed(method, Caller(consumer_key="x", person_id=1, token_key="y", scopes=frozenset(scopes)))
    with pytest.raises(ScopeMissingError):
        check_allowed(method, Caller(consumer_key="x", person_id=1, token_key="y", scopes=frozenset({"email"})))
    token = get_tokens(service, student, new_client(service.app), "photo")["access_token"]
    assert call(service, token, "photos/my_photo_visibility").status_code == 200
    assert call(service, token, "cards/user").status_code == 403


def test_a_refused_token_is_told_in_the_form_of_the_api(service: WebService) -> None:
    answer = call(service, "mlegb_unknown")
    assert answer.json() == {"message": "Unknown token.", "reason": "token_unknown"}


def test_nothing_that_authlib_has_outdated_is_used(service: WebService, student: Browser) -> None:
    """The same requests as to the servers, in this process, where a warning is an error."""
    app, pkce = new_client(service.app, administrative=True, kiosk=True), new_pkce()
    base = service.base_url.rstrip("/")
    browser = service.app.test_client()
    here = {"base_url": base, "environ_base": {"REMOTE_ADDR": "127.0.0.1"}}
    browser.set_cookie("PHPSESSID", student.session, domain="127.0.0.1")
    get_tokens(service, student, app)
    with warnings.catch_warnings():
        warnings.simplefilter("error", AuthlibDeprecationWarning)
        address = question(service, app, pkce).removeprefix(base)
        code = sent_back_in_process(browser.get(address, **here).headers["Location"])
        redeeming = {"grant_type": "authorization_code", "code": code, "code_verifier": pkce.verifier}
        form = redeeming | {"redirect_uri": app.callback} | app.credentials
        tokens = browser.post("/oauth2/token", data=form, **here).get_json()
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]} | app.credentials
        assert browser.post("/oauth2/token", data=form, **here).status_code == 200
        for door, form in (
            ("token", {"grant_type": "client_credentials"}),
            ("revoke", {"token": tokens["access_token"]}),
            ("introspect", {"token": tokens["access_token"]}),
            ("device_authorization", {}),
        ):
            answer = browser.post(f"/oauth2/{door}", data=form | app.credentials, **here)
            assert answer.status_code == 200, answer.text
        wrong = question(service, app, pkce, response_type="token").removeprefix(base)
        assert browser.get(wrong, **here).status_code == 302


def sent_back_in_process(location: str) -> str:
    """Give the code in an address."""
    return sent_back(httpx.Response(302, headers={"Location": location}))["code"]


def test_clients_cannot_register_themselves(service: WebService) -> None:
    described = httpx.get(service.url(".well-known/oauth-authorization-server"), trust_env=False, verify=False).json()
    assert "registration_endpoint" not in described
    assert httpx.post(service.url("oauth2/register"), json={}, trust_env=False, verify=False).status_code == 404


def test_authlib_does_not_write_tokens_to_the_log() -> None:
    """It does at the level DEBUG, whatever the level of the program."""
    for name in ("authlib.oauth2.rfc6749.grants.authorization_code", "authlib.oauth2.rfc6749.authenticate_client"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
