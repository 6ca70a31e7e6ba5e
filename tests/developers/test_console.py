"""The console: it signs as an app does, what it signed is accepted, and no secret gets to the page."""

import html
import json
import re
import shlex
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from making import Key, count, new_consumer
from registering import register
from serving import Browser, WebService

from usosapi_mleg.blueprints.console import CHANGING
from usosapi_mleg.demo.visitor import read_page
from usosapi_mleg.protocol.module import METHODS

CONSOLE = "developers/console/"
STATUS = "services/mlegitymacja/status"


@pytest.fixture(scope="module")
def anna(service: WebService) -> Any:
    """A developer at a browser, for all tests here."""
    with Browser(service.base_url) as fresh:
        fresh.sign_in("anna.nowak")
        yield fresh


@pytest.fixture(scope="module")
def own(anna: Browser) -> Key:
    """Her app."""
    return register(anna)


def _open(browser: Browser, **choice: str) -> str:
    page = browser.open(f"{CONSOLE}?{urlencode(choice)}")
    assert page.status_code == 200, page.text
    return page.text


def _make_token(browser: Browser, consumer: Key, *scopes: str) -> str:
    """Make a token in the console; give its key."""
    page = read_page(browser.open(f"{CONSOLE}?{urlencode({'method': STATUS, 'consumer': consumer.key})}"))
    form = page.form("scope")
    answer = browser.client.post(form.action, data={**form.values, "scope": list(scopes)})
    assert answer.status_code == 303, answer.text
    shown = browser.follow(answer).text
    match = re.search(r'name="signer" value="([^"]{20})" checked', shown)
    assert match, shown
    return match[1]


def _prepare(browser: Browser, method: str, consumer: Key | None = None, **values: str) -> str:
    choice = {"method": method} | ({"consumer": consumer.key} if consumer else {})
    form = read_page(browser.open(f"{CONSOLE}?{urlencode(choice)}")).form("verb")
    answer = browser.client.post(form.action.partition("#")[0], data=form.values | values)
    assert answer.status_code == 200, answer.text
    return answer.text


def _sendable(page: str) -> dict[str, Any]:
    match = re.search(r'<script type="application/json" id="sendable">(.*?)</script>', page)
    assert match, page
    found: dict[str, Any] = json.loads(match[1])
    return found


def _send(request: dict[str, Any]) -> httpx.Response:
    return httpx.request(
        request["method"],
        request["url"],
        headers=request["headers"],
        content=request["body"],
        trust_env=False,
        verify=False,
    )


def test_nobody_gets_in_without_signing_in(service: WebService, browser: Browser) -> None:
    answer = browser.open(f"{CONSOLE}?method={STATUS}")
    assert answer.is_redirect
    assert "/sign-in?next=" in answer.headers["Location"]
    assert browser.client.post(service.url(CONSOLE)).is_redirect
    assert browser.client.post(service.url(f"{CONSOLE}token")).is_redirect


def test_every_method_that_a_program_can_call_is_offered_with_its_arguments(anna: Browser) -> None:
    offered = set(re.findall(r'<option value="(services/[^"]+)"', _open(anna)))
    assert offered == {name for name, one in METHODS.items() if not (one.page or one.request_token)}
    for name in offered:
        shown = read_page(anna.open(f"{CONSOLE}?method={name}")).form("verb")
        declared = set(METHODS[name].arguments().fields) if METHODS[name].arguments else set()
        assert {f"arg.{one}" for one in declared} <= shown.names


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("signer", ["anonymous", "consumer", "token"])
def test_what_the_console_has_signed_is_accepted_once(anna: Browser, own: Key, verb: str, signer: str) -> None:
    chosen = _make_token(anna, own, "studies") if signer == "token" else signer
    method, arguments = {
        "anonymous": ("services/apiref/method", {"arg.name": STATUS, "arg.fields": "name"}),
        "consumer": ("services/apisrv/consumer", {"arg.fields": "name|token_scopes"}),
        "token": ("services/users/user", {"arg.fields": "id|first_name|student_programmes[id|programme[name]]"}),
    }[signer]
    request = _sendable(_prepare(anna, method, own, verb=verb, signer=chosen, **arguments))
    assert request["method"] == verb
    assert ("Authorization" in request["headers"]) == (signer != "anonymous")
    answer = _send(request)
    assert answer.status_code == 200, answer.text
    expected = {"anonymous": ("name", STATUS), "consumer": ("token_scopes", None), "token": ("first_name", "Anna")}
    key, value = expected[signer]
    assert answer.json()[key] == value
    if signer != "anonymous":
        again = _send(request)
        assert (again.status_code, again.json()["reason"]) == (400, "nonce_used")


def test_strange_arguments_are_signed_right(anna: Browser, own: Key) -> None:
    strange = "zażółć | & = + % / ~ \"'<>[] 🎓"
    for verb in ("GET", "POST"):
        page = _prepare(anna, "services/apiref/method", own, verb=verb, signer="consumer", **{"arg.name": strange})
        assert html.escape(strange) in page.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
        answer = _send(_sendable(page))
        assert answer.json()["param_name"] == "name", answer.text


def test_each_preparation_signs_anew_and_shows_what_was_signed(anna: Browser, own: Key) -> None:
    pages = [_prepare(anna, STATUS, own, signer="consumer") for _ in range(2)]
    first, second = (_sendable(page) for page in pages)
    assert first["headers"]["Authorization"] != second["headers"]["Authorization"]
    assert first["base_string"].startswith("POST&http%3A%2F%2F127.0.0.1%3A")
    assert html.escape(first["base_string"]) in pages[0]


