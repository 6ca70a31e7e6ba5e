"""Who may come in: accounts and web sessions of persons, consumers (apps), and what persons have allowed them."""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from usosapi_mleg.extensions import Base
from usosapi_mleg.models.columns import Moment, PersonId, one_of

TextArray = ARRAY(String)


class Role(StrEnum):
    """What somebody signed in may do."""

    STUDENT = "student"
    HELPDESK = "helpdesk"
    ADMIN = "admin"


class Account(Base):
    """The account of one person, with a password unless they only sign in at another system."""

    __tablename__ = "accounts"

    username: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    #: Argon2id in its own text form; None: no password signs in here.
    role: Mapped[Role] = mapped_column(one_of(Role))


class WebSession(Base):
    """Somebody signed in with a browser."""

    __tablename__ = "web_sessions"

    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    #: SHA-256 of the cookie's value.
    username: Mapped[str] = mapped_column(ForeignKey("accounts.username", ondelete="CASCADE"), index=True)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    address: Mapped[str | None]
    #: Where it was begun, shortened.
    browser: Mapped[str | None]
    #: Family and system.
    way: Mapped[str | None]
    #: `oidc` or `cas`: at what kind of other system they signed in.
    reference: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    #: SHA-256 of what that system calls the session: its `sid`, or the service ticket.
    role: Mapped[Role | None] = mapped_column(one_of(Role))
    #: What that system says they may do; None: as the account has it.


class PasswordReset(Base):
    """A link to set a new password; the row goes when it was used."""

    __tablename__ = "password_resets"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    #: SHA-256 of what stands in the link.
    username: Mapped[str | None] = mapped_column(ForeignKey("accounts.username", ondelete="CASCADE"), index=True)
    #: None: somebody asked for an account that is not there, and is not to learn it by a shorter wait.
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)


class Attempt(Base):
    """How often something was guessed at lately, and since when that has to wait."""

    __tablename__ = "attempts"

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    #: Keyed digest of who guesses, or at what.
    tries: Mapped[int]
    since: Mapped[Moment] = mapped_column(index=True)
    locked_until: Mapped[Moment | None]


class Identity(Base):
    """Somebody at another system, bound for good to the account that their first sign-in named."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("provider", "username"),)

    provider: Mapped[str] = mapped_column(primary_key=True)
    #: Issuer of OpenID Connect, or address of the CAS server.
    subject: Mapped[str] = mapped_column(primary_key=True)
    #: What that system calls the person and never gives to anybody else: `sub`, or the user name of CAS.
    username: Mapped[str] = mapped_column(ForeignKey("accounts.username", ondelete="CASCADE"), index=True)
    linked_at: Mapped[Moment]


class Consumer(Base):
    """An app, as USOS API knows it: a consumer key and secret."""

    __tablename__ = "consumers"
    __table_args__ = (
        CheckConstraint("NOT awaits_approval OR disabled_at IS NOT NULL", name="awaits_approval"),
        Index("ix_consumers_awaiting", "registered_at", postgresql_where=text("awaits_approval")),
        Index("ix_consumers_registered_at", "registered_at"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    #: Encrypted, identity `consumers.secret:<key>`: OAuth 1.0a needs the secret itself.
    name: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str | None]
    email: Mapped[str | None]
    administrative: Mapped[bool] = mapped_column(default=False)
    student_front_end: Mapped[bool] = mapped_column(default=False)
    #: The university's own page for students: may see codes on behalf of a student.
    callbacks: Mapped[list[str]] = mapped_column(TextArray, default=list)
    #: Callback addresses that may be used; empty means any, as at USOS.
    registered_at: Mapped[Moment]
    disabled_at: Mapped[Moment | None]
    awaits_approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: No administrator has decided about it yet; it is disabled until then.
    verified: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: The university vouches for it.
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id", ondelete="SET NULL"), index=True)
    #: Who registered it.
    oauth2_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: SHA-256 of the OAuth 2.0 client secret; None: a public client, or one that signs with a key of `jwks`.
    redirect_uris: Mapped[list[str]] = mapped_column(TextArray, default=list, server_default=text("'{}'"))
    #: Where OAuth 2.0 may send a person back to; empty: nowhere, so no code is given.
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: Public keys of an app that signs instead of sending a secret (`private_key_jwt`).
    kiosk: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: It runs on devices without a keyboard: people allow it on another device (RFC 8628).


class Grant(Base):
    """What one person has allowed one app, gathered over time."""

    __tablename__ = "grants"
    __table_args__ = (
        Index("ix_grants_person_id", "person_id"),
        Index("ix_grants_untold", "person_id", postgresql_where=text("told_at IS NULL")),
    )

    consumer_key: Mapped[str] = mapped_column(ForeignKey("consumers.key", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(primary_key=True)
    scopes: Mapped[list[str]] = mapped_column(TextArray)
    first_granted_at: Mapped[Moment]
    granted_at: Mapped[Moment]
    #: When the person last allowed something.
    told_at: Mapped[Moment | None]
    #: When they were told of it, by mail or on a page; None: a page has yet to tell them.


class RequestToken(Base):
    """A request token (temporary credential, RFC 5849 section 2.1), waiting for somebody to authorize it."""

    __tablename__ = "request_tokens"

    key: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    #: Encrypted, identity `request_tokens.secret:<key>`.
    consumer_key: Mapped[str] = mapped_column(ForeignKey("consumers.key", ondelete="CASCADE"), index=True)
    callback: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(TextArray)
    expires_at: Mapped[Moment] = mapped_column(index=True)
    person_id: Mapped[PersonId | None]
    #: Who authorized it.
    verifier: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Keyed digest of the verifier (PIN).
    tries: Mapped[int] = mapped_column(default=0)
    #: Wrong verifiers so far.


class AccessToken(Base):
    """An access token (token credential, RFC 5849 section 2.3)."""

    __tablename__ = "access_tokens"
    __table_args__ = (Index("ix_access_tokens_person_id_consumer_key", "person_id", "consumer_key"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    #: Encrypted, identity `access_tokens.secret:<key>`.
    consumer_key: Mapped[str] = mapped_column(ForeignKey("consumers.key", ondelete="CASCADE"), index=True)
    person_id: Mapped[PersonId]
    scopes: Mapped[list[str]] = mapped_column(TextArray)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment | None]
    #: None: `offline_access` was allowed.
    revoked_at: Mapped[Moment | None] = mapped_column(index=True)
    last_used_at: Mapped[Moment | None]
    last_used_from: Mapped[str | None]
    #: IP address of the app.


class Nonce(Base):
    """A nonce that was spent. The table is UNLOGGED: `NonceEpoch` closes the hole that a crash would leave."""

    __tablename__ = "nonces"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    consumer_key: Mapped[str] = mapped_column(primary_key=True)
    token_key: Mapped[str] = mapped_column(primary_key=True)
    timestamp: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    nonce: Mapped[str] = mapped_column(primary_key=True)


class NonceEpoch(Base):
    """The Unix second since which every spent nonce is known; UNLOGGED, so a crash empties it together with the nonces."""

    __tablename__ = "nonce_epoch"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    only: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    since: Mapped[int] = mapped_column(BigInteger)
