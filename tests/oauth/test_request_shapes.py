"""Every shape of request that real clients of USOS API send, against the real server: nothing is normalised on the way."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

import pytest
from dance import STUDENT, pin_on, question
from making import ALL_SCOPES, Key, new_consumer, new_student, new_token
from oauthlib.oauth1 import (
    SIGNATURE_PLAINTEXT,
    SIGNATURE_TYPE_AUTH_HEADER,
    SIGNATURE_TYPE_BODY,
    SIGNATURE_TYPE_QUERY,
    Client,
)
from serving import Browser, WebService
from signing import FORM, Answer, Caller, Signed, send

OCTETS = {"Content-Type": "application/octet-stream"}
OOB = {"callback_uri": "oob"}
IN_QUERY = {"signature_type": SIGNATURE_TYPE_QUERY}
IN_BODY = {"signature_type": SIGNATURE_TYPE_BODY}


@pytest.fixture
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


@pytest.fixture
def app(service: WebService, consumer: Key) -> Caller:
    """An app without a token."""
    return Caller(service.base_url, consumer)


@pytest.fixture
def caller(service: WebService, consumer: Key) -> Caller:
    """An app with all scopes of a student who has ordered nothing."""
    return Caller(service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), *ALL_SCOPES))


def ask(app: Caller, http_method: str = "POST", query: str = "", **options: Any) -> Signed:
    """Sign a call of `request_token`."""
    url = f"{app.base_url}services/oauth/request_token{query}"
    return app.sign(url, http_method, options.pop("body", None), options.pop("headers", None), **OOB | options)


REQUEST_TOKEN: dict[str, Callable[[Caller], Signed]] = {
    "POST, callback and scopes in the form": lambda app: ask(
        app, body=urlencode({"oauth_callback": "oob", "scopes": "studies|photo"}), headers=FORM, callback_uri=None
    ),
    "GET, everything in the query": lambda app: ask(app, "GET", "?scopes=studies%7Cphoto", **IN_QUERY),
    "POST, scopes in the query, empty body, no type": lambda app: ask(app, query="?scopes=studies%7Cphoto"),
    "POST, scopes in the query, empty form": lambda app: ask(app, query="?scopes=studies%7Cphoto").but(
        headers=ask(app, query="?scopes=studies%7Cphoto").headers | FORM
    ),
    "POST, everything in the form": lambda app: ask(
        app, body=urlencode({"scopes": "studies|photo"}), headers=FORM, **IN_BODY
    ),
    "POST, callback in header and query, signed twice": lambda app: ask(
        app, query="?oauth_callback=oob&scopes=studies"
    ),
    "POST, callback in header and query, signed once": lambda app: ask(app, query="?scopes=studies").but(
        url=f"{app.base_url}services/oauth/request_token?oauth_callback=oob&scopes=studies"
    ),
    "POST, raw pipes": lambda app: ask(app, query="?scopes=studies%7Cphoto").but(
        url=f"{app.base_url}services/oauth/request_token?scopes=studies|photo"
    ),
    "GET, callback in the query, the rest in the header": lambda app: ask(
        app, "GET", "?scopes=offline_access&oauth_callback=oob", callback_uri=None
    ),
    "POST, PLAINTEXT": lambda app: ask(app, signature_method=SIGNATURE_PLAINTEXT),
    "GET, PLAINTEXT in the query": lambda app: ask(app, "GET", signature_method=SIGNATURE_PLAINTEXT, **IN_QUERY),
    "POST, a query that is empty": lambda app: ask(app, query="?"),
}


@pytest.mark.parametrize("shape", REQUEST_TOKEN)
def test_a_request_token_is_given_whatever_the_shape(app: Caller, shape: str) -> None:
    answer = REQUEST_TOKEN[shape](app).send()
    assert answer.status == 200, answer
    assert parse_qs(answer.text)["oauth_callback_confirmed"] == ["true"]


def exchange(app: Caller, http_method: str = "POST", query: str = "", **options: Any) -> Signed:
    """Sign a call of `access_token`."""
    url = f"{app.base_url}services/oauth/access_token{query}"
    return app.sign(url, http_method, None, options.pop("headers", None), **options)


ACCESS_TOKEN: dict[str, Callable[[Caller, str], Signed]] = {
    "POST, octet-stream, empty body": lambda app, pin: exchange(app, verifier=pin, headers=OCTETS),
    "POST, no type, empty body": lambda app, pin: exchange(app, verifier=pin),
    "GET, everything in the query": lambda app, pin: exchange(app, "GET", verifier=pin, **IN_QUERY),
    "POST, verifier in the query": lambda app, pin: exchange(app, query=f"?oauth_verifier={pin}"),
    "POST, verifier in header and query": lambda app, pin: exchange(app, query=f"?oauth_verifier={pin}", verifier=pin),
}


@pytest.mark.parametrize("shape", ACCESS_TOKEN)
def test_an_access_token_is_given_whatever_the_shape(
    service: WebService, browser: Browser, app: Caller, shape: str
) -> None:
    asked = parse_qs(ask(app).send().text)
    token = Key(asked["oauth_token"][0], asked["oauth_token_secret"][0])
    browser.sign_in(STUDENT)
    pin = pin_on(browser.consent(question(service, token)))
    answer = ACCESS_TOKEN[shape](Caller(app.base_url, app.consumer, token), pin).send()
    assert answer.status == 200, answer
    assert set(parse_qs(answer.text)) == {"oauth_token", "oauth_token_secret"}


SELECTED = "id|status|status_label"
QUERY = f"?fields={quote(SELECTED, safe='')}"
BODY = urlencode({"fields": SELECTED})


def call(app: Caller, http_method: str = "GET", query: str = QUERY, body: str | None = None, **options: Any) -> Signed:
    """Sign a call of `order` that selects fields."""
    url = f"{app.base_url}services/mlegitymacja/order{query}"
    return app.sign(url, http_method, body, FORM if body is not None else None, **options)


def header_of(signed: Signed, change: Callable[[str], str]) -> Signed:
    """Write the Authorization header in another way."""
    return signed.but(headers=signed.headers | {"Authorization": change(signed.headers["Authorization"])})


API_CALL: dict[str, Callable[[Caller], Signed]] = {
    "GET, query and header": call,
    "GET, everything in the query": lambda app: call(app, **IN_QUERY),
    "POST, form and header": lambda app: call(app, "POST", "", BODY),
    "POST, arguments in the query, OAuth in the form": lambda app: call(app, "POST", QUERY, "", **IN_BODY),
    "POST, OAuth in the query, arguments in the form": lambda app: call(app, "POST", "", BODY, **IN_QUERY),
    "POST, arguments in the query, empty body": lambda app: call(app, "POST"),
    "POST, everything in the form": lambda app: call(app, "POST", "", BODY, **IN_BODY),
    "GET, raw pipes": lambda app: call(app).but(url=unquote(call(app).url)),
    "GET, a realm": lambda app: call(app, realm="USOS API"),
    "GET, no blanks after commas": lambda app: header_of(call(app), lambda header: header.replace(", ", ",")),
    "GET, a realm and no blanks": lambda app: header_of(
        call(app, realm="a, b"), lambda header: header.replace('", ', '",')
    ),
    "GET, the scheme in lower case": lambda app: header_of(call(app), lambda header: header.replace("OAuth", "oauth")),
    "GET, a parameter twice": lambda app: call(app, query=f"{QUERY}&lang=pl&lang=pl"),
    "GET, an unknown parameter": lambda app: call(app, query=f"{QUERY}&lang=pl&format=json"),
    "POST, PLAINTEXT": lambda app: call(app, "POST", "", BODY, signature_method=SIGNATURE_PLAINTEXT),
}


@pytest.mark.parametrize("shape", API_CALL)
def test_a_method_answers_whatever_the_shape(caller: Caller, shape: str) -> None:
    answer = API_CALL[shape](caller).send()
    assert answer.status == 200, answer
    assert set(answer.json) == set(SELECTED.split("|"))


def test_an_address_that_ends_in_a_question_mark_is_taken(caller: Caller) -> None:
    signed = caller.sign(f"{caller.base_url}services/mlegitymacja/order?")
    assert signed.url.endswith("?")
    assert signed.send().status == 200


def test_brackets_need_not_be_encoded(caller: Caller) -> None:
    encoded = caller.prepare("mlegitymacja/status", fields="id|status[x]")
    raw = encoded.but(url=unquote(encoded.url))
    assert "fields=id|status[x]" in raw.url
    assert raw.send().json["error"] == "field_invalid"


@pytest.mark.parametrize(
    "headers", [{}, OCTETS, FORM, {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}]
)
def test_an_empty_body_may_be_of_any_type(caller: Caller, headers: dict[str, str]) -> None:
    signed = caller.prepare("mlegitymacja/order", "POST")
    assert signed.but(headers=signed.headers | headers).send().status == 200


class VersionedClient(Client):
    """A client that says another version of OAuth, or none."""

    version: str | None = None

    def get_oauth_params(self, request: Any) -> list[tuple[str, str]]:
        """Give the parameters with the other version."""
        others = [pair for pair in super().get_oauth_params(request) if pair[0] != "oauth_version"]
        return others if self.version is None else [*others, ("oauth_version", self.version)]


def status_with_version(caller: Caller, version: str | None) -> Answer:
    """Ask for the state of the order as a client of another version."""
    assert caller.token is not None
    client = VersionedClient(
        caller.consumer.key,
        client_secret=caller.consumer.secret,
        resource_owner_key=caller.token.key,
        resource_owner_secret=caller.token.secret,
        signature_type=SIGNATURE_TYPE_AUTH_HEADER,
    )
    client.version = version
    url, headers, _ = client.sign(f"{caller.base_url}services/mlegitymacja/status")
    return send(url, headers=headers)


@pytest.mark.parametrize("version", [None, "1.0", "1.0A", "1.0a"])
def test_the_version_may_be_absent_or_that_of_the_revision(caller: Caller, version: str | None) -> None:
    assert status_with_version(caller, version).json["reason"] == "order_not_found"


def test_another_version_is_refused(caller: Caller) -> None:
    answer = status_with_version(caller, "2.0")
    assert (answer.status, answer.json["reason"]) == (400, "version_unsupported")


@pytest.mark.parametrize("http_method", ["GET", "POST"])
def test_polish_letters_may_stand_in_any_argument(caller: Caller, http_method: str) -> None:
    words = {"idempotency_key": "zażółć gęślą jaźń", "źdźbło": "ŁÓDŹ"}
    assert caller.prepare("mlegitymacja/order", http_method, **words).send().status == 200


def test_a_signed_visit_of_the_page_that_ignores_signatures_works(service: WebService, app: Caller) -> None:
    asked = parse_qs(ask(app).send().text)
    signed = app.sign(f"{question(service, Key(asked['oauth_token'][0], ''))}", **IN_QUERY)
    assert signed.send().status == 302


@pytest.mark.parametrize("word", ["true", "false", "True", "False"])
def test_truth_may_be_written_as_python_does(app: Caller, word: str) -> None:
    assert app.get("terms/terms_index", active_only=word).status == 200


def test_a_word_that_is_neither_true_nor_false_is_refused(app: Caller) -> None:
    answer = app.get("terms/terms_index", active_only="maybe")
    assert (answer.status, answer.json["param_name"]) == (400, "active_only")


def test_a_token_may_be_sent_where_it_is_ignored(caller: Caller) -> None:
    assert ask(caller).send().status == 200


def test_an_empty_token_is_no_token(app: Caller) -> None:
    assert ask(app, query="?oauth_token=").send().status == 200


def test_a_double_slash_in_the_path_is_an_invalid_signature_as_at_usos(caller: Caller) -> None:
    answer = caller.sign(f"{caller.base_url}/services/mlegitymacja/status").send()
    assert (answer.status, answer.json["message"]) == (401, "Invalid signature.")


def test_one_parameter_with_two_values_is_refused(app: Caller) -> None:
    answer = ask(app, query="?oauth_callback=https%3A%2F%2Fevil.example%2F").send()
    assert answer.status == 400
    assert "oauth_callback" in answer.json["message"]
