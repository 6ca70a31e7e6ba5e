"""Whatever is sent, the answer is a clear 4xx in USOS API's error form; nothing is ever a server error."""

import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from making import ALL_SCOPES, new_consumer, new_student, new_token
from serving import WebService
from signing import FORM, Answer, Caller, send

MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.fixture(scope="module")
def caller(service: WebService) -> Caller:
    """An app with all scopes of a student who has ordered nothing."""
    consumer = new_consumer(service.app)
    return Caller(service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), *ALL_SCOPES))


def check_refused(answer: Answer, status: int, error: str | None = None, name: str | None = None) -> None:
    """Check that an answer has USOS API's error form."""
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("application/json")
    assert isinstance(answer.json["message"], str)
    assert answer.json["message"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json.get("error") == error
    assert answer.json.get("param_name") == name


ARGUMENTS: dict[str, tuple[str, dict[str, str], str, str | None]] = {
    "no order id": ("cancel", {}, "param_missing", "order_id"),
    "an order id that is no id": ("cancel", {"order_id": "x"}, "object_not_found", None),
    "an empty order id": ("cancel", {"order_id": ""}, "object_not_found", None),
    "an order id that was never given": ("cancel", {"order_id": "0" * 32}, "object_not_found", None),
    "an order id with hyphens": (
        "cancel",
        {"order_id": "0" * 8 + "-0000" * 3 + "-" + "0" * 12},
        "param_invalid",
        "order_id",
    ),
    "a huge order id": ("cancel", {"order_id": "f" * 10_000}, "param_invalid", "order_id"),
    "an order id with NUL": ("status", {"order_id": "a\0b"}, "param_invalid", "order_id"),
    "an order id in Polish": ("status", {"order_id": "zażółć"}, "object_not_found", None),
    "an order id as a list": ("status", {"order_id": "1|2"}, "object_not_found", None),
    "a programme that is no number": ("order", {"student_programme_id": "x"}, "param_invalid", "student_programme_id"),
    "a negative programme": ("order", {"student_programme_id": "-1"}, "param_invalid", "student_programme_id"),
    "a fractional programme": ("order", {"student_programme_id": "1.5"}, "param_invalid", "student_programme_id"),
    "a huge programme": ("order", {"student_programme_id": "9" * 50}, "param_invalid", "student_programme_id"),
    "a programme at the edge": ("order", {"student_programme_id": "9" * 18}, "param_invalid", "student_programme_id"),
    "an empty programme": ("order", {"student_programme_id": ""}, "param_invalid", "student_programme_id"),
    "an Arabic programme": ("order", {"student_programme_id": "٣"}, "param_invalid", "student_programme_id"),
    "a programme of somebody else": (
        "order",
        {"student_programme_id": "201010"},
        "param_invalid",
        "student_programme_id",
    ),
    "a key with NUL": ("order", {"idempotency_key": "a\0"}, "param_invalid", "idempotency_key"),
    "an unknown kind of picture": ("activation_qr", {"image": "gif"}, "param_invalid", "image"),
    "a picture in capitals": ("activation_qr", {"image": "PNG"}, "param_invalid", "image"),
    "NUL in an unknown argument": ("status", {"whatever": "\0"}, "param_invalid", "whatever"),
}


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("case", ARGUMENTS)
def test_an_argument_that_makes_no_sense_is_named(caller: Caller, case: str, verb: str) -> None:
    method, arguments, error, name = ARGUMENTS[case]
    answer = caller.prepare(f"mlegitymacja/{method}", verb, **arguments).send()
    check_refused(answer, 400, error, name)


def test_an_argument_error_has_words_for_the_person(caller: Caller) -> None:
    texts = caller.post("mlegitymacja/cancel").json["user_messages"]["fields"]["order_id"]
    assert texts == {"pl": "To pole jest wymagane.", "en": "This field is required."}


def test_a_stale_signature_is_refused(caller: Caller) -> None:
    old = caller.prepare("mlegitymacja/status", options={"timestamp": str(int(time.time()) - 3600)})
    check_refused(old.send(), 400)


def test_a_replayed_request_is_refused(caller: Caller) -> None:
    signed = caller.prepare("mlegitymacja/status")
    signed.send()
    answer = signed.send()
    check_refused(answer, 400)
    assert answer.json["message"] == "Nonce already used"


@pytest.mark.parametrize("headers", [FORM, MULTIPART, {"Content-Type": "application/json"}, {}])
def test_ten_megabytes_are_too_much_or_not_looked_at(caller: Caller, headers: dict[str, str]) -> None:
    body = b"order_id=" + b"x" * 10_000_000
    signed = caller.prepare("mlegitymacja/status", "POST")
    answer = signed.but(headers=signed.headers | headers, body=body.decode()).send()
    if headers in (FORM, MULTIPART):
        check_refused(answer, 413)
    else:
        check_refused(answer, 400, "object_not_found")


def test_a_form_of_many_small_fields_is_refused(caller: Caller) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    signed = caller.prepare("mlegitymacja/status", "POST")
    answer = signed.but(headers=signed.headers | MULTIPART, body=part * 5000 + "--x--\r\n").send()
    check_refused(answer, 413)


CONTENT_TYPES = (
    "text/xml",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "x" * 300,
    "multipart/form-data; boundary=\u00ff",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded;;;",
    ";",
    "nonsense",
    "*/*",
)


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_a_strange_content_type_is_no_server_error(caller: Caller, content_type: str) -> None:
    signed = caller.prepare("mlegitymacja/status", "POST")
    for body in ("{}", "--x\r\n", "a=%FF"):
        answer = signed.but(headers=signed.headers | {"Content-Type": content_type}, body=body).send()
        assert 400 <= answer.status < 500, answer
        assert answer.json["message"]


RAW_QUERIES = (
    "a=%ff",
    "%ff=%fe",
    "order_id=%c3%28",
    "%",
    "a=%zz",
    "&&&",
    "=",
    "a&a=&=a",
    "fields=%ff",
    "a;b",
    "oauth_token=%ff",
)


@pytest.mark.parametrize("query", RAW_QUERIES)
def test_a_query_that_is_not_utf8_or_not_a_query_is_no_server_error(
    service: WebService, caller: Caller, query: str
) -> None:
    signed = caller.prepare("mlegitymacja/status")
    for headers in ({}, signed.headers):
        answer = send(f"{service.url('services/mlegitymacja/status')}?{query}", headers=headers)
        assert 400 <= answer.status < 500, answer
        assert answer.json["message"]
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("body", ["a=%ff", "%ff", "oauth_nonce=%ff", "&=&", "%"])
def test_a_form_that_is_not_utf8_is_no_server_error(caller: Caller, body: str) -> None:
    signed = caller.prepare("mlegitymacja/status", "POST")
    answer = signed.but(headers=signed.headers | FORM, body=body).send()
    assert 400 <= answer.status < 500, answer
    assert answer.json["message"]


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH", "TRACE", "NONSENSE"])
def test_another_http_method_is_a_405_that_names_those_allowed(service: WebService, verb: str) -> None:
    answer = send(service.url("services/mlegitymacja/order"), verb)
    check_refused(answer, 405)
    assert {"GET", "POST"} <= set(answer.headers["allow"].replace(" ", "").split(","))


@pytest.mark.parametrize(
    "path",
    [
        "services/mlegitymacja/nothing",
        "services/nothing/nothing",
        "services/",
        "services/mlegitymacja",
        "services/mlegitymacja/order/",
        "services/mlegitymacja/%00",
        "services/mlegitymacja/%ff",
        "services/../services/mlegitymacja/x",
        "services/mlegitymacja/" + "x" * 5000,
    ],
)
def test_a_method_that_is_not_there_is_a_404(service: WebService, path: str) -> None:
    answer = send(service.url("") + path)
    check_refused(answer, 404, "object_not_found")


@pytest.mark.parametrize(
    "host", ["[", "[::1", "]", "a b", "x" * 300, "127.0.0.1:x", "127.0.0.1:99999999", "@", "\u00ff", "/", "?", ""]
)
def test_a_strange_host_is_no_server_error(caller: Caller, host: str) -> None:
    for method in ("status", "order"):
        signed = caller.prepare(f"mlegitymacja/{method}")
        answer = signed.but(headers=signed.headers | {"Host": host}).send()
        assert 400 <= answer.status < 500, answer


OAUTH_PARAMETERS: dict[str, Callable[[str], str]] = {
    "a nonce of 10,000 signs": lambda header: header.replace('oauth_nonce="', 'oauth_nonce="' + "n" * 10_000),
    "no signature method": lambda header: header.replace("oauth_signature_method", "oauth_other"),
    "another signature method": lambda header: header.replace("HMAC-SHA1", "RSA-SHA1"),
    "no nonce": lambda header: header.replace("oauth_nonce", "oauth_other"),
    "no timestamp": lambda header: header.replace("oauth_timestamp", "oauth_other"),
    "no consumer key": lambda header: header.replace("oauth_consumer_key", "oauth_other"),
    "no signature": lambda header: header.replace("oauth_signature=", "oauth_other="),
    "a quotation mark that is not closed": lambda header: header[:-1],
    "a nonce that is not UTF-8": lambda header: header.replace('oauth_nonce="', 'oauth_nonce="%ff'),
    "a name that is not UTF-8": lambda header: header + ', %ff="x"',
    "a parameter twice": lambda header: header + ', oauth_nonce="another"',
}


@pytest.mark.parametrize("case", OAUTH_PARAMETERS)
def test_oauth_parameters_that_make_no_sense_are_refused(caller: Caller, case: str) -> None:
    signed = caller.prepare("mlegitymacja/status")
    answer = signed.but(headers={"Authorization": OAUTH_PARAMETERS[case](signed.headers["Authorization"])}).send()
    assert answer.status in {400, 401}, answer
    assert answer.json["message"]
    assert ("www-authenticate" in answer.headers) == (answer.status == 401)


def test_a_header_of_sixty_kilobytes_is_no_server_error(service: WebService) -> None:
    many = ", ".join(f'oauth_{number}="{quote("ż") * 20}"' for number in range(400))
    answer = send(service.url("services/mlegitymacja/status"), headers={"Authorization": f"OAuth {many}"})
    assert 400 <= answer.status < 500
