"""What an application in this process says to PostgreSQL, as libpq writes it down on the way."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event

from usosapi_mleg import clock
from usosapi_mleg.extensions import db


@dataclass
class Conversation:
    """Messages to the database (F) and from it (B), in their order."""

    lines: list[str] = field(default_factory=list)

    @property
    def round_trips(self) -> int:
        """How many times something was sent and an answer waited for."""
        asked = sum(self._messages("F").count(word) for word in ("Sync", "Query"))
        assert asked == self._messages("B").count("ReadyForQuery"), self.lines
        return asked

    @property
    def transactions(self) -> list[str]:
        """The statements that begin or end transactions."""
        return re.findall(r"BEGIN|ROLLBACK|COMMIT", "\n".join(self.lines))

    def _messages(self, way: str) -> list[str]:
        # A statement of several lines is written down in several lines.
        return [parts[3] for parts in (line.split("\t") for line in self.lines) if parts[1:2] == [way]]


@contextmanager
def overheard(app: Flask, folder: Path) -> Iterator[Conversation]:
    """Write down what is said while the block runs. The clock of the tests is not asked meanwhile, and statements should be known by then:
    what a connection says for the first time, or asks once a second, is not what a call costs."""
    conversation, path, used = Conversation(), folder / "wire", set()
    read_offset, clock._offset.read = clock._offset.read, None
    with app.app_context(), path.open("w") as file:
        engine = db.engine

        def note(raw: Any, *_: object) -> None:
            used.add(raw)
            raw.pgconn.trace(file.fileno())

        event.listen(engine, "checkout", note)
        try:
            yield conversation
        finally:
            event.remove(engine, "checkout", note)
            for raw in used:
                raw.pgconn.untrace()
            os.fsync(file.fileno())
            clock._offset.read = read_offset
    conversation.lines += path.read_text().splitlines()
