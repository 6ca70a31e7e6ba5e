"""Lengths of time in words."""

from usosapi_mleg.domain.text import Text

_HOUR = 60
_FEW = (2, 3, 4)
_TEENS = (12, 13, 14)


def in_words(minutes: int) -> Text:
    """Say how long something lasts, in the form that follows "na" and "for": whole hours as hours, everything else as minutes."""
    if minutes >= _HOUR and minutes % _HOUR == 0:
        hours = minutes // _HOUR
        return Text(f"{hours} {_polish(hours, 'godzinę', 'godziny', 'godzin')}", f"{hours} hour{_s(hours)}")
    return Text(f"{minutes} {_polish(minutes, 'minutę', 'minuty', 'minut')}", f"{minutes} minute{_s(minutes)}")


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _polish(count: int, one: str, few: str, many: str) -> str:
    if count == 1:
        return one
    return few if count % 10 in _FEW and count % 100 not in _TEENS else many
