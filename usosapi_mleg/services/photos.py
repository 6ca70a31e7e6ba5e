"""Photos: fitted to a size, and short-lived addresses under which one can be seen without signing."""

import base64
import hmac
import io
import struct
from datetime import timedelta

from PIL import Image, ImageOps
from sqlalchemy import select

from usosapi_mleg import clock
from usosapi_mleg.domain.photo import SIZES
from usosapi_mleg.errors import ObjectNotFoundError
from usosapi_mleg.extensions import keyring, reading
from usosapi_mleg.models import Photo

LINK_LIFETIME = timedelta(hours=1)
"""How long an address of a photo works."""

_QUALITY = 88
_BLANK = (400, 500)
_GREY = (222, 222, 222)
_SIZE_NAMES = tuple(SIZES)
_CONTENT = struct.Struct(">QBQ")
"""Person, place of the size in `SIZES`, Unix second of expiry."""
_MAC_BYTES = 16


def fitted(person_id: int, size: str) -> bytes:
    """Give a person's photo as JPEG, cropped and scaled to `size`; raise `ObjectNotFoundError` when there is none."""
    with reading() as connection:
        sealed = connection.execute(select(Photo.jpeg).where(Photo.person_id == person_id)).scalar_one_or_none()
    if sealed is None:
        raise ObjectNotFoundError("This person has no photo.", reason="photo_not_found")
    jpeg = keyring().open(sealed, f"photos.jpeg:{person_id}")
    box = SIZES[size]
    if box is None:
        return jpeg
    written = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as picture:
        ImageOps.fit(picture.convert("RGB"), box, centering=(0.5, 0.35)).save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()


def blank(size: str) -> bytes:
    """Give an empty grey picture of a size, as JPEG."""
    written = io.BytesIO()
    Image.new("RGB", SIZES[size] or _BLANK, _GREY).save(written, "JPEG")
    return written.getvalue()


def link(person_id: int, size: str) -> str:
    """Make the unguessable part of an address under which anybody who has it sees the photo for an hour."""
    expires = int((clock.now() + LINK_LIFETIME).timestamp())
    content = _CONTENT.pack(person_id, _SIZE_NAMES.index(size), expires)
    return base64.urlsafe_b64encode(content + _mac(content)).rstrip(b"=").decode()


def follow(link_text: str) -> bytes:
    """Give the photo behind such an address; raise `ObjectNotFoundError` when it is false or old."""
    try:
        raw = base64.urlsafe_b64decode(link_text + "==")
    except ValueError:
        raw = b""
    content, mac = raw[: _CONTENT.size], raw[_CONTENT.size :]
    if len(content) == _CONTENT.size and hmac.compare_digest(mac, _mac(content)):
        person_id, size, expires = _CONTENT.unpack(content)
        if expires > clock.now().timestamp():
            return fitted(person_id, _SIZE_NAMES[size])
    raise ObjectNotFoundError("This address of a photo is not valid any more.", reason="photo_not_found")


def _mac(content: bytes) -> bytes:
    return keyring().index(content.hex(), "photo link")[:_MAC_BYTES]
