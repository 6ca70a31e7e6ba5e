"""The web part that the tests of the modules share, and who calls them."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from making import Key, new_consumer, new_student, new_token
from serving import WebService
from signing import FORM, Answer, Caller


@pytest.fixture(scope="session")
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


@pytest.fixture(scope="session")
def office(service: WebService) -> Caller:
    """An administrative app."""
    return Caller(service.base_url, new_consumer(service.app, administrative=True))


@pytest.fixture
def student(service: WebService) -> int:
    """A student who may order."""
    return new_student(service.app)


@pytest.fixture
def caller(service: WebService, consumer: Key, student: int) -> Caller:
    """The app with that student's token for everything about cards."""
    return allowed(service, consumer, student, "cards", "mlegitymacja", "mlegitymacja_order", "mlegitymacja_activation")


@pytest.fixture(scope="session")
def anna(service: WebService) -> int:
    """A student of the demo, with a photo, studies and a plastic card."""
    return next(int(user["user_id"]) for user in service.filled["users"] if user["username"] == "anna.nowak")


def allowed(service: WebService, consumer: Key, person: int, *scopes: str) -> Caller:
    """Give an app with a token of a person."""
    return Caller(service.base_url, consumer, new_token(service.app, consumer, person, *scopes))


def through_proxy(caller: Caller, method: str, parameters: Any = None, verb: str = "POST", **arguments: str) -> Answer:
    """Call a method with weakened permissions; the parameters are given as they are or as JSON."""
    arguments = {"method": method, **arguments}
    if parameters is not None:
        arguments["parameters"] = parameters if isinstance(parameters, str) else json.dumps(parameters)
    url = f"{caller.base_url}services/oauth/proxy"
    if verb == "GET":
        return caller.sign(f"{url}?{urlencode(arguments)}").send()
    return caller.sign(url, "POST", urlencode(arguments), FORM).send()
