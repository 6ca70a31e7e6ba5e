"""oauthlib's signatures in header, query and body, for every kind of call."""

from urllib.parse import quote, urlencode

import pytest
from interoperability.conftest import SCOPES
from making import Key, new_token
from oauthlib.oauth1 import (
    SIGNATURE_HMAC_SHA1,
    SIGNATURE_HMAC_SHA256,
    SIGNATURE_PLAINTEXT,
    SIGNATURE_TYPE_AUTH_HEADER,
    SIGNATURE_TYPE_BODY,
    SIGNATURE_TYPE_QUERY,
)
from serving import WebService
from signing import FORM, Caller

HEADER, QUERY, BODY = SIGNATURE_TYPE_AUTH_HEADER, SIGNATURE_TYPE_QUERY, SIGNATURE_TYPE_BODY
ARGUMENTS = {
    "users/user": {"fields": "id|student_programmes[programme[name]]", "lang": "pl"},
    "terms/search": {"query": "Semestr zimowy żółć & = + % ~ * '", "fields": "items[id|name]|next_page"},
    "cards/mcard": {"fields": "why_cannot_order|orders[id]"},
    "apisrv/consumer": {"fields": "name|token_scopes"},
    "photos/photo": {"size": "50x50", "blank_photo": "True"},
    "terms/terms_index": {},
}


@pytest.fixture(scope="module")
def caller(service: WebService, consumer: Key, student_id: str) -> Caller:
    """The app with a token."""
    return Caller(service.base_url, consumer, new_token(service.app, consumer, int(student_id), *SCOPES.split("|")))


@pytest.mark.parametrize("signature_method", [SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT])
@pytest.mark.parametrize(
    ("http_method", "place", "in_query"),
    [
        ("GET", HEADER, True),
        ("GET", QUERY, True),
        ("POST", HEADER, True),
        ("POST", HEADER, False),
        ("POST", QUERY, True),
        ("POST", QUERY, False),
        ("POST", BODY, True),
        ("POST", BODY, False),
    ],
)
@pytest.mark.parametrize("method", ARGUMENTS)
def test_the_placement_does_not_matter(
    caller: Caller, method: str, http_method: str, place: str, in_query: bool, signature_method: str
) -> None:
    arguments = ARGUMENTS[method]
    expected = caller.get(method, **arguments)
    assert expected.status == 200, expected.text
    url = f"{caller.base_url}services/{method}"
    body = None if in_query else urlencode(arguments)
    if in_query and arguments:
        url += f"?{urlencode(arguments, quote_via=quote)}"
    if http_method == "POST" and place == BODY:
        body = body or ""
    headers = FORM if body is not None else {}
    options = {"signature_type": place, "signature_method": signature_method}
    answer = caller.sign(url, http_method, body, headers, **options).send()
    assert (answer.status, answer.content) == (200, expected.content), answer
    assert answer.headers["content-type"] == expected.headers["content-type"]
