"""The documents that live on a phone, as the phone shows them."""

import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Self

from usosapi_mleg.sandbox.controls import Controls, polish_date
from usosapi_mleg.sandbox.store import Store

# Larger numbers do not fit into SQLite, so no document has them.
LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class Card:
    """A document on a phone. `status` is `valid`, `expired` or `revoked`; `age` is in whole years, today."""

    number: int
    status: str
    first_names: str
    last_name: str
    birth_date: date
    age: int
    pesel: str
    card_number: str
    student_number: str
    issued_on: date
    valid_until: date

    @classmethod
    def of(cls, row: sqlite3.Row, today: date) -> Self:
        """Return the card of a document that was collected, as it is today."""
        birth_date, valid_until = date.fromisoformat(row["birth_date"]), date.fromisoformat(row["valid_until"])
        status = "revoked" if row["state"] == "revoked" else "expired" if valid_until < today else "valid"
        return cls(
            number=row["number"],
            status=status,
            first_names=row["first_names"],
            last_name=row["last_name"],
            birth_date=birth_date,
            age=age_on(birth_date, today),
            pesel=row["pesel"],
            card_number=row["card_number"],
            student_number=row["student_number"],
            issued_on=date.fromisoformat(row["issued_on"]),
            valid_until=valid_until,
        )


def age_on(birth_date: date, today: date) -> int:
    """Return how many birthdays somebody has had after being born."""
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def device_cards(store: Store, device: str) -> list[Card]:
    """Return the documents on a phone, newest first."""
    with store.reading() as db:
        today = polish_date(Controls.read(db).now())
        rows = db.execute("SELECT * FROM documents WHERE device = ? ORDER BY number DESC", (device,)).fetchall()
    return [Card.of(row, today) for row in rows]


def device_card(store: Store, device: str, number: int) -> Card | None:
    """Return one document if it lives on this phone."""
    return next((card for card in device_cards(store, device) if card.number == number), None)


def device_photo(store: Store, device: str, number: int) -> bytes | None:
    """Return the photo of a document if it lives on this phone and still has one."""
    if number > LARGEST_NUMBER:
        return None
    with store.reading() as db:
        row = db.execute(
            "SELECT photo FROM documents WHERE number = ? AND device = ?",
            (number, device),
        ).fetchone()
    return None if row is None else row["photo"]
