"""The base of all arguments of methods."""

from marshmallow import EXCLUDE, Schema


class Arguments(Schema):
    """Arguments of a method: unknown parameters are ignored, as at USOS."""

    class Meta:
        """Options of marshmallow."""

        unknown = EXCLUDE
