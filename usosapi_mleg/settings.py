"""All settings, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from usosapi_mleg.domain.text import Text

_UNIVERSITY = Text("Uniwersytet Przykładowy w Sanoku", "Example University in Sanok")
_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}


class Environment(StrEnum):
    """What the program is run for; only `production` refuses unsafe settings."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


_MAIL_PORTS = {MailSecurity.STARTTLS: 587, MailSecurity.TLS: 465, MailSecurity.NONE: 25}
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class SettingsError(Exception):
    """A setting is missing or makes no sense; the message says which and what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of one installation. Each is read from the environment variable named beside it."""

    database_url: str = field(repr=False)
    """DATABASE_URL: PostgreSQL, in libpq form (`postgresql://…`)."""
    keys_file: Path
    """MLEG_KEYS_FILE: TOML file with the encryption keys (see `crypto.py`)."""
    environment: Environment = Environment.PRODUCTION
    """MLEG_ENVIRONMENT: production, demo or test."""
    base_url: str
    """MLEG_BASE_URL: the address under which people reach this service, ending in `/`."""
    ministry_url: str
    """MLEG_MINISTRY_URL: base address of the ministry's system."""
    ministry_key: str = field(repr=False)
    """MLEG_MINISTRY_KEY: the key with which the university authenticates there."""
    ministry_callback_secret: str = field(repr=False)
    """MLEG_MINISTRY_CALLBACK_SECRET: shared secret of the ministry's callbacks (`whsec_…`)."""
    phone_url: str | None = None
    """MLEG_PHONE_URL: address of the simulated phone; demo only."""
    university: Text = _UNIVERSITY
    """MLEG_UNIVERSITY_PL, MLEG_UNIVERSITY_EN: the university's name."""
    contact_email: str = "studia@example.edu.pl"
    """MLEG_CONTACT_EMAIL: where students write when something goes wrong."""
    session_cookie: str = "PHPSESSID"
    """MLEG_SESSION_COOKIE: name of the session cookie; the default is what USOSweb clients look for."""
    trusted_proxies: int = 0
    """MLEG_TRUSTED_PROXIES: number of reverse proxies in front whose X-Forwarded-* headers are believed."""
    request_token_minutes: int = 120
    """MLEG_REQUEST_TOKEN_MINUTES: how long an OAuth 1.0a request token lives."""
    access_token_minutes: int = 120
    """MLEG_ACCESS_TOKEN_MINUTES: how long an access token without `offline_access` lives, and the refresh tokens of OAuth 2.0
    without it."""
    bearer_token_minutes: int = 60
    """MLEG_BEARER_TOKEN_MINUTES: how long an OAuth 2.0 access token lives."""
    refresh_token_days: int = 30
    """MLEG_REFRESH_TOKEN_DAYS: how long an OAuth 2.0 refresh token with `offline_access` may lie unused."""
    authorization_code_seconds: int = 60
    """MLEG_AUTHORIZATION_CODE_SECONDS: how long an OAuth 2.0 authorization code lives."""
    device_code_minutes: int = 10
    """MLEG_DEVICE_CODE_MINUTES: how long a device waits for somebody to allow it what it asks for."""
    session_minutes: int = 8 * 60
    """MLEG_SESSION_MINUTES: how long a web session lives after sign-in."""
    ministry_timeout_seconds: float = 30.0
    """MLEG_MINISTRY_TIMEOUT_SECONDS: how long one call to the ministry may take."""
    callbacks_required: bool = False
    """MLEG_CALLBACKS_REQUIRED: an app must name its callback addresses when it is registered."""
    consumers_need_approval: bool = False
    """MLEG_CONSUMERS_NEED_APPROVAL: a consumer key works only after an administrator has approved it."""

    mail_host: str | None = None
    """MLEG_MAIL_HOST: name of the SMTP server that takes our mail; not set: no mail is sent, and nothing that needs mail is offered."""
    mail_port: int = 0
    """MLEG_MAIL_PORT: its port; by default the usual one: 587 with STARTTLS, 465 with TLS, 25 with neither."""
    mail_security: MailSecurity = MailSecurity.STARTTLS
    """MLEG_MAIL_SECURITY: starttls, tls or none; in production none is for a server on the same machine only."""
    mail_username: str = ""
    """MLEG_MAIL_USERNAME: name to sign in there with; empty: it takes our mail without."""
    mail_password: str = field(default="", repr=False)
    """MLEG_MAIL_PASSWORD: the password that belongs to the name."""
    mail_sender: str = ""
    """MLEG_MAIL_SENDER: address in the From line; by default MLEG_CONTACT_EMAIL."""

    @property
    def private_callbacks(self) -> bool:
        """True when apps may be told at private addresses: in the demo and in tests only."""
        return self.environment is not Environment.PRODUCTION

    @property
    def secure(self) -> bool:
        """True when people reach the service over TLS."""
        return self.base_url.startswith("https://")

    @property
    def sqlalchemy_url(self) -> str:
        """The database address in SQLAlchemy's form, with the psycopg 3 driver."""
        return "postgresql+psycopg://" + self.database_url.split("://", 1)[1]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings; raise `SettingsError` with one clear sentence when they cannot be used."""

        def need(name: str) -> str:
            if not (value := environ.get(name, "").strip()):
                raise SettingsError(f"The environment variable {name} is not set.")
            return value

        def number(name: str, default: float) -> float:
            text = environ.get(name, "")
            try:
                value = float(text) if text else default
            except ValueError:
                raise SettingsError(f"{name} is not a number: {text!r}.") from None
            if value < 0:
                raise SettingsError(f"{name} must not be negative.")
            return value

        def flag(name: str) -> bool:
            text = environ.get(name, "").strip().lower()
            if text not in _YES | _NO:
                raise SettingsError(f"{name} must be true or false, not {text!r}.")
            return text in _YES

        try:
            mail_security = MailSecurity(environ.get("MLEG_MAIL_SECURITY") or cls.mail_security)
        except ValueError:
            raise SettingsError("MLEG_MAIL_SECURITY must be starttls, tls or none.") from None
        try:
            environment = Environment(environ.get("MLEG_ENVIRONMENT", "production"))
        except ValueError:
            raise SettingsError("MLEG_ENVIRONMENT must be production, demo or test.") from None
        settings = cls(
            database_url=need("DATABASE_URL"),
            keys_file=Path(need("MLEG_KEYS_FILE")),
            environment=environment,
            base_url=need("MLEG_BASE_URL").rstrip("/") + "/",
            ministry_url=need("MLEG_MINISTRY_URL").rstrip("/"),
            ministry_key=need("MLEG_MINISTRY_KEY"),
            ministry_callback_secret=need("MLEG_MINISTRY_CALLBACK_SECRET"),
            phone_url=environ.get("MLEG_PHONE_URL") or None,
            university=Text(
                environ.get("MLEG_UNIVERSITY_PL", _UNIVERSITY.pl),
                environ.get("MLEG_UNIVERSITY_EN", _UNIVERSITY.en),
            ),
            contact_email=environ.get("MLEG_CONTACT_EMAIL", cls.contact_email),
            session_cookie=environ.get("MLEG_SESSION_COOKIE", cls.session_cookie),
            trusted_proxies=int(number("MLEG_TRUSTED_PROXIES", 0)),
            request_token_minutes=int(number("MLEG_REQUEST_TOKEN_MINUTES", cls.request_token_minutes)),
            access_token_minutes=int(number("MLEG_ACCESS_TOKEN_MINUTES", cls.access_token_minutes)),
            bearer_token_minutes=int(number("MLEG_BEARER_TOKEN_MINUTES", cls.bearer_token_minutes)),
            refresh_token_days=int(number("MLEG_REFRESH_TOKEN_DAYS", cls.refresh_token_days)),
            authorization_code_seconds=int(number("MLEG_AUTHORIZATION_CODE_SECONDS", cls.authorization_code_seconds)),
            device_code_minutes=int(number("MLEG_DEVICE_CODE_MINUTES", cls.device_code_minutes)),
            session_minutes=int(number("MLEG_SESSION_MINUTES", cls.session_minutes)),
            ministry_timeout_seconds=number("MLEG_MINISTRY_TIMEOUT_SECONDS", cls.ministry_timeout_seconds),
            callbacks_required=flag("MLEG_CALLBACKS_REQUIRED"),
            consumers_need_approval=flag("MLEG_CONSUMERS_NEED_APPROVAL"),
            mail_host=environ.get("MLEG_MAIL_HOST", "").strip() or None,
            mail_port=int(number("MLEG_MAIL_PORT", _MAIL_PORTS[mail_security])),
            mail_security=mail_security,
            mail_username=environ.get("MLEG_MAIL_USERNAME", ""),
            mail_password=environ.get("MLEG_MAIL_PASSWORD", ""),
            mail_sender=environ.get("MLEG_MAIL_SENDER") or environ.get("MLEG_CONTACT_EMAIL") or cls.contact_email,
        )
        settings.refuse_unsafe(environ)
        return settings

    def refuse_unsafe(self, environ: Mapping[str, str]) -> None:
        """Raise `SettingsError` for what must not be used with real students."""
        if not self.database_url.startswith(("postgresql://", "postgres://")):
            raise SettingsError("DATABASE_URL must begin with postgresql://; no other database is supported.")
        if self.environment is not Environment.PRODUCTION:
            return
        if not self.secure:
            raise SettingsError("MLEG_BASE_URL must begin with https:// in production.")
        if not self.ministry_url.startswith("https://"):
            raise SettingsError("MLEG_MINISTRY_URL must begin with https:// in production.")
        if environ.get("AUTHLIB_INSECURE_TRANSPORT"):
            raise SettingsError("AUTHLIB_INSECURE_TRANSPORT must not be set in production.")
        if self.phone_url:
            raise SettingsError("MLEG_PHONE_URL is for the demo; it must not be set in production.")
        if self.mail_host and self.mail_security is MailSecurity.NONE and self.mail_host not in _THIS_MACHINE:
            raise SettingsError("MLEG_MAIL_SECURITY must be starttls or tls in production: mail can hold secrets.")
