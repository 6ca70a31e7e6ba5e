"""What OAuth 2.0 has given out: tokens, codes and waiting devices. Secrets are kept as digests only.

All that follows from one decision of a person is one family: it is revoked together when anything of it is used a second time.
"""

import uuid

from sqlalchemy import ForeignKey, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from usosapi_mleg.extensions import Base
from usosapi_mleg.models.access import TextArray
from usosapi_mleg.models.columns import Moment, PersonId


class _Given:
    """What all that is given to an app has in common."""

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    #: SHA-256 of the token or code.
    scopes: Mapped[list[str]] = mapped_column(TextArray)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)

    @declared_attr
    def family_id(cls) -> Mapped[uuid.UUID]:  # noqa: N805 - SQLAlchemy passes the class
        """The decision that it follows from."""
        return mapped_column(Uuid, index=True)

    @declared_attr
    def consumer_key(cls) -> Mapped[str]:  # noqa: N805 - SQLAlchemy passes the class
        """The app."""
        return mapped_column(ForeignKey("consumers.key", ondelete="CASCADE"), index=True)


class BearerToken(_Given, Base):
    """An access token (RFC 6750)."""

    __tablename__ = "bearer_tokens"

    person_id: Mapped[PersonId | None] = mapped_column(index=True)
    #: None: client credentials, the app acts in its own name.
    impersonated: Mapped[bool]
    #: An administrative app asked for it; the person allowed nothing.
    revoked_at: Mapped[Moment | None]
    last_used_at: Mapped[Moment | None]
    last_used_from: Mapped[str | None]
    #: IP address.


class RefreshToken(_Given, Base):
    """A refresh token: each works once, and gives the next one."""

    __tablename__ = "refresh_tokens"

    person_id: Mapped[PersonId] = mapped_column(index=True)
    used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]


class AuthorizationCode(_Given, Base):
    """An authorization code: works once."""

    __tablename__ = "authorization_codes"

    person_id: Mapped[PersonId] = mapped_column(index=True)
    redirect_uri: Mapped[str | None]
    #: As it stood in the request; None: the only registered one was meant.
    code_challenge: Mapped[str]
    #: PKCE, S256 always.
    used_at: Mapped[Moment | None]


class DeviceGrant(_Given, Base):
    """A device that waits for somebody to allow it what it asks for (RFC 8628)."""

    __tablename__ = "device_grants"

    user_code: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    #: Keyed digest of what the person types.
    interval_seconds: Mapped[int]
    polled_at: Mapped[Moment | None]
    person_id: Mapped[PersonId | None] = mapped_column(index=True)
    #: Who answered.
    allowed: Mapped[bool | None]
    #: What they answered; None: nobody did yet.
    used_at: Mapped[Moment | None]
