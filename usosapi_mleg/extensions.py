"""What the application is built on: the database session, and the keys and settings of the current application."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Connection, MetaData
from sqlalchemy.orm import DeclarativeBase, registry

from usosapi_mleg.crypto import KeyRing
from usosapi_mleg.settings import Settings

_METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    },
)
"""Constraint names are fixed so that migrations can name them."""


class Base(DeclarativeBase):
    """Base of all tables."""

    registry = registry(metadata=_METADATA, type_annotation_map={int: BigInteger})


db = SQLAlchemy(model_class=Base)


def keyring() -> KeyRing:
    """Give the keys of the current application."""
    return cast("KeyRing", current_app.extensions["mleg_keyring"])


def settings() -> Settings:
    """Give the settings of the current application; for the doors and the wiring, services get values as arguments."""
    return cast("Settings", current_app.extensions["mleg_settings"])


@contextmanager
def transaction() -> Iterator[None]:
    """Commit at the edge: all that happens inside becomes true together, or not at all."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


@contextmanager
def reading() -> Iterator[Connection]:
    """Give a connection for reads that need no transaction: no BEGIN and no ROLLBACK are sent."""
    engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


@contextmanager
def closing_database() -> Iterator[None]:
    """Close all connections at the end: for a command that leaves the process running."""
    try:
        yield
    finally:
        db.session.remove()
        db.engine.dispose()


def driver_connection() -> Any:
    """Give the psycopg connection of the session, so that others can write in the same transaction."""
    return db.session.connection().connection.driver_connection
