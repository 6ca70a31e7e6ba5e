"""Whose account it is, when several come at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from elsewhere import new_account
from making import count
from serving import WebService

from usosapi_mleg.extensions import transaction
from usosapi_mleg.oauth.external import identities
from usosapi_mleg.oauth.external.identities import ExternalPerson
from usosapi_mleg.oauth.external.problems import ExternalSignInError, Problem

ROUNDS, AT_ONCE = 5, 4


@pytest.fixture(scope="module")
def crowd() -> Iterator[ThreadPoolExecutor]:
    """So many at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield pool


def sign_in_at_once(service: WebService, crowd: ThreadPoolExecutor, subjects: list[str], name: str) -> list[str]:
    """Have all subjects come in at the same moment under one name; give the account or the problem of each."""
    ready = Barrier(len(subjects))

    def come(subject: str) -> str:
        person = ExternalPerson(way="oidc", provider="p", subject=subject, name=name, session="", role=None)
        with service.app.app_context():
            ready.wait()
            try:
                with transaction():
                    return identities.find_account(person)
            except ExternalSignInError as error:
                return error.problem

    return list(crowd.map(come, subjects))


def test_of_several_who_come_under_one_name_one_gets_the_account(
    service: WebService, crowd: ThreadPoolExecutor
) -> None:
    for _ in range(ROUNDS):
        name = new_account(service.app)
        came = sign_in_at_once(service, crowd, [f"{name} {n}" for n in range(AT_ONCE)], name)
        assert sorted(came) == sorted([name, *[Problem.NAME_TAKEN] * (AT_ONCE - 1)])
        assert count(service.app, "identities WHERE username = :name", name=name) == 1


def test_one_person_who_comes_in_several_windows_comes_in_in_all(
    service: WebService, crowd: ThreadPoolExecutor
) -> None:
    for _ in range(ROUNDS):
        name = new_account(service.app)
        assert sign_in_at_once(service, crowd, [name] * AT_ONCE, name) == [name] * AT_ONCE