def test_the_curl_command_is_the_same_request(anna: Browser, own: Key) -> None:
    page = _prepare(anna, "services/apisrv/consumer", own, signer="consumer", **{"arg.fields": "name|email"})
    match = re.search(r'<code class="curl">(.*?)</code>', page)
    assert match
    command = shlex.split(html.unescape(match[1]))
    done = subprocess.run([*command, "--silent", "--noproxy", "*"], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("HTTP/1.1 200")
    assert '"email":"planer@example.edu.pl"' in done.stdout


def test_no_secret_gets_to_the_page(service: WebService, anna: Browser, own: Key) -> None:
    token = _make_token(anna, own, "mlegitymacja")
    page = _prepare(anna, STATUS, own, signer=token)
    assert own.key in page
    assert own.secret not in page
    with service.app.app_context():
        from usosapi_mleg.oauth import trying

        person = next(int(one["user_id"]) for one in service.filled["users"] if one["username"] == "anna.nowak")
        secret = trying.credentials(own.key, person, token).token_secret
    assert secret
    assert secret not in page
    assert repr(secret) not in repr(trying.Credentials(own.key, own.secret, token, secret))


def test_a_token_from_the_console_has_the_chosen_scopes_and_a_short_life(
    service: WebService, anna: Browser, own: Key
) -> None:
    token = _make_token(anna, own, "mlegitymacja", "studies", "offline_access")
    assert count(
        service.app,
        "access_tokens WHERE key = :key AND scopes = '{mlegitymacja,studies}'"
        " AND expires_at BETWEEN now() + interval '25 minutes' AND now() + interval '31 minutes'",
        key=token,
    )
    granted = "grants WHERE consumer_key = :key AND scopes @> '{mlegitymacja,studies}'"
    assert count(service.app, granted, key=own.key) == 1
    assert count(service.app, "grants WHERE 'offline_access' = ANY(scopes) AND consumer_key = :key", key=own.key) == 0


def test_an_unknown_scope_makes_no_token(service: WebService, anna: Browser, own: Key) -> None:
    form = read_page(anna.open(f"{CONSOLE}?{urlencode({'consumer': own.key})}")).form("scope")
    before = count(service.app, "access_tokens")
    answer = anna.client.post(form.action, data={**form.values, "scope": ["everything"]})
    assert answer.status_code == 400
    assert count(service.app, "access_tokens") == before


def test_nobody_uses_an_app_or_a_token_of_somebody_else(
    service: WebService, anna: Browser, own: Key, browser: Browser
) -> None:
    token = _make_token(anna, own, "mlegitymacja")
    browser.sign_in("jan.kowalski")
    other = register(browser)
    stranger = new_consumer(service.app)
    for consumer in (own, stranger):
        assert f'value="{consumer.key}"' not in _open(browser, method=STATUS, consumer=consumer.key)
        form = read_page(browser.open(f"{CONSOLE}?method={STATUS}")).form("verb")
        values = form.values | {"consumer": consumer.key, "signer": "consumer"}
        prepared = browser.client.post(form.action.partition("#")[0], data=values).text
        assert "Authorization" not in _sendable(prepared)["headers"]
        making = {"_csrftoken_": form.values["_csrftoken_"], "consumer": consumer.key, "scope": "mlegitymacja"}
        assert browser.client.post(service.url(f"{CONSOLE}token"), data=making).status_code == 400
    form = read_page(browser.open(f"{CONSOLE}?{urlencode({'method': STATUS, 'consumer': other.key})}")).form("verb")
    stolen = browser.client.post(form.action.partition("#")[0], data=form.values | {"signer": token})
    assert stolen.status_code == 400


def test_another_site_can_neither_prepare_nor_make_tokens(service: WebService, anna: Browser, own: Key) -> None:
    before = count(service.app, "access_tokens")
    values = {"method": STATUS, "consumer": own.key, "signer": "consumer", "verb": "POST", "scope": "mlegitymacja"}
    for address in (CONSOLE, f"{CONSOLE}token"):
        assert anna.client.post(service.url(address), data=values).status_code == 400
        forged = values | {"_csrftoken_": "2026-01-01-0123456789abcdef"}
        assert anna.client.post(service.url(address), data=forged).status_code == 400
    assert count(service.app, "access_tokens") == before


def test_an_app_that_was_switched_off_is_no_longer_offered(service: WebService, anna: Browser) -> None:
    consumer = register(anna)
    assert consumer.key in _open(anna)
    values = {"consumer_key": consumer.key, "consumer_secret": consumer.secret}
    answer = httpx.post(service.url("services/oauth/revoke_consumer_key"), data=values, trust_env=False, verify=False)
    assert answer.status_code == 200, answer.text
    assert consumer.key not in _open(anna)


def test_a_request_token_can_be_asked_for(anna: Browser, own: Key) -> None:
    page = _prepare(anna, "services/oauth/request_token", own, signer="consumer", **{"arg.scopes": "studies|email"})
    answer = _send(_sendable(page))
    assert answer.status_code == 200, answer.text
    assert "oauth_callback_confirmed=true" in answer.text


def _writes(function: Callable[..., Any]) -> bool:
    return "transaction" in function.__code__.co_names


def test_methods_that_change_something_are_warned_of(anna: Browser) -> None:
    writing = {name for name, one in METHODS.items() if _writes(one.function) and not (one.page or one.request_token)}
    assert writing | {"services/oauth/proxy"} == CHANGING
    for name in ("services/mlegitymacja/order", STATUS):
        assert ("Careful, this is no dry run" in _open(anna, method=name)) == (name in CHANGING)


def test_a_verb_that_the_api_does_not_know_is_refused(anna: Browser) -> None:
    form = read_page(anna.open(f"{CONSOLE}?method={STATUS}")).form("verb")
    assert anna.client.post(form.action.partition("#")[0], data=form.values | {"verb": "DELETE"}).status_code == 400
