"""Consumers (apps): registering one, and what is known of it."""

import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from usosapi_mleg import clock
from usosapi_mleg.errors import ParameterInvalidError
from usosapi_mleg.extensions import db, keyring, reading
from usosapi_mleg.models import Consumer
from usosapi_mleg.oauth import tokens


@dataclass(frozen=True, slots=True)
class NewConsumer:
    """A key and its secret, to be shown once."""

    key: str
    secret: str


def describe(key: str) -> dict[str, Any]:
    """Describe a consumer by the keys of `services/apisrv/consumer`."""
    query = select(Consumer.name, Consumer.url, Consumer.email, Consumer.registered_at, Consumer.verified)
    with reading() as connection:
        row = connection.execute(query.where(Consumer.key == key)).one()
    return {
        "name": row.name,
        "url": row.url,
        "email": row.email,
        "date_registered": row.registered_at,
        "is_verified": row.verified,
    }


def register(
    *,
    name: str,
    url: str | None,
    email: str,
    callbacks: list[str],
    owner_id: int | None,
) -> NewConsumer:
    """Register a consumer and give its key and secret; raise `ParameterInvalidError` when the name is taken."""
    made = NewConsumer(tokens.generate_key(), tokens.generate_secret())
    try:
        with db.session.begin_nested():
            db.session.execute(
                insert(Consumer).values(
                    key=made.key,
                    secret=keyring().seal(made.secret, f"consumers.secret:{made.key}"),
                    name=name,
                    url=url,
                    email=email,
                    callbacks=callbacks,
                    owner_id=owner_id,
                    registered_at=clock.now(),
                ),
            )
    except IntegrityError:
        raise ParameterInvalidError(
            "name", "An application of this name is registered already.", reason="already_exists"
        ) from None
    return made


def has_secret(key: str, secret: str) -> bool:
    """Tell whether the secret is this consumer's; takes no less time when there is no such consumer."""
    with reading() as connection:
        sealed = connection.execute(select(Consumer.secret).where(Consumer.key == key)).scalar_one_or_none()
    known = keyring().open(sealed, f"consumers.secret:{key}") if sealed else secrets.token_bytes(40)
    return hmac.compare_digest(known, secret.encode())


def disable(key: str) -> None:
    """Make a consumer useless; its tokens do not work without it."""
    db.session.execute(
        update(Consumer).where(Consumer.key == key, Consumer.disabled_at.is_(None)).values(disabled_at=clock.now()),
    )
