"""`services/users`: a person is seen by those who may see them, and only what they may see."""

from collections.abc import Iterator

import pytest
from making import Key, new_consumer, new_student
from modules.conftest import allowed
from serving import WebService
from signing import Caller, send
from sqlalchemy import event

from usosapi_mleg.domain.photo import SIZES
from usosapi_mleg.extensions import db

PERSONAL = ("pesel", "birth_date")


@pytest.mark.parametrize("verb", ["get", "post"])
def test_by_default_it_is_about_the_person_who_allowed_it(
    service: WebService, consumer: Key, anna: int, verb: str
) -> None:
    caller = allowed(service, consumer, anna)
    answer = getattr(caller, verb)("users/user")
    assert answer.json == {"id": str(anna), "first_name": "Anna", "last_name": "Nowak"}
    assert getattr(caller, verb)("users/user", user_id=str(anna)).json == answer.json


def test_without_a_person_there_is_nobody_to_tell_of(service: WebService, consumer: Key, anna: int) -> None:
    app = Caller(service.base_url, consumer)
    for arguments in ({}, {"user_id": str(anna)}, {"user_id": "999999999"}):
        refused = app.get("users/user", **arguments)
        assert (refused.status, refused.json["error"], refused.json["reason"]) == (
            400,
            "object_not_found",
            "user_not_found",
        )


def test_others_cannot_be_told_from_those_who_do_not_exist(
    service: WebService, consumer: Key, anna: int, student: int
) -> None:
    caller = allowed(service, consumer, student, "studies", "personal", "photo", "email", "cards")
    someone, nobody = (caller.get("users/user", user_id=one) for one in (str(anna), "999999999"))
    assert someone.status == 400
    assert (someone.status, someone.content) == (nobody.status, nobody.content)
    several = caller.get("users/users", user_ids=f"{student}|{anna}|999999999").json
    assert several[str(student)]["last_name"] == "Próbna"
    assert several[str(anna)] is None
    assert several["999999999"] is None


def test_an_administrative_app_sees_everybody_but_nothing_that_needs_a_permission(office: Caller, anna: int) -> None:
    fields = "id|first_name|last_name|email|student_number|photo_urls"
    assert office.get("users/user", user_id=str(anna), fields=f"{fields}|pesel|birth_date").json == {
        "id": str(anna),
        "first_name": "Anna",
        "last_name": "Nowak",
        "email": None,
        "student_number": None,
        "photo_urls": {},
        "pesel": None,
        "birth_date": None,
    }
    assert office.get("users/users", user_ids=str(anna)).json[str(anna)]["last_name"] == "Nowak"


@pytest.mark.parametrize("field", PERSONAL)
def test_personal_data_need_the_scope_personal(service: WebService, consumer: Key, anna: int, field: str) -> None:
    others = ("cards", "studies", "photo", "email", "mlegitymacja", "offline_access")
    assert allowed(service, consumer, anna, *others).get("users/user", fields=field).json == {field: None}
    assert allowed(service, consumer, anna, "personal").get("users/user", fields=field).json[field]


@pytest.mark.parametrize("field", PERSONAL)
def test_personal_data_are_given_one_by_one_only(service: WebService, consumer: Key, anna: int, field: str) -> None:
    refused = allowed(service, consumer, anna, "personal").get("users/users", user_ids=str(anna), fields=field)
    assert (refused.status, refused.json["error"], refused.json["field_name"]) == (400, "field_invalid", field)


@pytest.mark.parametrize(
    ("scope", "field", "hidden"),
    [("email", "email", None), ("studies", "student_number", None), ("cards", "student_number", None)],
)
def test_each_field_needs_its_scope(
    service: WebService, consumer: Key, anna: int, scope: str, field: str, hidden: object
) -> None:
    assert allowed(service, consumer, anna, "photo").get("users/user", fields=field).json == {field: hidden}
    assert allowed(service, consumer, anna, scope).get("users/user", fields=field).json[field]


def test_whether_there_is_an_address_is_told_to_all_and_why_it_is_not_shown(
    service: WebService, consumer: Key, anna: int, student: int
) -> None:
    fields = "has_email|email_access"
    seen = {"has_email": True, "email_access": "no_access"}
    assert allowed(service, consumer, anna).get("users/user", fields=fields).json == seen
    assert (
        allowed(service, consumer, anna, "email").get("users/user", fields=fields).json["email_access"] == "plaintext"
    )
    without = allowed(service, consumer, student, "email").get("users/user", fields=fields).json
    assert without == {"has_email": False, "email_access": "no_email"}


