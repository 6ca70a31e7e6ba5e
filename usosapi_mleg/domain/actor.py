"""Who acts: the person, app or system that is noted beside every change."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts; `str()` of it is what history and audit keep: ids, never names."""

    kind: str
    """person, ministry or system."""
    id: str | None = None
    channel: str | None = None
    """Through what: `usosweb`, or `consumer:<key>`."""

    def __str__(self) -> str:
        who = f"{self.kind}:{self.id}" if self.id else self.kind
        return f"{who} via {self.channel}" if self.channel else who


MINISTRY = Actor("ministry")
SYSTEM = Actor("system")
