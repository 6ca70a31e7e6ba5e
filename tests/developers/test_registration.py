"""Applying for a consumer key: what the form takes, what it refuses and how it says so."""

from collections.abc import Iterator

import pytest
from making import Key, change, count, new_consumer
from oauth.dance import access_token, pin_on, question, request_token, session
from registering import FORM, apply, filled, key_on, register
from serving import Browser, WebService
from signing import Answer, Caller

from usosapi_mleg.demo.visitor import read_page
from usosapi_mleg.oauth.consumers import MOST_PER_HOUR
from usosapi_mleg.oauth.oauth2.clients import find_client

CALLBACK = "https://planer.example.edu.pl/back"


def _ask(service: WebService, consumer: Key, callback: str) -> Answer:
    """Ask for a request token."""
    signed = Caller(service.base_url, consumer).prepare("oauth/request_token", options={"callback_uri": callback})
    return signed.send()


def test_the_key_from_the_form_signs_calls(service: WebService, developer: Browser) -> None:
    consumer = register(developer, name="Sygnatariusz", url="", email="ktos@example.edu.pl")
    assert (len(consumer.key), len(consumer.secret)) == (20, 40)
    answer = Caller(service.base_url, consumer).get("apisrv/consumer", fields="name|url|email|is_verified")
    assert answer.json == {
        "name": "Sygnatariusz",
        "url": None,
        "email": "ktos@example.edu.pl",
        "is_verified": False,
    }


def test_the_secret_is_shown_once_and_never_kept_by_a_browser(developer: Browser) -> None:
    answer = apply(developer)
    consumer = key_on(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    later = developer.open(FORM).text
    assert consumer.key in later
    assert consumer.secret not in later


def test_whoever_is_signed_in_owns_what_they_register(
    service: WebService, developer: Browser, browser: Browser
) -> None:
    consumer = register(developer)
    assert count(service.app, "consumers WHERE key = :key AND owner_id IS NOT NULL", key=consumer.key) == 1
    browser.sign_in("jan.kowalski")
    assert consumer.key not in browser.open(FORM).text


def test_somebody_who_is_not_signed_in_can_register_too(service: WebService, browser: Browser) -> None:
    consumer = register(browser)
    assert count(service.app, "consumers WHERE key = :key AND owner_id IS NULL", key=consumer.key) == 1
    assert Caller(service.base_url, consumer).get("apisrv/consumer", fields="name").status == 200


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("name", " ", "This field is required."),
        ("name", "a" * 101, "This is too long."),
        ("name", "dwa\twiersze", "A name must not hold control characters."),
        ("url", "ftp://planer.example.edu.pl/", "This is not the address of a page"),
        ("url", "planer", "This is not the address of a page"),
        ("url", f"https://example.edu.pl/{'a' * 200}", "This is too long."),
        ("email", "", "This field is required."),
        ("email", "planer", "This is not an e-mail address."),
        ("email", f"{'a' * 60}@example.edu.pl", "This is too long."),
        ("callbacks", "planer", "At least one line is not an address"),
        ("callbacks", f"{CALLBACK}\njavascript://x", "At least one line is not an address"),
        ("callbacks", "\n".join(f"{CALLBACK}{number}" for number in range(11)), "Give at most 10 addresses."),
        ("email", "a\0@example.edu.pl", "This is not an e-mail address."),
        ("url", "https://example.edu.pl/\0", "This is not the address of a page"),
        ("terms", "", "No key is issued unless the terms are accepted."),
        ("terms", "no", "No key is issued unless the terms are accepted."),
    ],
)
def test_a_bad_field_is_complained_of_beside_it_and_the_rest_is_kept(
    service: WebService, browser: Browser, field: str, value: str, complaint: str
) -> None:
    values = filled(**{field: value})
    before = count(service.app, "consumers")
    answer = browser.send(read_page(browser.open(FORM)).form("terms"), **values)
    assert answer.status_code == 400
    page = read_page(answer)
    assert complaint in page.text_of("problem")
    assert page.text.count('class="problem"') == 1
    assert f'id="{field}-problem"' in page.text
    kept = page.form("terms").values
    typed = {name: text for name, text in values.items() if name not in {"terms", "callbacks"}}
    assert {name: kept[name] for name in typed} == typed
    assert values["callbacks"] in page.text
    assert ("terms" in kept) == (values["terms"] == "yes")
    assert count(service.app, "consumers") == before


def test_all_bad_fields_are_complained_of_at_once(browser: Browser) -> None:
    answer = browser.send(read_page(browser.open(FORM)).form("terms"), name="", email="x", url="x", callbacks="x")
    assert answer.text.count('class="problem"') == 5


def test_two_apps_cannot_have_one_name(service: WebService, developer: Browser, browser: Browser) -> None:
    register(developer, name="Jedyna")
    answer = apply(browser, name="Jedyna")
    assert answer.status_code == 400
    assert "An application of this name is registered already." in read_page(answer).text_of("problem")
    assert count(service.app, "consumers WHERE name = 'Jedyna'") == 1


def test_registered_callbacks_bind_the_app(service: WebService, developer: Browser) -> None:
    consumer = register(developer, callbacks=f"{CALLBACK}\r\n\r\n  planer://back  \r\n{CALLBACK}")
    for good in (CALLBACK, "planer://back", "oob"):
        request_token(service, consumer, callback=good)
    refused = _ask(service, consumer, f"{CALLBACK}/elsewhere")
    assert refused.status == 400
    assert refused.json["param_name"] == "oauth_callback"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_a_native_app_may_use_any_port_of_its_own_machine(service: WebService, developer: Browser, host: str) -> None:
    consumer = register(developer, callbacks=f"http://{host}/back?from=planer")
    assert _ask(service, consumer, f"http://{host}:51004/back?from=planer").status == 200
    assert _ask(service, consumer, f"http://{host}/back?from=planer").status == 200
    for other in (
        f"http://{host}:51004/other",
        f"http://{host}.example.com/back?from=planer",
        f"http://{host}:9@x/back",
    ):
        assert _ask(service, consumer, other).status == 400


