"""schemathesis makes up calls from the served OpenAPI document: no server error, and nothing is answered that it does not declare."""

from collections import Counter
from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from interoperability.reference import situation
from oauthlib.oauth1 import SIGNATURE_TYPE_AUTH_HEADER
from requests_oauthlib import OAuth1
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from serving import WebService
from signing import Caller

from usosapi_mleg.protocol.module import METHODS

CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
TIMEOUT_SECONDS = 20


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Connections to the service."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


class Person:
    """Calls a method with an app that has every scope; with another one when that was revoked on the way."""

    def __init__(self, service: WebService, session: requests.Session, path: str) -> None:
        self.service = service
        self.session = session
        self.method = METHODS.get(path.removeprefix("/"))
        self.name = path.removeprefix("/")
        self.caller = self.newcomer()

    def newcomer(self) -> Caller:
        """Make somebody new."""
        administrative = self.method is not None and self.method.administrative
        return situation(self.service, self.name, administrative=administrative).caller

    def check(self, case: Case) -> int:
        """Sign and send a case, and check the answer; give its status."""
        case.headers.pop("Authorization", None)
        token = self.caller.token
        auth = OAuth1(
            *self.caller.consumer,
            *(token or (None, None)),
            signature_type=SIGNATURE_TYPE_AUTH_HEADER,
            callback_uri="oob" if self.name == "services/oauth/request_token" else None,
        )
        answer = case.call(
            base_url=self.service.base_url.rstrip("/"),
            session=self.session,
            auth=auth,
            allow_redirects=False,
            timeout=TIMEOUT_SECONDS,
        )
        case.validate_response(answer, checks=CHECKED)
        if answer.status_code == 401:
            self.caller = self.newcomer()
        return int(answer.status_code)


def try_all(service: WebService, session: requests.Session, examples: int) -> Counter[int]:
    """Try every operation with so many made-up calls; give how often each status was answered."""
    schema = schemathesis.openapi.from_url(service.url("developers/openapi.json"))
    statuses: Counter[int] = Counter()
    broken: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        person = Person(service, session, operation.path)
        try:
            statuses += try_one(operation, person, GenerationMode.POSITIVE, examples - examples // 3)
            statuses += try_one(operation, person, GenerationMode.NEGATIVE, examples // 3)
        except FailureGroup as failures:
            broken += [f"{operation.label}: {failure}" for failure in failures.exceptions]
    assert not broken, "\n\n".join(broken)
    return statuses


def try_one(operation: APIOperation, person: Person, mode: GenerationMode, examples: int) -> Counter[int]:
    """Try one operation."""
    statuses: Counter[int] = Counter()
    if not examples:
        return statuses

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Case) -> None:
        statuses[person.check(case)] += 1

    try:
        check()
    except Unsatisfiable:  # without arguments there is nothing to get wrong
        assert mode is GenerationMode.NEGATIVE
    return statuses


def test_a_made_up_call_of_each_kind_is_answered_as_declared(service: WebService, session: requests.Session) -> None:
    statuses = try_all(service, session, examples=1)
    print(statuses)  # noqa: T201
    assert statuses.total() >= 60
    assert statuses[200] >= 10


@pytest.mark.long
def test_two_thousand_made_up_calls_are_answered_as_declared(service: WebService, session: requests.Session) -> None:
    statuses = try_all(service, session, examples=27)
    print(statuses)  # noqa: T201
    assert statuses.total() >= 2000
    assert statuses[200] >= 200
