"""Mail goes out if and only if the transaction commits, once, over real SMTP; what fails is tried again for a day."""

import datetime as dt
import ipaddress
import logging
import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from exchange.program import Program
from flask import Flask
from mails.post_office import HOST, PostOffice, free_port, open_post_office
from sqlalchemy import text
from waiting import wait_for

from usosapi_mleg import create_app, mailing, mails
from usosapi_mleg.domain.text import Text
from usosapi_mleg.extensions import db, transaction
from usosapi_mleg.settings import Environment, Settings, SettingsError

ANNA = "anna.nowak@student.example.edu.pl"
JAN = "jan.kowalski@student.example.edu.pl"
SUBJECT = Text("Zażółć gęślą jaźń", "Good news")
BODY = Text("Treść po polsku.", "The text in English.")


@pytest.fixture(scope="module")
def environment(database_url: str, service_environment: dict[str, str]) -> dict[str, str]:
    """The settings of an installation that sends mail to a port where nobody listens yet."""
    own = {"DATABASE_URL": database_url, "MLEG_MAIL_HOST": HOST, "MLEG_MAIL_SECURITY": "none"}
    return service_environment | own | {"MLEG_MAIL_PORT": str(free_port()), "MLEG_MAIL_SENDER": "mleg@example.edu.pl"}


@pytest.fixture(scope="module")
def new_app(environment: dict[str, str]) -> Iterator[Callable[..., Flask]]:
    """A function that makes an application with other settings."""
    made: list[Flask] = []

    def make(**changes: str) -> Flask:
        made.append(create_app(Settings.from_environment(environment | changes)))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def app(new_app: Callable[..., Flask]) -> Flask:
    """An application that sends mail."""
    return new_app()


@pytest.fixture(autouse=True)
def no_mail(app: Flask) -> None:
    """Nothing is left of the test before."""
    with app.app_context(), transaction():
        db.session.execute(text("TRUNCATE mails, procrastinate_jobs CASCADE"))


@pytest.fixture
def office() -> PostOffice:
    """A mail server that is still closed."""
    return PostOffice()


def post(app: Flask, *addresses: str) -> None:
    """Send a mail to each."""
    with app.app_context(), transaction():
        for address in addresses:
            mails.post(address, SUBJECT, BODY)


def send(app: Flask) -> None:
    """Do what the worker does."""
    with app.app_context():
        mailing.send_mails(Event())


def port_of(app: Flask) -> int:
    """The port that mail goes to."""
    return int(app.extensions["mleg_settings"].mail_port)


def waiting(app: Flask) -> int:
    """How many mails have not left."""
    with app.app_context(), transaction():
        return int(db.session.execute(text("SELECT count(*) FROM mails")).scalar_one())


def pass_time(app: Flask, seconds: int) -> None:
    """Make waiting mails older."""
    with app.app_context(), transaction():
        query = text("UPDATE mails SET created_at = created_at - :time, due_at = due_at - :time")
        db.session.execute(query, {"time": dt.timedelta(seconds=seconds)})


def test_a_mail_says_it_in_polish_and_then_in_english(app: Flask, office: PostOffice) -> None:
    with open_post_office(office, port_of(app)):
        post(app, ANNA)
        assert office.received == []
        send(app)
    (mail,) = office.received
    assert (mail["To"], mail["From"]) == (ANNA, "mleg@example.edu.pl")
    assert mail["Subject"] == "Zażółć gęślą jaźń / Good news"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    content = mail.get_content()
    assert content.index(BODY.pl) < content.index(BODY.en)
    assert waiting(app) == 0


def test_a_mail_of_a_transaction_that_is_rolled_back_is_never_sent(app: Flask, office: PostOffice) -> None:
    def fail() -> None:
        with transaction():
            mails.post(ANNA, SUBJECT, BODY)
            raise ZeroDivisionError

    with app.app_context(), pytest.raises(ZeroDivisionError):
        fail()
    with open_post_office(office, port_of(app)):
        send(app)
    assert office.received == []
    with app.app_context(), transaction():
        assert db.session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0


def test_a_mail_waits_for_a_server_that_is_down_and_is_sent_once(app: Flask, office: PostOffice) -> None:
    post(app, ANNA)
    send(app)
    assert waiting(app) == 1
    with open_post_office(office, port_of(app)):
        send(app)
        assert office.received == []
        pass_time(app, 11)
        send(app)
        send(app)
    assert len(office.received) == 1


def test_the_pauses_between_tries_grow(app: Flask) -> None:
    post(app, ANNA)
    pauses = []
    for _ in range(4):
        send(app)
        with app.app_context(), transaction():
            left = db.session.execute(text("SELECT due_at - now() FROM mails")).scalar_one()
            db.session.execute(text("UPDATE mails SET due_at = now() - interval '1 second'"))
        pauses.append(round(left.total_seconds()))
    assert pauses == [10, 20, 40, 80]


