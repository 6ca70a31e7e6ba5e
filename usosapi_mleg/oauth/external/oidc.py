"""Sign-in by OpenID Connect: authorization code with PKCE, state and nonce, against one provider."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import current_app

from usosapi_mleg.oauth.external.calling import call
from usosapi_mleg.oauth.external.identities import ExternalPerson, checked, role_among
from usosapi_mleg.oauth.external.oidc_metadata import Known, Metadata
from usosapi_mleg.oauth.external.oidc_tokens import read_id_token, read_logout_token
from usosapi_mleg.oauth.external.problems import ExternalSignInError, Problem, not_confirmed, stale
from usosapi_mleg.oauth.external.round_trip import RoundTrip
from usosapi_mleg.sign_in_settings import OidcSettings

WAY = "oidc"
_OK = 200
_LONGEST_CODE = 4096
_LONGEST_ERROR = 40
_BUSY = {"server_error", "temporarily_unavailable"}
_DECLINED = {"access_denied", "login_required", "interaction_required", "consent_required"}


def authorization_address(oidc: OidcSettings, trip: RoundTrip, callback: str, language: str) -> str:
    """Give where to send the person to. Raises `ExternalSignInError`."""
    return _with_query(
        _known(oidc).metadata().authorization_endpoint,
        response_type="code",
        client_id=oidc.client_id,
        redirect_uri=callback,
        scope=oidc.scopes,
        state=trip.state,
        nonce=trip.nonce,
        code_challenge=create_s256_code_challenge(trip.verifier),
        code_challenge_method="S256",
        ui_locales=language,
    )


def logout_address(oidc: OidcSettings, back: str, state: str, language: str) -> str | None:
    """Give where to send the person to so that they sign out there too; None when the provider has no such place.

    No ID token is sent along as a hint: it would stand in logs and histories. The provider asks the person instead.
    Raises `ExternalSignInError`.
    """
    endpoint = _known(oidc).metadata().end_session_endpoint
    if endpoint is None:
        return None
    return _with_query(
        endpoint, client_id=oidc.client_id, post_logout_redirect_uri=back, state=state, ui_locales=language
    )


def identify(oidc: OidcSettings, trip: RoundTrip, response: Mapping[str, str], callback: str) -> ExternalPerson:
    """Make of the provider's response, as the browser brought it, who came. Raises `ExternalSignInError`."""
    known = _known(oidc)
    metadata = known.metadata()
    _check_sender(oidc, metadata, response.get("iss"))
    _check_refusal(response.get("error"))
    code = response.get("code", "")
    if not code or len(code) > _LONGEST_CODE or not code.isprintable():
        raise stale("the response has no code")
    tokens = _redeem(oidc, metadata, code, trip.verifier, callback)
    access_token = tokens.get("access_token")
    access_token = access_token if isinstance(access_token, str) else ""
    claims = read_id_token(oidc, known, tokens.get("id_token"), nonce=trip.nonce, access_token=access_token)
    return _person(oidc, claims | _more_claims(oidc, metadata, claims, access_token))


def ended_sessions(oidc: OidcSettings, logout_token: str) -> tuple[str | None, str | None]:
    """Give the subject and the session that a back-channel logout is about. Raises `ExternalSignInError`."""
    claims = read_logout_token(oidc, _known(oidc), logout_token)
    subject, session = claims.get("sub"), claims.get("sid")
    if not isinstance(subject, str | None) or not isinstance(session, str | None) or not (subject or session):
        raise not_confirmed("the logout token: it is about nobody")
    return subject, session


def _known(oidc: OidcSettings) -> Known:
    """Give what this process knows of the provider."""
    known: Known = current_app.extensions.setdefault("mleg_oidc", Known(oidc.issuer))
    return known


def _check_sender(oidc: OidcSettings, metadata: Metadata, issuer: str | None) -> None:
    """Refuse a response of another provider, or of none where the provider signs its responses (RFC 9207)."""
    if issuer is None and not metadata.names_itself:
        return
    if issuer is None or not hmac.compare_digest(issuer.encode(), oidc.issuer.encode()):
        raise not_confirmed("the response is of another issuer")


def _check_refusal(error: str | None) -> None:
    if error is None:
        return
    if error in _DECLINED:
        raise ExternalSignInError(Problem.DECLINED, error)
    if error in _BUSY:
        raise ExternalSignInError(Problem.UNAVAILABLE, error)
    known = (
        error if error.isascii() and error.replace("_", "").isalnum() and len(error) <= _LONGEST_ERROR else "another"
    )
    raise not_confirmed(f"the provider refuses: {known}")


def _redeem(oidc: OidcSettings, metadata: Metadata, code: str, verifier: str, callback: str) -> dict[str, Any]:
    """Exchange the code for tokens."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}
    headers = {"Accept": "application/json"}
    if metadata.secret_in_form:
        form |= {"client_id": oidc.client_id, "client_secret": oidc.client_secret}
    else:
        pair = f"{quote_plus(oidc.client_id)}:{quote_plus(oidc.client_secret)}"  # RFC 6749, section 2.3.1
        headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
    answer = call("POST", metadata.token_endpoint, data=form, headers=headers)
    if answer.status == _OK:
        return answer.json()
    if answer.json().get("error") == "invalid_grant":
        raise stale("the provider does not know the code")
    raise not_confirmed(f"the provider gives no tokens: HTTP {answer.status}")


def _more_claims(oidc: OidcSettings, metadata: Metadata, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
    """Ask for the claims that the ID token should have and has not; many providers keep them at the UserInfo endpoint."""
    needed = {oidc.person_claim, oidc.roles.source} - {None}
    if all(_claim(claims, str(name)) is not None for name in needed) or not (
        metadata.userinfo_endpoint and access_token
    ):
        return {}
    answer = call("GET", metadata.userinfo_endpoint, headers={"Authorization": f"Bearer {access_token}"})
    if answer.status != _OK:
        raise not_confirmed(f"userinfo: HTTP {answer.status}")
    found = answer.json()
    if found.get("sub") != claims["sub"]:
        raise not_confirmed("userinfo: it is about somebody else")
    return {name: value for name, value in found.items() if name not in claims}


def _person(oidc: OidcSettings, claims: dict[str, Any]) -> ExternalPerson:
    if oidc.person_claim == "email" and claims.get("email_verified") is not True:
        raise not_confirmed("the provider has not verified the person's email")
    session = claims.get("sid")
    roles = oidc.roles
    return ExternalPerson(
        way=WAY,
        provider=oidc.issuer,
        subject=checked(claims["sub"], "subject"),
        name=checked(_claim(claims, oidc.person_claim), "name"),
        session=session if isinstance(session, str) else "",
        role=role_among(_claim(claims, roles.source), roles) if roles.source else None,
    )


def _claim(claims: dict[str, Any], name: str) -> Any:
    """Give a claim by its name, or by its path through objects (`realm_access.roles`); None when it is not there."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _with_query(address: str, **parameters: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"