def test_the_studies_stand_inside_to_any_depth(service: WebService, consumer: Key, anna: int) -> None:
    selector = "student_programmes[id|user[id]|programme[name|faculty[id|name]]|status]"
    (studies,) = (
        allowed(service, consumer, anna, "studies").get("users/user", fields=selector).json["student_programmes"]
    )
    assert set(studies) == {"id", "user", "programme", "status"}
    assert studies["user"] == {"id": str(anna)}
    assert set(studies["programme"]) == {"name", "faculty"}
    assert set(studies["programme"]["faculty"]) == {"id", "name"}
    assert set(studies["programme"]["faculty"]["name"]) == {"pl", "en"}
    assert allowed(service, consumer, anna, "photo").get("users/user", fields=selector).json == {
        "student_programmes": []
    }


def test_the_photo_needs_the_scope_photo(service: WebService, consumer: Key, anna: int) -> None:
    others = ("cards", "studies", "personal", "email", "mlegitymacja")
    fields = "has_photo|photo_urls[50x50]"
    assert allowed(service, consumer, anna, *others).get("users/user", fields=fields).json == {
        "has_photo": True,
        "photo_urls": {},
    }


@pytest.mark.parametrize("chosen", [tuple(SIZES), ("50x50",), ("original", "200x200")])
def test_the_photo_has_an_address_for_each_size_that_is_asked_for(
    service: WebService, consumer: Key, anna: int, chosen: tuple[str, ...]
) -> None:
    caller = allowed(service, consumer, anna, "photo")
    addresses = caller.get("users/user", fields=f"photo_urls[{'|'.join(chosen)}]").json["photo_urls"]
    assert set(addresses) == set(chosen)
    for address in addresses.values():
        assert address.startswith(service.base_url)
        assert send(address).headers["content-type"] == "image/jpeg"


def test_a_size_that_is_not_there_is_refused(service: WebService, consumer: Key, anna: int) -> None:
    refused = allowed(service, consumer, anna, "photo").get("users/user", fields="photo_urls[51x51]")
    assert (refused.status, refused.json["error"], refused.json["field_name"]) == (400, "field_not_found", "51x51")
    assert refused.json["method_name"] == "services/users/user"


def test_somebody_without_an_approved_photo_has_no_addresses(service: WebService, consumer: Key) -> None:
    pending = next(user for user in service.filled["users"] if user["scenario"] == "photo_pending")
    caller = allowed(service, consumer, int(pending["user_id"]), "photo")
    assert caller.get("users/user", fields="has_photo|photo_urls").json == {"has_photo": False, "photo_urls": {}}


def test_more_than_thirty_users_are_too_many(office: Caller) -> None:
    refused = office.get("users/users", user_ids="|".join(map(str, range(1, 32))))
    assert (refused.status, refused.json["error"], refused.json["param_name"]) == (400, "param_invalid", "user_ids")
    assert office.get("users/users", user_ids="|".join(map(str, range(1, 31)))).status == 200


@pytest.fixture
def statements(service: WebService) -> Iterator[list[str]]:
    """The statements of SQL that an application in this process sends to the database."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    with service.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("fields", "table", "read"),
    [
        ("id|first_name", "photos", False),
        ("id|has_photo", "photos", True),
        ("id|first_name", "student_programmes", False),
        ("id|student_programmes[id]", "student_programmes", True),
        ("id|birth_date", "persons.pesel", False),
        ("id|pesel", "persons.pesel", True),
    ],
)
def test_nothing_is_read_that_was_not_asked_for(
    service: WebService, statements: list[str], fields: str, table: str, read: bool
) -> None:
    consumer = new_consumer(service.app)
    caller = allowed(service, consumer, new_student(service.app), "personal", "photo", "studies")
    request = caller.prepare("users/user", fields=fields)
    statements.clear()
    answer = service.app.test_client().get(request.url, headers=request.headers)
    assert answer.status_code == 200, answer.text
    assert statements
    assert any(table in statement for statement in statements) is read
