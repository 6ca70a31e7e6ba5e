"""Settings of the stand-in ministry, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

DEFAULT_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class SandboxSettingsError(Exception):
    """A setting is missing or makes no sense; the message names it."""


@dataclass(frozen=True)
class SandboxSettings:
    """What one stand-in ministry serves: one folder, one university.

    `data` is the folder of the SQLite file. `callback_url` empty means that nobody is told of changes.
    `hosts` are the host names under which the sandbox answers: it is a demonstration for one machine.
    """

    data: Path
    university_key: str = field(repr=False)
    university_name_pl: str = "Uczelnia Przykładowa"
    university_name_en: str = "Example University"
    callback_url: str = ""
    callback_secret: str = field(default="", repr=False)
    secure_cookies: bool = False
    hosts: tuple[str, ...] = DEFAULT_HOSTS

    def __post_init__(self) -> None:
        """Refuse settings that could not work.

        Raises:
            SandboxSettingsError: with the name of the variable in the message.
        """
        if not self.university_key:
            raise SandboxSettingsError("SANDBOX_UNIVERSITY_KEY is not set")
        if not self.callback_url:
            return
        try:
            url = httpx.URL(self.callback_url)
        except httpx.InvalidURL as error:
            raise SandboxSettingsError("SANDBOX_CALLBACK_URL is not an address") from error
        if url.scheme not in {"http", "https"} or not url.host:
            raise SandboxSettingsError("SANDBOX_CALLBACK_URL is not an http or https address")
        if not is_webhook_secret(self.callback_secret):
            raise SandboxSettingsError("SANDBOX_CALLBACK_SECRET is not of the form whsec_<base64>")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the SANDBOX_... variables (of `os.environ` unless others are given).

        Raises:
            SandboxSettingsError: a needed variable is missing or wrong.
        """
        values = os.environ if environment is None else environment
        data = values.get("SANDBOX_DATA", "")
        if not data:
            raise SandboxSettingsError("SANDBOX_DATA is not set")
        hosts = tuple(host.strip() for host in values.get("SANDBOX_HOSTS", "").split(",") if host.strip())
        return cls(
            data=Path(data),
            university_key=values.get("SANDBOX_UNIVERSITY_KEY", ""),
            university_name_pl=values.get("SANDBOX_UNIVERSITY_NAME_PL") or cls.university_name_pl,
            university_name_en=values.get("SANDBOX_UNIVERSITY_NAME_EN") or cls.university_name_en,
            callback_url=values.get("SANDBOX_CALLBACK_URL", ""),
            callback_secret=values.get("SANDBOX_CALLBACK_SECRET", ""),
            secure_cookies=read_flag("SANDBOX_SECURE_COOKIES", values.get("SANDBOX_SECURE_COOKIES", "")),
            hosts=hosts or DEFAULT_HOSTS,
        )


def read_flag(name: str, value: str) -> bool:
    """Read a yes-or-no variable; empty is no.

    Raises:
        SandboxSettingsError: the value is neither.
    """
    if value.lower() in {"", "0", "no", "false"}:
        return False
    if value.lower() in {"1", "yes", "true"}:
        return True
    raise SandboxSettingsError(f"{name} is neither 1 nor 0")


def is_webhook_secret(secret: str) -> bool:
    """Say whether `secret` is a Standard Webhooks secret (whsec_ and base64)."""
    if not secret.startswith("whsec_"):
        return False
    try:
        Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        return False
    return True
