"""What comes in and what goes out: explicit marshmallow schemas, one for each direction, never made from tables."""
