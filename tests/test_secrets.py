"""After a whole story nothing secret stands in the database or in the logs."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import psycopg
import pytest
from making import Key
from psycopg import sql
from running import RunningService, running_service
from serving import Browser
from signing import Answer, Caller, send
from waiting import wait_for

from usosapi_mleg.demo.fill import PASSWORD
from usosapi_mleg.demo.people import PEOPLE
from usosapi_mleg.demo.visitor import read_page

SCOPES = "mlegitymacja|mlegitymacja_order|mlegitymacja_activation"
LONG_ENOUGH_SECONDS = 40
CARD_PAGE = "kontroler.php?_action=dla_stud/studia/mlegitymacja/index"


@dataclass(frozen=True)
class Story:
    """What came of a student's order, and everything secret that was said on the way."""

    service: RunningService
    logs: Path
    secrets: Mapping[str, str]


@pytest.fixture(scope="module")
def story(
    new_database: Callable[[], str], service_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """A student allows an app, the app orders and shows the codes, a few things go wrong, and the order is cancelled."""
    folder = tmp_path_factory.mktemp("story")
    with running_service(new_database(), service_environment, folder) as service:
        with Browser(service.ports.base_url) as browser:
            secrets = tell(service, browser)
        yield Story(service, folder, secrets)


def tell(service: RunningService, browser: Browser) -> dict[str, str]:
    """Tell the story; give its secrets."""
    user, app = service.user("eligible"), service.filled["consumers"][0]
    browser.sign_in(user["username"])
    consumer = Key(app["key"], app["secret"])
    asking = Caller(service.ports.base_url, consumer)
    asked = asking.prepare("oauth/request_token", "POST", options={"callback_uri": "oob"}, scopes=SCOPES).send()
    request_token = _key(asked)
    question = f"services/oauth/authorize?oauth_token={request_token.key}"
    pin = read_page(browser.consent(question)).text_of("local-pin")
    exchanging = Caller(service.ports.base_url, consumer, request_token)
    wrong = f"{(int(pin) + 1) % 10**8:08}"
    assert exchanging.prepare("oauth/access_token", options={"verifier": wrong}).send().status == 400
    access_token = _key(exchanging.prepare("oauth/access_token", options={"verifier": pin}).send())
    caller = Caller(service.ports.base_url, consumer, access_token)
    codes = _order_and_see_codes(caller)
    page = browser.open(CARD_PAGE)
    assert page.status_code == 200
    _go_wrong(caller)
    assert caller.post("mlegitymacja/cancel", order_id=codes["order_id"]).status == 200
    return {
        "consumer secret": consumer.secret,
        "request token secret": request_token.secret,
        "access token secret": access_token.secret,
        "PIN": pin,
        "session cookie": browser.session,
        "password": PASSWORD,
        "QR code": codes["token"],
        "activation code": codes["activation_code"],
        "PESEL": str(next(person.pesel for person in PEOPLE if str(person.id) == user["user_id"])),
        "ministry key": service.environment["MLEG_MINISTRY_KEY"],
        "callback secret": service.environment["MLEG_MINISTRY_CALLBACK_SECRET"],
    }


def _key(answer: Answer) -> Key:
    form = parse_qs(answer.text)
    return Key(form["oauth_token"][0], form["oauth_token_secret"][0])


def _order_and_see_codes(caller: Caller) -> dict[str, str]:
    assert caller.post("mlegitymacja/order", idempotency_key="story").status == 200
    wait_for(lambda: caller.get("mlegitymacja/status").json["status"] == "ready", LONG_ENOUGH_SECONDS)
    codes: dict[str, str] = caller.get("mlegitymacja/activation").json
    assert caller.get("mlegitymacja/activation_qr", image="png").status == 200
    return codes


def _go_wrong(caller: Caller) -> None:
    forged = Caller(caller.base_url, caller.consumer, Key(caller.token.key if caller.token else "", "x" * 40))
    assert forged.get("mlegitymacja/status").status == 401
    assert caller.post("mlegitymacja/order").status == 409
    plain = {"signature_method": "PLAINTEXT"}
    assert caller.prepare("mlegitymacja/status", options=plain, fields="nothing").send().status == 400
    assert send(f"{caller.base_url}services/mlegitymacja/status", "PUT").status == 405


def written(secret: str) -> re.Pattern[str]:
    """Give a pattern that finds a secret as it is or, in a column of bytes, as hexadecimal digits."""
    hexadecimal = secret.encode().hex()
    return re.compile(rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])|{hexadecimal}")


def dump(database_url: str) -> str:
    """Write out every row of every table."""
    rows: list[str] = []
    with psycopg.connect(database_url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            found = connection.execute(sql.SQL("SELECT one::text FROM {} AS one").format(sql.Identifier(table)))
            rows.extend(f"{table} {row}" for (row,) in found)
    return "\n".join(rows)


def test_nothing_secret_stands_in_the_database(story: Story) -> None:
    text = dump(story.service.database_url)
    assert "cancelled" in text
    assert [name for name, secret in story.secrets.items() if written(secret).search(text)] == []


def test_no_pesel_of_anybody_stands_in_the_database(story: Story) -> None:
    text = dump(story.service.database_url)
    assert [person.username for person in PEOPLE if person.pesel and written(person.pesel).search(text)] == []


def test_nothing_secret_stands_in_the_logs(story: Story, tmp_path_factory: pytest.TempPathFactory) -> None:
    logs = [*story.logs.glob("*.log"), *tmp_path_factory.getbasetemp().glob("postgres*/log")]
    assert {log.stem for log in logs} >= {"web", "worker", "ministry", "log"}
    for log in logs:
        text = log.read_text(errors="replace")
        assert [name for name, secret in story.secrets.items() if written(secret).search(text)] == [], log.name


def test_the_search_would_find_a_secret() -> None:
    for text in ("(1,12345678,x)", "(1,\\x3132333435363738,x)", "PIN: 12345678."):
        assert written("12345678").search(text)
    assert not written("12345678").search("deadbeef123456780")
