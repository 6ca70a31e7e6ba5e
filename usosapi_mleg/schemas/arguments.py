"""The base of all arguments of methods."""

from marshmallow import EXCLUDE, Schema, fields, validate

MOST_ON_A_PAGE = 20
_LAST_START = 1_000_000


class Arguments(Schema):
    """Arguments of a method: unknown parameters are ignored, as at USOS."""

    class Meta:
        """Options of marshmallow."""

        unknown = EXCLUDE


class PageArguments(Arguments):
    """Arguments of methods that answer with a part of a list."""

    start = fields.Integer(
        load_default=0,
        validate=validate.Range(0, _LAST_START),
        metadata={"description": "How many of the list to leave out at its beginning."},
    )
    num = fields.Integer(
        load_default=MOST_ON_A_PAGE,
        validate=validate.Range(1, MOST_ON_A_PAGE),
        metadata={"description": f"How many to give at most, 1 to {MOST_ON_A_PAGE}."},
    )
