"""What is given to an app: random values with a prefix that tells people and scanners what they have found."""

import secrets
from enum import StrEnum

_RANDOM_BYTES = 32


class Kind(StrEnum):
    """Prefixes."""

    ACCESS_TOKEN = "mlegb_"  # noqa: S105 - a prefix
    REFRESH_TOKEN = "mlegr_"  # noqa: S105 - a prefix
    CODE = "mlegc_"
    DEVICE_CODE = "mlegd_"
    CLIENT_SECRET = "mlegs_"  # noqa: S105 - a prefix


def generate(kind: Kind) -> str:
    """Make a new one: the prefix and 43 random characters (256 bits)."""
    return kind + secrets.token_urlsafe(_RANDOM_BYTES)