def test_a_refused_address_is_given_up_and_the_others_get_theirs(
    app: Flask, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    office.answers = {"gone@example.edu.pl": "550 5.1.1 gone@example.edu.pl unknown", "full@example.edu.pl": "452 full"}
    with open_post_office(office, port_of(app)), caplog.at_level(logging.DEBUG):
        post(app, "gone@example.edu.pl", "full@example.edu.pl", "no address", "two@x.pl\nBcc: e@x.pl", ANNA)
        send(app)
        assert [mail["To"] for mail in office.received] == [ANNA]
        assert waiting(app) == 1
        office.answers.clear()
        pass_time(app, 11)
        send(app)
    assert [mail["To"] for mail in office.received] == [ANNA, "full@example.edu.pl"]
    told = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("usosapi_mleg"))
    assert "550" in told
    assert "@" not in told
    assert BODY.en not in told


def test_a_mail_that_cannot_be_sent_for_a_day_is_given_up(app: Flask, office: PostOffice) -> None:
    post(app, ANNA)
    send(app)
    pass_time(app, 24 * 3600 + 5)
    with open_post_office(office, port_of(app)):
        send(app)
    assert office.received == []
    assert waiting(app) == 0


def test_nothing_of_a_waiting_mail_can_be_read_in_the_database(app: Flask) -> None:
    post(app, ANNA)
    with app.app_context(), transaction():
        row = db.session.execute(text("SELECT mails::text, encode(content, 'escape') FROM mails")).one()
    for secret in (ANNA, "anna", BODY.en, SUBJECT.en):
        assert secret not in row[0] + row[1]
        assert secret.encode().hex() not in row[0]


def test_without_a_mail_server_nothing_is_kept(new_app: Callable[..., Flask]) -> None:
    silent = new_app(MLEG_MAIL_HOST="")
    with silent.app_context():
        assert not mails.available()
    post(silent, ANNA)
    send(silent)
    assert waiting(silent) == 0


def test_mail_goes_over_starttls_to_a_server_that_proves_its_name_and_wants_a_password(
    new_app: Callable[..., Flask],
    app: Flask,
    office: PostOffice,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate = new_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    secure = {"MLEG_MAIL_SECURITY": "starttls", "MLEG_MAIL_USERNAME": "mleg", "MLEG_MAIL_PASSWORD": "right"}
    good, bad = new_app(**secure), new_app(**secure | {"MLEG_MAIL_PASSWORD": "wrong"})
    post(good, ANNA)
    with open_post_office(office, port_of(app), tls=context, login=("mleg", "right")):
        send(good)  # nobody has vouched for the server
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        for wrong in (bad, app):  # the one knows another password, the other speaks without TLS
            pass_time(app, 60)
            send(wrong)
            assert office.received == []
        pass_time(app, 60)
        send(good)
    assert len(office.sent_to(ANNA)) == 1


def new_certificate(folder: Path) -> Path:
    """Make a certificate for this machine that nobody signed but itself; give the file with it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "post office")])
    now = dt.datetime.now(dt.UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(host, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_two_workers_send_every_mail_once(
    app: Flask, office: PostOffice, environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "usosapi_mleg.cli", "worker"]
    workers = [Program(command, environment, tmp_path / f"worker{number}.log") for number in range(2)]
    people = [f"student{number}@example.edu.pl" for number in range(10)]
    with open_post_office(office, port_of(app)):
        try:
            for worker in workers:
                worker.start()
            for person in people:
                post(app, person)
            wait_for(lambda: waiting(app) == 0, 30)
        finally:
            for worker in workers:
                worker.kill()
    assert sorted(mail["To"] for mail in office.received) == people


@pytest.mark.parametrize("changes", [{"MLEG_MAIL_SECURITY": "ssl"}, {"MLEG_MAIL_PORT": "post"}])
def test_mail_settings_that_make_no_sense_are_refused(environment: dict[str, str], changes: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(changes))):
        Settings.from_environment(environment | changes)


def test_in_production_mail_does_not_cross_the_network_in_the_clear(environment: dict[str, str]) -> None:
    production = environment | {
        "MLEG_ENVIRONMENT": Environment.PRODUCTION.value,
        "MLEG_BASE_URL": "https://mleg.example.edu.pl/",
        "MLEG_MINISTRY_URL": "https://ministry.example/",
    }
    assert Settings.from_environment(production).mail_host == HOST
    with pytest.raises(SettingsError, match="MLEG_MAIL_SECURITY"):
        Settings.from_environment(production | {"MLEG_MAIL_HOST": "mail.example.edu.pl"})
