"""The `fields` selector: `id|status|user[id|photo_urls[50x50]]`, to any depth."""

import re
from functools import lru_cache
from typing import NoReturn

from marshmallow import Schema
from marshmallow.fields import Nested

from usosapi_mleg.errors import FieldInvalidError, FieldNotFoundError, ParameterInvalidError

_LONGEST = 4000
_DEEPEST = 12
_END = ""
_TOKEN = re.compile(r"[A-Za-z0-9_]+|[|\[\]]")

Selection = dict[str, "Selection | None"]
"""Name → sub-selection, or None for the defaults of what is behind the name."""


def parse(selector: str, method: str) -> Selection:
    """Read a selector; raise `FieldInvalidError` when it is malformed."""
    if len(selector) > _LONGEST:
        raise ParameterInvalidError("fields", f"It is longer than {_LONGEST} characters.")
    tokens = _TOKEN.findall(selector)
    if "".join(tokens) != selector:
        raise FieldInvalidError(selector[:50], method, "names are of letters, digits and underscores.")
    reader = _Reader([*tokens, _END], selector[:50], method)
    chosen = reader.names(0)
    reader.expect(_END, "there is one closing bracket too many.")
    return chosen


class _Reader:
    """Reads the tokens of one selector."""

    def __init__(self, tokens: list[str], shown: str, method: str) -> None:
        self.tokens = iter(tokens)
        self.current = next(self.tokens)
        self.shown = shown
        self.method = method

    def names(self, depth: int) -> Selection:
        """Read names between pipes, each with its sub-fields."""
        if depth > _DEEPEST:
            self.fail(f"it is nested deeper than {_DEEPEST} levels.")
        chosen: Selection = {}
        while True:
            name = self.name()
            chosen[name] = None
            if self.current == "[":
                self.step()
                chosen[name] = self.names(depth + 1)
                self.expect("]", "a bracket is not closed.")
            if self.current != "|":
                return chosen
            self.step()

    def name(self) -> str:
        """Read one name."""
        name = self.current
        if name in {_END, "|", "[", "]"}:
            self.fail("a name is expected.")
        self.step()
        return name

    def expect(self, wanted: str, complaint: str) -> None:
        """Read one given token."""
        if self.current != wanted:
            self.fail(complaint)
        self.step()

    def step(self) -> None:
        """Go to the next token."""
        self.current = next(self.tokens, _END)

    def fail(self, complaint: str) -> NoReturn:
        """Refuse the selector."""
        raise FieldInvalidError(self.shown, self.method, complaint)


@lru_cache(maxsize=512)
def schema_for(result: type[Schema], selector: str | None, method: str) -> Schema:
    """Give the result schema that dumps only what was selected, or the defaults."""
    if selector is None:
        return result(only=_paths(_defaults(result)))
    return result(only=_paths(_checked(result, parse(selector, method), method)))


def _defaults(result: type[Schema]) -> Selection:
    names = getattr(result, "DEFAULT_FIELDS", None) or tuple(result._declared_fields)  # noqa: SLF001 - marshmallow has no public name for it
    return dict.fromkeys(names)


def _checked(result: type[Schema], selection: Selection, method: str) -> Selection:
    checked: Selection = {}
    for name, inner in selection.items():
        field = result._declared_fields.get(name)  # noqa: SLF001 - marshmallow has no public name for it
        if field is None:
            raise FieldNotFoundError(name, method)
        if isinstance(field, Nested):
            nested = type(field.schema)
            checked[name] = _checked(nested, inner, method) if inner is not None else _defaults(nested)
        elif inner is not None:
            raise FieldInvalidError(name, method, "it has no sub-fields.")
        else:
            checked[name] = None
    return checked


def _paths(selection: Selection, prefix: str = "") -> tuple[str, ...]:
    """Write a selection as marshmallow's dotted names."""
    paths: list[str] = []
    for name, inner in selection.items():
        if inner is None:
            paths.append(prefix + name)
        else:
            paths.extend(_paths(inner, f"{prefix}{name}."))
    return tuple(paths)
