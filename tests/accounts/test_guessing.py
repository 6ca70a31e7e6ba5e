"""Guessing at passwords, PINs, codes and secrets is counted exactly, for those who do not exist too, and locks nobody out for ever."""

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from accounts.visitors import new_account, new_address, notice, sign_in, visitor
from making import change, count, new_consumer
from oauth2.codeflow import new_client
from serving import Browser, WebService

from usosapi_mleg.extensions import transaction
from usosapi_mleg.oauth import attempts
from usosapi_mleg.oauth.oauth2.given import Kind, generate
from usosapi_mleg.services import tidying

WRONG = "not the password"


@pytest.fixture
def username(service: WebService) -> str:
    """Somebody who can sign in."""
    return new_account(service.app)


def statuses(browser: Browser, username: str, times: int) -> list[int]:
    """Guess in vain."""
    return [sign_in(browser, username, WRONG).status_code for _ in range(times)]


def unlock(service: WebService) -> None:
    """Let the time of every lock pass."""
    change(service.app, "UPDATE attempts SET locked_until = now() - interval '1 second' WHERE locked_until IS NOT NULL")


def test_after_five_wrong_passwords_the_right_one_has_to_wait(service: WebService, username: str) -> None:
    with visitor(service) as guesser:
        assert statuses(guesser, username, 5) == [401] * 5
        refused = sign_in(guesser, username)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert notice(refused) == "Too many failed attempts. Wait 1 min and try again."
        unlock(service)
        assert sign_in(guesser, username).status_code == 303
        assert statuses(guesser, username, 5) == [401] * 5
        polish = guesser.client.post(service.url("sign-in?lang=pl"), data={"username": username, "password": WRONG})
        assert notice(polish) == "Zbyt wiele nieudanych prób. Odczekaj 1 min i spróbuj ponownie."


def test_every_further_guess_has_to_wait_longer(service: WebService, username: str) -> None:
    with visitor(service) as guesser:
        statuses(guesser, username, 5)
        waits = []
        for _ in range(5):
            waits.append(round(int(sign_in(guesser, username, WRONG).headers["Retry-After"]) / 60))
            unlock(service)
            assert sign_in(guesser, username, WRONG).status_code == 401
    assert waits == [1, 5, 15, 60, 60]


def test_somebody_who_does_not_exist_is_told_the_same(service: WebService, username: str) -> None:
    told = []
    for name in (username, "nobody.at.all"):
        with visitor(service) as guesser:
            answers = [sign_in(guesser, name, WRONG) for _ in range(6)]
            told.append([(one.status_code, one.text.replace(name, "NAME")) for one in answers])
    assert told[0] == told[1]


def test_somebody_who_does_not_exist_is_told_after_the_same_time(service: WebService, username: str) -> None:
    times: dict[str, list[float]] = {username: [], "nobody.at.all": []}
    for _ in range(8):
        for name, taken in times.items():
            with visitor(service) as guesser:
                begin = time.perf_counter()
                assert sign_in(guesser, name, WRONG).status_code == 401
                taken.append(time.perf_counter() - begin)
    known, unknown = (min(taken) for taken in times.values())
    assert 0.5 < known / unknown < 2
    assert statistics.median(times["nobody.at.all"]) > 0.01


def test_forty_guesses_at_once_over_two_processes_get_five_tries(service: WebService, username: str) -> None:
    address = new_address()

    def guess(_: int) -> int:
        with visitor(service, address) as guesser:
            return sign_in(guesser, username, WRONG).status_code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(guess, range(40)))
    assert sorted(answers) == [401] * 5 + [429] * 35


def test_a_stranger_cannot_lock_somebody_out_in_the_browser_that_they_use(service: WebService, username: str) -> None:
    address = new_address()
    with visitor(service, address) as own:
        assert sign_in(own, username).status_code == 303
        with visitor(service, address) as stranger:
            assert statuses(stranger, username, 6)[-1] == 429
        own.client.cookies.delete("PHPSESSID")
        assert sign_in(own, username).status_code == 303
        assert statuses(own, username, 6) == [401] * 5 + [429]


def test_the_cookie_of_a_known_browser_is_of_no_use_for_another_account(service: WebService, username: str) -> None:
    with visitor(service) as own:
        sign_in(own, username)
        other = new_account(service.app)
        assert statuses(own, other, 6)[-1] == 429
        for forged in ("", ".", "x.y", "zażółć".encode().hex()):
            with visitor(service) as guesser:
                guesser.client.cookies.set("mleg_device", forged)
                assert statuses(guesser, username, 6)[-1] == 429


