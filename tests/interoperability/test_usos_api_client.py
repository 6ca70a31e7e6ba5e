"""The client library `usos-api` (Python, aiohttp) works unchanged."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest
from interoperability.conftest import SCOPES
from making import Key, new_token
from oauth.dance import pin_on
from serving import Browser, WebService
from usos_api import USOSClient
from usos_api.exceptions import USOSAPIException
from usos_api.models import EmailAccess, Sex, StudentStatus

from usosapi_mleg.domain.scopes import SCOPES as ALL_SCOPES
from usosapi_mleg.protocol.module import METHODS, MODULES

T = TypeVar("T")


def with_client(service: WebService, consumer: Key, work: Callable[[USOSClient], Awaitable[T]]) -> T:
    """Do something with a client that is open."""

    async def run() -> T:
        async with USOSClient(service.base_url, consumer.key, consumer.secret) as client:
            return await work(client)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def token(service: WebService, consumer: Key, browser: Browser) -> Key:
    """An access token that the library got by itself, with the PIN that the student was shown."""

    async def get(client: USOSClient) -> Key:
        client.set_scopes(SCOPES.split("|"))
        url = await client.get_authorization_url(confirm_user=True)
        return Key(*await client.authorize(pin_on(browser.consent(url))))

    return with_client(service, consumer, get)


def signed(service: WebService, consumer: Key, token: Key, work: Callable[[USOSClient], Awaitable[T]]) -> T:
    """Do something with a client that has a token."""

    async def run(client: USOSClient) -> T:
        client.load_access_token(*token)
        return await work(client)

    return with_client(service, consumer, run)


def test_the_library_finds_the_server_alive(service: WebService, consumer: Key) -> None:
    assert with_client(service, consumer, lambda client: client.test_connection())


def test_a_callback_address_works_as_well_as_a_pin(service: WebService, consumer: Key, browser: Browser) -> None:
    async def get(client: USOSClient) -> str | None:
        url = await client.get_authorization_url("http://127.0.0.1:5000/callback?app=1", confirm_user=True)
        back = browser.consent(url).headers["Location"]
        assert back.startswith("http://127.0.0.1:5000/callback?app=1&oauth_token=")
        await client.authorize(back.rpartition("oauth_verifier=")[2])
        user = await client.user_service.get_user()
        return user.last_name

    assert with_client(service, consumer, get) == "Nowak"


def test_another_instance_can_finish_the_authorization(service: WebService, consumer: Key, browser: Browser) -> None:
    async def begin(client: USOSClient) -> tuple[str, str, str]:
        url = await client.get_authorization_url(confirm_user=True)
        return url, *client.connection.auth_manager.get_request_token()

    url, key, secret = with_client(service, consumer, begin)
    pin = pin_on(browser.consent(url))
    token, token_secret = with_client(service, consumer, lambda client: client.authorize(pin, key, secret))
    assert (len(token), len(token_secret)) == (20, 40)


def test_a_wrong_pin_raises_the_librarys_own_error(service: WebService, consumer: Key, browser: Browser) -> None:
    async def get(client: USOSClient) -> None:
        browser.consent(await client.get_authorization_url(confirm_user=True))
        await client.authorize("00000000x")

    with pytest.raises(USOSAPIException, match=r"HTTP 400.*Invalid verifier\."):
        with_client(service, consumer, get)


def test_the_app_is_described(service: WebService, consumer: Key, token: Key) -> None:
    about = signed(service, consumer, token, lambda client: client.api_server_service.get_consumer_info())
    assert about.name == f"App {consumer.key}"
    assert about.date_registered is not None
    assert about.administrative_methods == []
    assert set(SCOPES.split("|")) <= set(about.token_scopes)


def test_the_index_lists_every_method(service: WebService, consumer: Key, token: Key) -> None:
    index = signed(service, consumer, token, lambda client: client.api_documentation_service.get_method_index())
    assert [entry.name for entry in index] == sorted(METHODS)
    assert all(entry.brief_description for entry in index)


def test_every_method_is_described(service: WebService, consumer: Key, token: Key) -> None:
    async def describe(client: USOSClient) -> None:
        for entry in await client.api_documentation_service.get_method_index():
            about = await client.api_documentation_service.get_method_info(entry.name)
            declared = METHODS[entry.name]
            assert about.name == entry.name
            assert about.short_name == entry.name.rpartition("/")[2]
            assert about.auth_options.consumer == declared.consumer
            assert about.auth_options.token == declared.token
            assert about.auth_options.ssl_required is declared.ssl
            assert about.auth_options.administrative_only is declared.administrative
            assert about.scopes == list(declared.scopes)
            assert about.brief_description == entry.brief_description
            assert about.returns
            assert about.errors
            assert about.ref_url.startswith(service.base_url)
            assert all(argument.name and argument.description for argument in about.arguments)
            assert all(field.name and field.description for field in about.result_fields)
            assert all(field.is_primary is not field.is_secondary for field in about.result_fields)

    signed(service, consumer, token, describe)


def test_every_module_is_described(service: WebService, consumer: Key, token: Key) -> None:
    async def describe(client: USOSClient) -> list[str]:
        methods = []
        for name in MODULES:
            module = await client.api_documentation_service.get_module_info(name.removeprefix("services/"))
            assert module.name == name
            assert module.title
            assert module.description
            methods += module.methods
        return methods

    assert sorted(signed(service, consumer, token, describe)) == sorted(METHODS)


def test_the_scopes_are_listed(service: WebService, consumer: Key, token: Key) -> None:
    scopes = signed(service, consumer, token, lambda client: client.api_documentation_service.get_scopes())
    assert {scope.key for scope in scopes} == set(ALL_SCOPES)
    assert all(scope.developers_description for scope in scopes)


def test_the_user_is_filled_in(service: WebService, consumer: Key, token: Key, student_id: str) -> None:
    user = signed(service, consumer, token, lambda client: client.user_service.get_user())
    assert (user.id, user.first_name, user.last_name) == (int(student_id), "Anna", "Nowak")
    assert (user.sex, user.student_status) == (Sex.FEMALE, StudentStatus.ACTIVE_STUDENT)
    assert user.email
    assert user.student_number
    assert user.has_photo is True
    assert user.photo_urls["original"].startswith(service.base_url)
    (studies,) = user.student_programmes
    assert studies.programme.id
    assert studies.programme.description["pl"]


def test_every_field_of_the_user_that_the_library_knows_can_be_asked_for(
    service: WebService, consumer: Key, token: Key
) -> None:
    from usos_api.models import User

    everything = list(User.model_fields)
    user = signed(service, consumer, token, lambda client: client.user_service.get_user(fields=everything))
    assert user.model_fields_set == set(everything)
    assert user.birth_date > date(1990, 1, 1)
    assert len(user.pesel) == 11
    assert user.email_access is EmailAccess.PLAINTEXT
    assert user.can_i_debug is False


def test_an_app_with_the_librarys_own_scopes_gets_a_user_without_a_photo(
    service: WebService, consumer: Key, student_id: str
) -> None:
    plain = new_token(service.app, consumer, int(student_id), "offline_access", "studies")
    user = signed(service, consumer, plain, lambda client: client.user_service.get_user())
    assert user.last_name == "Nowak"
    assert user.photo_urls == {}
    assert user.email is None


def test_terms_are_filled_in(service: WebService, consumer: Key, token: Key) -> None:
    term = signed(service, consumer, token, lambda client: client.term_service.get_term("2026Z"))
    assert (term.id, term.name.en, term.start_date) == ("2026Z", "Winter semester 2026/27", date(2026, 10, 1))
    terms = signed(service, consumer, token, lambda client: client.term_service.get_terms(["2025L", "2026Z"]))
    assert [one.id for one in terms] == ["2025L", "2026Z"]


def test_booleans_as_python_writes_them_are_understood(service: WebService, consumer: Key, token: Key) -> None:
    async def get(client: USOSClient, **arguments: object) -> list[object]:
        answer = await client.connection.get("services/terms/terms_index", **arguments)
        return list(answer)

    every = signed(service, consumer, token, lambda client: get(client, active_only=False))
    active = signed(service, consumer, token, lambda client: get(client, active_only=True))
    assert 0 < len(active) < len(every)


def test_a_token_can_be_saved_and_loaded(service: WebService, consumer: Key, token: Key, tmp_path: Path) -> None:
    file = str(tmp_path / "token.json")
    signed(service, consumer, token, lambda client: client.save_access_token_to_file(file))

    async def load(client: USOSClient) -> str | None:
        await client.load_access_token_from_file(file)
        return (await client.user_service.get_user()).first_name

    assert with_client(service, consumer, load) == "Anna"


def test_an_error_of_the_api_raises_the_librarys_own_error(service: WebService, consumer: Key, token: Key) -> None:
    with pytest.raises(USOSAPIException, match=r"HTTP 400.*term_not_found"):
        signed(service, consumer, token, lambda client: client.term_service.get_term("nic"))


def test_after_logging_out_the_token_is_of_no_use(service: WebService, consumer: Key, student_id: str) -> None:
    token = new_token(service.app, consumer, int(student_id), "offline_access", "studies")
    signed(service, consumer, token, lambda client: client.connection.auth_manager.logout())
    with pytest.raises(USOSAPIException, match="HTTP 401"):
        signed(service, consumer, token, lambda client: client.user_service.get_user())
