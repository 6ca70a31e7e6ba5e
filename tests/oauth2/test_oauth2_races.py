"""What may be redeemed once is redeemed once, also when four ask at the same moment, in two processes."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from codeflow import Client, get_tokens, new_client, new_pkce, question, sent_back, works
from making import count
from serving import Browser, WebService

RACERS = 4
SOME = 50
MANY = [pytest.param(SOME, id="some"), pytest.param(1000, id="many", marks=pytest.mark.long)]


class Race:
    """Four clients, each with a connection of its own, that send at the same moment."""

    def __init__(self, service: WebService) -> None:
        self.url = service.url("oauth2/token")
        self.connections = [httpx.Client(trust_env=False, verify=False, timeout=30) for _ in range(RACERS)]
        self.pool = ThreadPoolExecutor(RACERS)
        self.start = threading.Barrier(RACERS)

    def run(self, form: dict[str, str]) -> list[httpx.Response]:
        """Send the same form from each."""

        def send(connection: httpx.Client) -> httpx.Response:
            self.start.wait()
            return connection.post(self.url, data=form)

        return list(self.pool.map(send, self.connections))

    def close(self) -> None:
        """Close the connections."""
        for connection in self.connections:
            connection.close()
        self.pool.shutdown()


def repeat(service: WebService, rounds: int, form_of: Callable[[], dict[str, str]]) -> list[dict[str, Any]]:
    """Race so many times; give what each winner got. There is one winner each time, and everybody else is refused."""
    race, won = Race(service), []
    try:
        for _ in range(rounds):
            answers = race.run(form_of())
            assert Counter(answer.status_code for answer in answers) == {200: 1, 400: RACERS - 1}
            assert {answer.json().get("error") for answer in answers} == {None, "invalid_grant"}
            won.extend(answer.json() for answer in answers if answer.status_code == 200)
    finally:
        race.close()
    return won


def new_code_form(service: WebService, student: Browser, app: Client) -> dict[str, str]:
    """Give a request with a fresh code; what the app asks for was allowed before."""
    pkce = new_pkce()
    code = sent_back(student.open(question(service, app, pkce)))["code"]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": pkce.verifier}
    return form | {"redirect_uri": app.callback} | app.credentials


@pytest.mark.parametrize("rounds", MANY)
def test_a_code_is_redeemed_once_and_the_others_end_what_it_gave(
    service: WebService, student: Browser, rounds: int
) -> None:
    app = new_client(service.app)
    get_tokens(service, student, app)
    won = repeat(service, rounds, lambda: new_code_form(service, student, app))
    assert len({tokens["access_token"] for tokens in won}) == rounds
    assert count(service.app, "bearer_tokens WHERE consumer_key = :key", key=app.id) == rounds + 1
    assert count(service.app, "refresh_tokens WHERE consumer_key = :key", key=app.id) == rounds + 1
    alive = "bearer_tokens WHERE consumer_key = :key AND revoked_at IS NULL"
    assert count(service.app, alive, key=app.id) == 1
    assert not any(works(service, tokens["access_token"]) for tokens in won[:SOME])


@pytest.mark.parametrize("rounds", MANY)
def test_a_refresh_token_is_used_once_and_the_others_are_found_out(
    service: WebService, student: Browser, rounds: int
) -> None:
    app = new_client(service.app)

    def form_of() -> dict[str, str]:
        token = get_tokens(service, student, app, "mlegitymacja offline_access")["refresh_token"]
        return {"grant_type": "refresh_token", "refresh_token": token} | app.credentials

    won = repeat(service, rounds, form_of)
    assert count(service.app, "bearer_tokens WHERE consumer_key = :key", key=app.id) == 2 * rounds
    for table in ("bearer_tokens", "refresh_tokens"):
        assert count(service.app, f"{table} WHERE consumer_key = :key AND revoked_at IS NULL", key=app.id) == 0
    noted = "audit_events WHERE action = 'oauth2_reuse_detected' AND actor = :actor"
    assert count(service.app, noted, actor=f"consumer:{app.id}") == (RACERS - 1) * rounds
    assert not any(works(service, tokens["access_token"]) for tokens in won[:SOME])
