"""Signatures, privacy and logs behind a reverse proxy: its headers are believed only as far as the settings say."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from making import ALL_SCOPES, Key, new_consumer, new_student, new_token
from oauthlib.oauth1 import SIGNATURE_PLAINTEXT, SIGNATURE_TYPE_QUERY
from serving import WebService, app_with
from signing import Caller, Signed, send

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "behind-a-proxy.md"
HOST = "mleg.example.edu.pl"
SIGNS_OF_A_PROXY = (
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Host": "127.0.0.1"},
    {"X-Forwarded-Proto": "https"},
    {"X-Real-IP": "127.0.0.1"},
    {"Forwarded": "for=127.0.0.1;proto=https"},
    {"Via": "1.1 cache"},
)


@pytest.fixture(scope="module")
def proxied(service: WebService) -> Iterator[Flask]:
    """An application behind one proxy."""
    with app_with(service, MLEG_TRUSTED_PROXIES="1") as app:
        yield app


@pytest.fixture(scope="module")
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


@pytest.fixture(scope="module")
def token(service: WebService, consumer: Key) -> Key:
    """Its token of a student who has ordered nothing."""
    return new_token(service.app, consumer, new_student(service.app), *ALL_SCOPES)


def told(host: str = HOST, proto: str = "https", **headers: str) -> dict[str, str]:
    """Give what the proxy of the documentation tells."""
    found = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": proto, "X-Forwarded-Host": host}
    return found | {name.replace("_", "-"): value for name, value in headers.items()}


def sign(consumer: Key, token: Key, base_url: str, method: str = "users/user", **options: str) -> Signed:
    """Sign a call as a client does that knows the service by this address."""
    return Caller(base_url, consumer, token).prepare(method, options=options)


def outcome(app: Flask, signed: Signed, headers: dict[str, str], path: str = "/services/users/user") -> str:
    """Deliver the call as the proxy does, from this machine and with its headers; give the reason of a refusal, or `fine`."""
    answer = app.test_client().get(
        path,
        base_url="http://127.0.0.1:8000",
        headers=signed.headers | headers,
        environ_base={"REMOTE_ADDR": "127.0.0.1"},
    )
    return "fine" if answer.status_code == 200 else str(answer.get_json()["reason"])


@pytest.mark.parametrize(
    ("base_url", "headers"),
    [
        (f"https://{HOST}/", told()),
        (f"https://{HOST}/", told(f"{HOST}:443")),
        (f"https://{HOST}:443/", told()),
        (f"https://{HOST.upper()}/", told(HOST)),
        (f"https://{HOST}:8443/", told(f"{HOST}:8443")),
        (f"http://{HOST}/", told(proto="http")),
        (f"http://{HOST}:80/", told(proto="http")),
        (f"http://{HOST}/", told(f"{HOST}:80", proto="http")),
        (f"https://{HOST}/mleg/", told(X_Forwarded_Prefix="/mleg")),
        (f"https://{HOST}/a/b/", told(X_Forwarded_Prefix="/a/b")),
    ],
)
def test_what_the_client_signed_is_rebuilt_from_what_the_proxy_tells(
    proxied: Flask, consumer: Key, token: Key, base_url: str, headers: dict[str, str]
) -> None:
    assert outcome(proxied, sign(consumer, token, base_url), headers) == "fine"


@pytest.mark.parametrize(
    ("base_url", "headers"),
    [
        (f"http://{HOST}/", told()),
        (f"https://{HOST}/", told(proto="http")),
        (f"https://{HOST}/", told("evil.example")),
        (f"https://{HOST}:8443/", told()),
        (f"https://{HOST}/", told(X_Forwarded_Prefix="/mleg")),
        (f"https://{HOST}/mleg/", told()),
    ],
)
def test_a_signature_for_another_address_is_wrong(
    proxied: Flask, consumer: Key, token: Key, base_url: str, headers: dict[str, str]
) -> None:
    assert outcome(proxied, sign(consumer, token, base_url), headers) == "invalid_signature"


def test_of_several_values_the_nearest_proxys_is_believed(proxied: Flask, consumer: Key, token: Key) -> None:
    headers = {
        "X-Forwarded-For": "127.0.0.1, 203.0.113.7",
        "X-Forwarded-Proto": "https, http",
        "X-Forwarded-Host": f"evil.example, {HOST}",
    }
    assert outcome(proxied, sign(consumer, token, f"http://{HOST}/"), headers) == "fine"
    assert outcome(proxied, sign(consumer, token, f"https://{HOST}/"), headers) == "invalid_signature"


def test_plaintext_is_taken_when_the_proxy_tells_of_tls_and_only_then(
    proxied: Flask, consumer: Key, token: Key
) -> None:
    def call(base_url: str, headers: dict[str, str]) -> str:
        return outcome(proxied, sign(consumer, token, base_url, signature_method=SIGNATURE_PLAINTEXT), headers)

    assert call(f"https://{HOST}/", told()) == "fine"
    assert call(f"http://{HOST}/", told(proto="http")) == "signature_method_unsupported"
    assert call(f"http://{HOST}/", told(X_Forwarded_Proto="https, http")) == "signature_method_unsupported"


def test_with_a_proxy_configured_loopback_is_not_private(proxied: Flask, consumer: Key, token: Key) -> None:
    """A proxy on this machine that tells nothing looks like a client on this machine."""
    plain = sign(consumer, token, "http://127.0.0.1:8000/", signature_method=SIGNATURE_PLAINTEXT)
    assert outcome(proxied, plain, {}) == "signature_method_unsupported"
    order = sign(consumer, token, "http://127.0.0.1:8000/", "mlegitymacja/order")
    assert outcome(proxied, order, {}, "/services/mlegitymacja/order") == "ssl_required"


@pytest.mark.parametrize("headers", SIGNS_OF_A_PROXY, ids=lambda headers: next(iter(headers)))
def test_without_one_configured_its_headers_are_not_believed_but_heeded(
    service: WebService, consumer: Key, token: Key, headers: dict[str, str]
) -> None:
    plain = sign(consumer, token, service.base_url, signature_method=SIGNATURE_PLAINTEXT)
    refused = plain.but(headers=plain.headers | headers).send()
    assert (refused.status, refused.json["reason"]) == (400, "signature_method_unsupported")
    signed = sign(consumer, token, service.base_url)
    assert signed.but(headers=signed.headers | headers).send().status == 200


def test_without_one_configured_a_forged_address_does_not_count(service: WebService, consumer: Key, token: Key) -> None:
    elsewhere = sign(consumer, token, f"https://{HOST}/mleg/")
    headers = elsewhere.headers | told(X_Forwarded_Prefix="/mleg")
    answer = elsewhere.but(url=service.url("services/users/user"), headers=headers).send()
    assert (answer.status, answer.json["reason"]) == (401, "invalid_signature")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_plaintext_is_taken_between_programs_on_this_machine(
    service: WebService, consumer: Key, token: Key, host: str
) -> None:
    signed = sign(consumer, token, f"http://{host}/", signature_method=SIGNATURE_PLAINTEXT)
    headers = signed.headers | {"Host": host}
    assert signed.but(url=service.url("services/users/user"), headers=headers).send().status == 200


def test_plaintext_is_refused_under_another_name_of_this_machine(
    service: WebService, consumer: Key, token: Key
) -> None:
    signed = sign(consumer, token, f"http://{HOST}/", signature_method=SIGNATURE_PLAINTEXT)
    refused = signed.but(url=service.url("services/users/user"), headers=signed.headers | {"Host": HOST}).send()
    assert (refused.status, refused.json["reason"]) == (400, "signature_method_unsupported")


def test_addresses_that_the_service_gives_lie_below_the_prefix(proxied: Flask) -> None:
    answer = proxied.test_client().get("/", headers=told(X_Forwarded_Prefix="/mleg"), base_url="http://127.0.0.1:8000")
    assert answer.headers["Location"].startswith("/mleg/kontroler.php")


def test_query_strings_reach_no_log_of_ours(service: WebService, consumer: Key, token: Key) -> None:
    """Neither of what works, nor of what is refused, nor of what is not there."""
    in_query = {"signature_method": SIGNATURE_PLAINTEXT, "signature_type": SIGNATURE_TYPE_QUERY}
    working = Caller(service.base_url, consumer, token).prepare("users/user", options=in_query)
    assert consumer.secret in working.url
    assert working.send().status == 200
    for path in ("services/users/user", "services/nothing", "oauth2/authorize", "services/oauth/authorize", "sign-in"):
        for verb in ("GET", "POST", "PUT"):
            assert send(f"{service.url(path)}?oauth_signature=marker-of-a-query&oauth_token=%ff", verb).status < 500
    log = service.log.read_text()
    assert consumer.secret not in log
    assert "marker-of-a-query" not in log


def test_the_logs_of_the_documented_proxies_hold_no_query_strings() -> None:
    text = DOCUMENT.read_text()
    nginx = re.findall(r"^log_format .*;$", text, re.MULTILINE)
    apache = re.findall(r"^(?:Log|ErrorLog)Format .*$", text, re.MULTILINE)
    assert (len(nginx), len(apache)) == (1, 2)
    variables = set(re.findall(r"\$\w+", nginx[0]))
    assert variables == {
        "$remote_addr",
        "$time_local",
        "$request_method",
        "$uri",
        "$status",
        "$body_bytes_sent",
        "$request_time",
    }
    assert set(re.findall(r"%>?(?:\{[^}]*\})?\w", apache[0])) == {"%h", "%t", "%m", "%U", "%>s", "%b", "%D"}
    assert "Referer" not in apache[1]
    assert "access_log /var/log/nginx/mleg.log mleg;" in text
    assert re.search(r"^    error_log .* crit;", text, re.MULTILINE)
    assert re.search(r"^    LogLevel +crit$", text, re.MULTILINE)
