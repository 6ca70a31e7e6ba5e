"""Kinds of fields as USOS API writes them."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields

from usosapi_mleg import clock
from usosapi_mleg.domain.text import Text

_LONGEST_ID = 32


class LangDict(fields.Field[Text]):
    """A text in both languages: `{"pl": …, "en": …}`."""

    def _serialize(self, value: Text | None, attr: str | None, obj: Any, **kwargs: Any) -> dict[str, str] | None:
        return None if value is None else value.as_dict()


class UsosDateTime(fields.Field[datetime]):
    """A moment: `YYYY-MM-DD HH:MM:SS`, time in Poland."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else clock.usos_datetime(value)


class OrderId(fields.Field[uuid.UUID]):
    """An order's id: 32 hexadecimal digits. A text of another form comes in as an id that no order has."""

    def _serialize(self, value: uuid.UUID | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.hex

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> uuid.UUID:
        text = str(value)
        if len(text) > _LONGEST_ID:
            raise ValidationError(f"An id has at most {_LONGEST_ID} characters.")
        try:
            return uuid.UUID(hex=text)
        except ValueError:
            return uuid.UUID(int=0)


class NumericId(fields.Field[int]):
    """An id that is decimal inside; a string on the wire."""

    _LONGEST = 18

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) <= self._LONGEST):
            raise ValidationError("It is not an id.")
        return int(text)


class UsosBoolean(fields.Boolean):
    """A truth value: `true` or `false` in any case, as clients write them."""

    truthy = frozenset({"true", "t", "1", "yes"})  # type: ignore[assignment] # marshmallow wants any set
    falsy = frozenset({"false", "n", "0", "no"})  # type: ignore[assignment] # marshmallow wants any set

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        return bool(super()._deserialize(str(value).strip().lower(), attr, data, **kwargs))


class PipeList(fields.Field[list[Any]]):
    """A list of values separated by pipes; repeated values count once."""

    def __init__(self, inner: fields.Field[Any], *, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = inner
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        parts = list(dict.fromkeys(part for part in str(value).split("|") if part))
        if len(parts) > self.most:
            raise ValidationError(f"At most {self.most} values are taken in one call.")
        return [self.inner.deserialize(part) for part in parts]


class JsonObject(fields.Field[dict[str, str]]):
    """A JSON object given as text; its values become texts, as if they had been parameters."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, str]:
        try:
            found = json.loads(value) if value else {}
        except (ValueError, RecursionError):
            raise ValidationError("It is not JSON.") from None
        if not isinstance(found, dict):
            raise ValidationError("It must be a JSON object.")
        return {
            str(name): one if isinstance(one, str) else json.dumps(one)
            for name, one in found.items()
            if one is not None
        }
