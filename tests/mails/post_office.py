"""A real SMTP server of a test's own: what it takes, what it refuses, and when it is closed."""

import email
import email.policy
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

HOST = "127.0.0.1"


class PostOffice:
    """Keeps what it was given; an address in `answers` gets that answer instead."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """Take or refuse an address."""
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail."""
        self.received.append(
            cast("EmailMessage", email.message_from_bytes(envelope.content, policy=email.policy.default))
        )
        return "250 taken"

    def sent_to(self, address: str) -> list[EmailMessage]:
        """Give the mails to somebody."""
        return [mail for mail in self.received if mail["To"] == address]


def free_port() -> int:
    """Give a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def open_post_office(
    office: PostOffice, port: int, *, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None
) -> Iterator[PostOffice]:
    """Let the server listen; with `tls` it demands STARTTLS, with `login` a name and a password."""

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=(data.login.decode(), data.password.decode()) == login)

    more: dict[str, Any] = {}
    if login:
        more = {"authenticator": authenticate, "auth_required": True}
    if tls:
        more |= {"tls_context": tls, "require_starttls": True}
    controller = Controller(office, hostname=HOST, port=port, **more)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
