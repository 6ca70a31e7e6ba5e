"""Reading of the `fields` selector."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields

from usosapi_mleg.errors import FieldInvalidError, FieldNotFoundError, ParameterInvalidError
from usosapi_mleg.protocol.selector import Selection, choose, parse

METHOD = "services/x/y"
NAMES = st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True)
SELECTIONS = st.recursive(
    st.dictionaries(NAMES, st.none(), min_size=1, max_size=4),
    lambda inner: st.dictionaries(NAMES, st.none() | inner, min_size=1, max_size=4),
    max_leaves=12,
)
NEAR_SELECTORS = st.text(alphabet="ab1_|[] .,-ż\0", max_size=40)


class UserSchema(Schema):
    """Somebody."""

    id = fields.String()
    name = fields.String()
    email = fields.String(metadata={"secondary": True})


class CourseSchema(Schema):
    """A course with people."""

    DEFAULT_FIELDS = ("id", "lecturer")

    id = fields.String()
    title = fields.String()
    lecturer = fields.Nested(UserSchema)
    students = fields.List(fields.Nested(UserSchema))
    notes = fields.String(metadata={"secondary": True})


COURSE = {
    "id": "1",
    "title": "Algebra",
    "lecturer": {"id": "7", "name": "Ewa", "email": "e@x"},
    "students": [{"id": "8", "name": "Jan", "email": "j@x"}],
    "notes": "n",
}


def write(selection: Selection) -> str:
    """Write a selection as a selector."""
    return "|".join(name if inner is None else f"{name}[{write(inner)}]" for name, inner in selection.items())


def dump(selector: str | None, *, secondary: bool = True) -> object:
    """Dump the course with the selected fields."""
    return choose(CourseSchema, selector, METHOD, secondary=secondary).dump(COURSE)


@given(SELECTIONS)
def test_a_selector_is_read_as_it_was_written(selection: Selection) -> None:
    assert parse(write(selection), METHOD) == selection


@given(NEAR_SELECTORS | st.text(max_size=60))
def test_any_text_is_a_selector_or_is_refused_politely(selector: str) -> None:
    with suppress(FieldInvalidError):
        selection = parse(selector, METHOD)
        assert parse(write(selection), METHOD) == selection


@given(st.integers(13, 1000))
def test_a_selector_that_is_nested_too_deep_is_refused(depth: int) -> None:
    with pytest.raises((FieldInvalidError, ParameterInvalidError)):
        parse("a[" * depth + "a" + "]" * depth, METHOD)


def test_sizes_of_photos_can_be_named() -> None:
    assert parse("photo_urls[50x50|200x200|original]|id", METHOD) == {
        "photo_urls": {"50x50": None, "200x200": None, "original": None},
        "id": None,
    }


def test_an_object_without_brackets_has_its_default_fields() -> None:
    assert dump("lecturer") == {"lecturer": {"id": "7", "name": "Ewa"}}
    assert dump(None) == {"id": "1", "lecturer": {"id": "7", "name": "Ewa"}}


def test_sub_fields_select_inside_objects_and_lists_of_them() -> None:
    assert dump("id|lecturer[name]|students[id]") == {
        "id": "1",
        "lecturer": {"name": "Ewa"},
        "students": [{"id": "8"}],
    }


def test_secondary_fields_are_given_only_where_they_may_be_named() -> None:
    assert dump("notes") == {"notes": "n"}
    for selector in ("notes", "lecturer[email]"):
        with pytest.raises(FieldInvalidError):
            dump(selector, secondary=False)
    with pytest.raises(FieldInvalidError):
        dump("lecturer[email]")


@pytest.mark.parametrize(("selector", "name"), [("nothing", "nothing"), ("lecturer[nothing]", "nothing")])
def test_a_field_that_is_not_there_is_named(selector: str, name: str) -> None:
    with pytest.raises(FieldNotFoundError) as caught:
        dump(selector)
    assert caught.value.details() == {"field_name": name, "method_name": METHOD}


def test_sub_fields_of_what_has_none_are_refused() -> None:
    with pytest.raises(FieldInvalidError):
        dump("id[x]")
