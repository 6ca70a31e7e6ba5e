"""A web part that sends mail, and the post office that gets it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from threading import Event

import pytest
from mails.post_office import HOST, PostOffice, free_port, open_post_office
from serving import WebService, running_web

from usosapi_mleg import mailing


@dataclass(frozen=True)
class MailingService:
    """A running web part, and where its mail goes."""

    web: WebService
    office: PostOffice

    def mails_to(self, address: str) -> list[EmailMessage]:
        """Send all that waits, as the worker does, and give what somebody has got."""
        with self.web.app.app_context():
            mailing.send_mails(Event())
        return self.office.sent_to(address)


@pytest.fixture(scope="module")
def mailing_service(
    new_database: Callable[[], str], service_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MailingService]:
    """The web part with a mail server."""
    port, folder = free_port(), tmp_path_factory.mktemp("mailing")
    mail = {"MLEG_MAIL_HOST": HOST, "MLEG_MAIL_PORT": str(port), "MLEG_MAIL_SECURITY": "none"}
    with (
        open_post_office(PostOffice(), port) as office,
        running_web(new_database(), service_environment, folder, **mail) as web,
    ):
        yield MailingService(web, office)