def test_another_port_of_another_machine_is_another_address(service: WebService, developer: Browser) -> None:
    consumer = register(developer, callbacks="http://planer.example.edu.pl/back")
    assert _ask(service, consumer, "http://planer.example.edu.pl:8080/back").status == 400


def test_the_consent_page_warns_when_any_address_is_allowed(service: WebService, developer: Browser) -> None:
    warning = "No callback addresses are registered for this app"
    for callbacks, warned in (("", True), (CALLBACK, False)):
        consumer = register(developer, callbacks=callbacks)
        page = developer.open(question(service, request_token(service, consumer, callback=CALLBACK)))
        assert page.status_code == 200
        assert (warning in page.text) == warned


def test_an_app_that_was_registered_gets_a_token_with_a_pin(service: WebService, developer: Browser) -> None:
    consumer = register(developer)
    token = request_token(service, consumer)
    page = developer.consent(question(service, token))
    access = access_token(service, consumer, token, pin_on(page))
    with session(consumer, access) as app:
        assert app.get(service.url("services/users/user")).json()["first_name"] == "Anna"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_send_the_form(service: WebService, browser: Browser, headers: dict[str, str]) -> None:
    before = count(service.app, "consumers")
    answer = browser.client.post(service.url(FORM), data=filled(), headers=headers)
    assert answer.status_code == 403
    assert count(service.app, "consumers") == before


def test_whoever_is_signed_in_proves_it_with_the_token_of_the_page(service: WebService, developer: Browser) -> None:
    before = count(service.app, "consumers")
    for headers in ({}, {"Sec-Fetch-Site": "same-origin"}):
        assert developer.client.post(service.url(FORM), data=filled(), headers=headers).status_code == 400
    assert count(service.app, "consumers") == before


@pytest.fixture
def crowd(service: WebService) -> Iterator[list[Key]]:
    """As many new apps of nobody as may be registered in an hour."""
    present = count(service.app, "consumers WHERE owner_id IS NULL AND registered_at > now() - interval '1 hour'")
    made = [new_consumer(service.app) for _ in range(MOST_PER_HOUR - present)]
    yield made
    for consumer in made:
        change(service.app, "DELETE FROM consumers WHERE key = :key", key=consumer.key)


def test_registrations_by_nobody_are_bounded(
    service: WebService, browser: Browser, developer: Browser, crowd: list[Key]
) -> None:
    answer = apply(browser)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3600"
    assert "Too many applications were registered" in answer.text
    register(developer)
    change(service.app, "DELETE FROM consumers WHERE key = :key", key=crowd[0].key)
    register(browser)


def test_an_app_for_oauth_2_gets_a_client_secret_unless_it_cannot_keep_one(
    service: WebService, developer: Browser
) -> None:
    address = "https://planer.example.edu.pl/callback"
    for kind, secret in (("confidential", True), ("public", False)):
        answer = apply(developer, redirect_uris=address, client_kind=kind)
        page = read_page(answer)
        consumer = key_on(answer)
        assert page.text_of("client-id") == consumer.key
        assert ("client-secret" in page.texts) == secret
        with service.app.test_request_context():
            client = find_client(consumer.key)
            assert client is not None
            assert (client.public, client.redirect_uris) == (not secret, (address,))
            assert not secret or client.check_client_secret(page.text_of("client-secret"))


@pytest.mark.parametrize(
    "address", ["http://example.edu.pl/", "https://a.example/#x", "app://x", "javascript:alert(1)"]
)
def test_an_address_that_nobody_can_be_sent_to_safely_is_not_registered(developer: Browser, address: str) -> None:
    answer = apply(developer, redirect_uris=address)
    assert answer.status_code == 400
    assert "People cannot safely be sent" in read_page(answer).text_of("problem")


def test_whoever_registered_an_app_can_rotate_its_secrets_and_nobody_else(
    service: WebService, developer: Browser
) -> None:
    answer = apply(developer, redirect_uris="https://planer.example.edu.pl/callback")
    consumer, client_secret = key_on(answer), read_page(answer).text_of("client-secret")
    page = f"developers/keys/{consumer.key}"
    fresh = {}
    for which in ("consumer_secret", "client_secret"):
        form = read_page(developer.open(f"{page}/{which}")).form("confirmed")
        shown = developer.send(form, confirmed="1")
        assert shown.headers["Cache-Control"] == "no-store"
        fresh[which] = read_page(shown).text_of("new-secret")
    for secret, status in ((consumer.secret, 401), (fresh["consumer_secret"], 200)):
        caller = Caller(service.base_url, Key(consumer.key, secret))
        assert caller.get("apisrv/consumer", fields="name").status == status
    with service.app.test_request_context():
        client = find_client(consumer.key)
        assert client is not None
        assert [client.check_client_secret(one) for one in (client_secret, fresh["client_secret"])] == [False, True]
    assert developer.client.post(service.url(f"{page}/consumer_secret"), data={"confirmed": "1"}).status_code == 400
    with Browser(service.base_url) as other:
        assert other.open(f"{page}/consumer_secret").is_redirect
        other.sign_in("jan.kowalski")
        assert other.open(f"{page}/consumer_secret").status_code == 404
    assert developer.open(f"{page}/another_secret").status_code == 404