def test_guessing_at_one_account_from_many_addresses_is_slowed_down_too(service: WebService, username: str) -> None:
    with service.app.app_context():
        for number in range(50):
            attempts.take(*attempts.of_password(username, f"192.0.2.{number}", None))
    with visitor(service) as guesser:
        refused = sign_in(guesser, username)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) <= 900


def test_guessing_at_many_accounts_from_one_address_is_slowed_down_too(service: WebService, username: str) -> None:
    address = new_address()
    with service.app.app_context():
        for number in range(99):
            attempts.take(*attempts.of_password(f"somebody.{number}", address, None))
    with visitor(service, address) as guesser:
        # Whoever knows a password of their own gets no further guesses at those of others for it.
        assert sign_in(guesser, username).status_code == 303
        assert sign_in(guesser, "somebody.else", WRONG).status_code == 401
        assert sign_in(guesser, "one.more", WRONG).status_code == 429


def test_attempts_outlive_the_process_and_hold_no_names(service: WebService, username: str) -> None:
    address = new_address()
    with visitor(service, address) as guesser:
        statuses(guesser, username, 5)
    for secret in (username, address, username.encode().hex()):
        assert count(service.app, "attempts AS one WHERE strpos(one::text, :secret) > 0", secret=secret) == 0


def test_old_attempts_are_forgotten(service: WebService, username: str) -> None:
    with service.app.app_context():
        subject = attempts.of_user_code(987_654_321)
        attempts.take(subject)
        where = {"kind": subject.limit.kind, "subject": subject.index}
    mine = "attempts WHERE kind = :kind AND subject = :subject"
    change(
        service.app,
        "UPDATE attempts SET since = since - interval '25 hours' WHERE kind = :kind AND subject = :subject",
        **where,
    )
    assert count(service.app, mine, **where) == 1
    with service.app.app_context():
        assert attempts.refuse_locked(subject)
        with transaction():
            tidying.drop_expired()
    assert count(service.app, mine, **where) == 0


def ask_for_token(service: WebService, client: Any, secret: str, address: str) -> httpx.Response:
    """Ask for a token in the app's own name, with a secret."""
    form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": secret}
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address), trust_env=False) as caller:
        return caller.post(service.url("oauth2/token"), data=form)


def test_guessing_at_a_client_secret_locks_the_address_and_no_other(service: WebService) -> None:
    client, address = new_client(service.app, administrative=True), new_address()
    wrong = generate(Kind.CLIENT_SECRET)
    for _ in range(10):
        refused = ask_for_token(service, client, wrong, address)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    for secret in (wrong, client.secret or ""):
        locked = ask_for_token(service, client, secret, address)
        assert (locked.status_code, locked.json()["error"]) == (429, "temporarily_unavailable")
        assert 0 < int(locked.headers["Retry-After"]) <= 60
    assert ask_for_token(service, client, client.secret or "", new_address()).status_code == 200
    unlock(service)
    assert ask_for_token(service, client, client.secret or "", address).status_code == 200
    assert ask_for_token(service, client, wrong, address).status_code == 401


def test_client_secrets_guessed_at_all_at_once_get_ten_tries(service: WebService) -> None:
    client, address = new_client(service.app, administrative=True), new_address()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: ask_for_token(service, client, f"wrong{n}", address).status_code, range(24)))
    assert sorted(answers) == [401] * 10 + [429] * 14


def test_guessing_at_a_consumer_secret_in_order_to_revoke_the_key_is_limited(service: WebService) -> None:
    consumer = new_consumer(service.app)

    def revoke(secret: str) -> httpx.Response:
        form = {"consumer_key": consumer.key, "consumer_secret": secret}
        return httpx.post(service.url("services/oauth/revoke_consumer_key"), data=form, trust_env=False)

    assert [revoke("wrong").status_code for _ in range(10)] == [401] * 10
    locked = revoke(consumer.secret)
    assert (locked.status_code, locked.json()["reason"]) == (429, "too_many_requests")
    assert re.search(r"\d+ min", locked.json()["user_messages"]["generic_message"]["pl"])
    assert int(locked.headers["Retry-After"]) > 0
    assert count(service.app, "consumers WHERE key = :key AND disabled_at IS NULL", key=consumer.key) == 1
