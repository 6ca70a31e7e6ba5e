"""What the tests of the reference call every method with: an app, a person in a fitting state, and a value for each argument."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from interoperability.conftest import SCOPES
from making import Key, add_studies, change, make_ready, new_consumer, new_student, new_token
from serving import WebService
from signing import FORM, Answer, Caller

from usosapi_mleg.demo.portraits import draw_portrait
from usosapi_mleg.extensions import keyring, transaction
from usosapi_mleg.oauth import tokens

SIGNED_ARGUMENTS = {"oauth_callback": "callback_uri", "oauth_verifier": "verifier"}
"""Standard arguments of the signature, and oauthlib's names for them."""


@dataclass(frozen=True)
class Situation:
    """Who calls, and a value for every argument that the method may have."""

    caller: Caller
    values: Mapping[str, str]
    signature: Mapping[str, str] = field(default_factory=dict)

    def call(self, method: str, names: list[str], http_method: str = "GET", **more: str) -> Answer:
        """Call a method with some of its arguments."""
        arguments = urlencode({name: self.values[name] for name in names} | more)
        url = f"{self.caller.base_url}{method}"
        if http_method == "POST" and arguments:
            return self.caller.sign(url, "POST", arguments, FORM, **self.signature).send()
        return self.caller.sign(f"{url}?{arguments}" if arguments else url, http_method, **self.signature).send()


COMMON = {
    "user_id": "{student}",
    "user_ids": "{student}|999999999",
    "card_id": "{student}0",
    "barcode_number": "9{student}",
    "contact_chip_uid": "AB{student}",
    "contactless_chip_uid": "04{student}",
    "student_programme_id": "{student}0",
    "idempotency_key": "once",
    "image": "png",
    "start": "0",
    "num": "5",
    "size": "50x50",
    "blank_photo": "True",
    "active_only": "False",
    "term_id": "2026Z",
    "term_ids": "2026Z|2025L",
    "query": "Semestr",
    "min_finish_date": "2026-10-01",
    "max_start_date": "2026-12-31",
    "name": "services/users/user",
    "event_type": "mlegitymacja/order",
    "callback_url": "https://example.edu.pl/told",
    "verify_token": "word",
    "scopes": "mlegitymacja",
    "interactivity": "confirm_user",
    "deauthorize": "true",
    "parameters": '{{"fields": "id"}}',
    "method": "services/users/user",
}
ORDERED = ("mlegitymacja/status", "mlegitymacja/cancel", "cards/revoke_mcard", "cards/mcard_order")
READY = ("mlegitymacja/activation", "mlegitymacja/activation_qr", "mlegitymacja/card", "cards/mcard_order")


def situation(service: WebService, method: str, *, administrative: bool) -> Situation:
    """Make somebody new with whom the method can be called once."""
    short = method.removeprefix("services/")
    front_end = short.startswith("permissions/")
    consumer = new_consumer(service.app, administrative=administrative, student_front_end=front_end)
    student = _student(service)
    values = {name: value.format(student=student) for name, value in COMMON.items()}
    values |= {"consumer_key": consumer.key, "consumer_secret": consumer.secret}
    if short == "apiref/module":
        values["name"] = "services/cards"
    everything = (*SCOPES.split("|"), "events")
    token = None if administrative else new_token(service.app, consumer, student, *everything)
    caller = Caller(service.base_url, consumer, token)
    if short in ORDERED + READY or short == "mlegitymacja/history":
        values["order_id"] = caller.post("mlegitymacja/order").json["id"]
        if short in READY:
            make_ready(service.app, values["order_id"])
    if short in SPECIAL:
        return SPECIAL[short](service, caller, student, values)
    return Situation(caller, values)


def _student(service: WebService) -> int:
    """Make a student with a photo, studies and a plastic card."""
    student = new_student(service.app)
    with service.app.app_context(), transaction():
        jpeg = keyring().seal(draw_portrait(student, "F"), f"photos.jpeg:{student}")
        add_studies(student, place=1)
    change(service.app, "UPDATE photos SET jpeg = :jpeg WHERE person_id = :id", jpeg=jpeg, id=student)
    change(
        service.app,
        "INSERT INTO plastic_cards (id, person_id, type, student_number, barcode_number, contact_chip_uid, contactless_chip_uid,"
        " date_of_issue, expiration_date, to_be_prolonged)"
        " VALUES (:card, :id, 'student', :number, :barcode, :contact, :contactless, '2025-10-08', '2099-10-31', false)",
        card=student * 10,
        id=student,
        number=str(student),
        barcode=COMMON["barcode_number"].format(student=student),
        contact=COMMON["contact_chip_uid"].format(student=student),
        contactless=COMMON["contactless_chip_uid"].format(student=student),
    )
    return student


def _without_token(_: WebService, caller: Caller, __: int, values: dict[str, str]) -> Situation:
    return Situation(Caller(caller.base_url, caller.consumer), values, {"callback_uri": "oob"})


def _with_request_token(service: WebService, caller: Caller, student: int, values: dict[str, str]) -> Situation:
    with service.app.app_context(), transaction():
        issued = tokens.request_token(caller.consumer.key, "oob", ["mlegitymacja"], 120)
        wish = tokens.asked(issued.key)
        assert wish is not None
        verifier = tokens.authorize(wish, student, wish.scopes)
    token = Key(issued.key, issued.secret)
    return Situation(Caller(caller.base_url, caller.consumer, token), values, {"verifier": verifier})


def _at_the_browser(service: WebService, caller: Caller, _: int, values: dict[str, str]) -> Situation:
    with service.app.app_context(), transaction():
        issued = tokens.request_token(caller.consumer.key, "oob", ["mlegitymacja"], 120)
    token = Key(issued.key, issued.secret)
    return Situation(Caller(caller.base_url, caller.consumer, token), values | {"oauth_token": issued.key})


def _with_a_subscription(_: WebService, caller: Caller, __: int, values: dict[str, str]) -> Situation:
    names = ("event_type", "callback_url", "verify_token")
    assert caller.post("events/subscribe_event", **{name: values[name] for name in names}).status == 200
    return Situation(caller, values)


def _administrative_with_token(service: WebService, caller: Caller, student: int, values: dict[str, str]) -> Situation:
    token = new_token(service.app, caller.consumer, student, "mlegitymacja")
    return Situation(Caller(caller.base_url, caller.consumer, token), values)


SPECIAL: dict[str, Callable[[WebService, Caller, int, dict[str, str]], Situation]] = {
    "oauth/request_token": _without_token,
    "oauth/access_token": _with_request_token,
    "oauth/authorize": _at_the_browser,
    "oauth2/impersonated_token": _administrative_with_token,
    "events/subscriptions": _with_a_subscription,
}
