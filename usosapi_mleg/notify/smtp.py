"""Hands mail to an SMTP server, over a connection that is kept for the next one."""

import smtplib
import ssl
import uuid
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from usosapi_mleg import clock
from usosapi_mleg.settings import MailSecurity, Settings

_TIMEOUT_SECONDS = 15.0
"""For each step of the conversation."""
_PERMANENT = range(500, 600)


class RefusedMailError(Exception):
    """This mail will never be taken; the message holds a code or the name of a class, and nothing of the mail."""


class UnsentMailError(Exception):
    """This mail was not taken this time."""

    def __init__(self, message: str, *, others_may_work: bool) -> None:
        super().__init__(message)
        self.others_may_work = others_may_work
        """False: the server cannot be spoken to at all."""


class Postman:
    """Speaks to one server."""

    def __init__(
        self, host: str, port: int, security: MailSecurity, *, sender: str, username: str = "", password: str = ""
    ) -> None:
        self._host = host
        self._port = port
        self._security = security
        self._sender = sender
        self._username = username
        self._password = password
        self._connection: smtplib.SMTP | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> "Postman":
        """Make one for the server of this installation."""
        return cls(
            settings.mail_host or "",
            settings.mail_port,
            settings.mail_security,
            sender=settings.mail_sender,
            username=settings.mail_username,
            password=settings.mail_password,
        )

    def send(self, mail_id: uuid.UUID, address: str, subject: str, body: str) -> None:
        """Hand over one mail; raise `RefusedMailError` or `UnsentMailError` when it is not taken."""
        message = self._write(mail_id, address, subject, body)
        connection = self._connected()
        try:
            connection.send_message(message, self._sender, [address])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise _refusal(code) from None
        except smtplib.SMTPDataError as error:
            raise _refusal(error.smtp_code) from None
        except (smtplib.SMTPNotSupportedError, UnicodeError) as error:  # an address that this server cannot even read
            raise RefusedMailError(type(error).__name__) from None
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise UnsentMailError(_name_of(error), others_may_work=False) from None

    def _write(self, mail_id: uuid.UUID, address: str, subject: str, body: str) -> EmailMessage:
        message = EmailMessage()
        try:
            message["To"] = Address(addr_spec=address)
            message["Subject"] = subject
        except (ValueError, HeaderParseError, IndexError) as error:
            raise RefusedMailError(type(error).__name__) from None
        message["From"] = self._sender
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{mail_id}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body)
        return message

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                raise UnsentMailError(_name_of(error), others_may_work=False) from None
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        tls = ssl.create_default_context()
        if self._security is MailSecurity.TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=_TIMEOUT_SECONDS, context=tls)
        else:
            connection = smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_SECONDS)
        try:
            if self._security is MailSecurity.STARTTLS:
                connection.starttls(context=tls)
            if self._username:
                connection.login(self._username, self._password)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _refusal(code: int) -> RefusedMailError | UnsentMailError:
    """Tell a refusal for good from one for now (RFC 5321 section 4.2.1)."""
    if code in _PERMANENT:
        return RefusedMailError(str(code))
    return UnsentMailError(str(code), others_may_work=True)


def _name_of(error: Exception) -> str:
    """Name what went wrong without its text, in which servers repeat addresses."""
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"
