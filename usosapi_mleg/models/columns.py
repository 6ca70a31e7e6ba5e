"""Kinds of columns that several tables share."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from sqlalchemy import DateTime, Enum, ForeignKey
from sqlalchemy.orm import mapped_column

Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
"""An aware moment, UTC."""

PersonId = Annotated[int, mapped_column(ForeignKey("persons.id", ondelete="RESTRICT"))]
"""A reference to a person."""


def one_of(kind: type[StrEnum]) -> Enum:
    """Store a `StrEnum` by its values, with a CHECK of them."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=kind.__name__.lower(),
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )
