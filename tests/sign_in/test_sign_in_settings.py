"""Settings of sign-in: what is incomplete or unsafe is refused in one clear sentence, and pages follow what is set."""

import re

import pytest
from elsewhere import OIDC_CLIENT, free_port, serving
from serving import Browser, WebService

from usosapi_mleg.settings import Settings, SettingsError

OIDC = {"MLEG_OIDC_ISSUER": "https://login.example.edu.pl/realms/u", **OIDC_CLIENT}
CAS = {"MLEG_CAS_URL": "https://cas.example.edu.pl/cas"}
PRODUCTION = {
    "MLEG_ENVIRONMENT": "production",
    "MLEG_BASE_URL": "https://mleg.example.edu.pl",
    "MLEG_MINISTRY_URL": "https://ministry.example",
    "DATABASE_URL": "postgresql://x",
}


def refused(environment: dict[str, str]) -> str:
    """Read settings that are refused; give the sentence."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environment)
    sentence = str(caught.value)
    assert re.fullmatch(r"[A-Z][^\n]+\.", sentence)
    return sentence


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({**OIDC, "MLEG_OIDC_CLIENT_SECRET": ""}, "MLEG_OIDC_CLIENT_SECRET"),
        ({**OIDC, "MLEG_OIDC_CLIENT_ID": " "}, "MLEG_OIDC_CLIENT_ID"),
        ({**OIDC_CLIENT}, "MLEG_OIDC_ISSUER"),
        ({"MLEG_OIDC_ADMIN_ROLE": "x"}, "MLEG_OIDC_ISSUER"),
        ({**OIDC, "MLEG_OIDC_SCOPES": "profile"}, "openid"),
        ({**OIDC, "MLEG_OIDC_ROLES_CLAIM": "roles"}, "MLEG_OIDC_ADMIN_ROLE"),
        ({**OIDC, "MLEG_OIDC_ADMIN_ROLE": "boss"}, "MLEG_OIDC_ROLES_CLAIM"),
        ({**OIDC, "MLEG_OIDC_ISSUER": "login.example.edu.pl"}, "MLEG_OIDC_ISSUER"),
        ({**OIDC, "MLEG_OIDC_ISSUER": "https://login.example.edu.pl/?a=b"}, "MLEG_OIDC_ISSUER"),
        ({**OIDC, "MLEG_OIDC_ISSUER": "http://login.example.edu.pl/"}, "https"),
        ({"MLEG_CAS_PERSON_ATTRIBUTE": "uid"}, "MLEG_CAS_URL"),
        ({"MLEG_CAS_URL": "http://cas.example.edu.pl"}, "https"),
        ({**CAS, "MLEG_CAS_ROLES_ATTRIBUTE": "role"}, "MLEG_CAS_ADMIN_ROLE"),
        ({"MLEG_LOCAL_ACCOUNTS": "no"}, "Nobody could sign in"),
        ({"MLEG_LOCAL_ACCOUNTS": "maybe"}, "MLEG_LOCAL_ACCOUNTS"),
    ],
    ids=str,
)
def test_settings_that_are_incomplete_or_unsafe_are_refused(
    service_environment: dict[str, str], given: dict[str, str], named: str
) -> None:
    sentence = refused(service_environment | PRODUCTION | given)
    assert named in sentence
    assert OIDC_CLIENT["MLEG_OIDC_CLIENT_SECRET"] not in sentence


def test_the_secret_is_not_shown_with_the_settings(service_environment: dict[str, str]) -> None:
    settings = Settings.from_environment(service_environment | PRODUCTION | OIDC | CAS)
    assert OIDC_CLIENT["MLEG_OIDC_CLIENT_SECRET"] not in repr(settings)
    assert settings.sign_in.only_way is None


def test_two_ways_are_told_apart_and_unknown_ones_do_not_exist(service: WebService) -> None:
    settings = {"MLEG_LOCAL_ACCOUNTS": "false", **OIDC, **CAS}
    with serving(service, free_port(), settings) as running, Browser(running.base_url) as browser:
        page = browser.open("sign-in?next=/help/reasons")
        assert "your university account (OpenID Connect)" in page.text
        assert "your university account (CAS)" in page.text
        assert 'type="password"' not in page.text
        for way in ("oidc", "cas"):
            assert f'href="/sign-in/{way}?next=/help/reasons"' in page.text


@pytest.mark.parametrize(
    "address",
    [
        "oidc",
        "cas",
        "oidc/callback",
        "cas/callback",
        "oidc/sign-out",
        "cas/sign-out",
        "oidc/signed-out",
        "cas/signed-out",
    ],
)
def test_without_another_system_there_are_no_ways_to_it(service: WebService, address: str) -> None:
    with Browser(service.base_url) as browser:
        assert browser.open(f"sign-in/{address}").status_code == 404
        assert "Sign in with" not in browser.open("sign-in").text


def test_over_tls_the_cookie_is_bound_to_the_host(service: WebService) -> None:
    port = free_port()
    settings = {"MLEG_CAS_URL": "https://cas.example.edu.pl/cas"}
    with (
        serving(service, port, settings, base_url="https://mleg.example.edu.pl/"),
        Browser(f"http://127.0.0.1:{port}/") as browser,
    ):
        answer = browser.open("sign-in/cas")
        assert answer.headers["Location"].startswith(
            "https://cas.example.edu.pl/cas/login?service=https%3A%2F%2Fmleg.example.edu.pl%2Fsign-in%2Fcas%2Fcallback"
        )
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-mleg_round_trip=")
        assert "; Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
