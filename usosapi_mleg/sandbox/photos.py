"""Photos: checks that one is a usable JPEG, and stamps it for good as a specimen."""

import io

from PIL import Image, ImageOps

from usosapi_mleg.sandbox.stamps import make_stamp

SMALLEST_SIDE = 100
LARGEST_SIDE = 4000
LARGEST_BYTES = 2 * 1024 * 1024
# The size that is kept: enough for a phone, and small in the file.
KEPT_SIZE = (480, 640)
JPEG_QUALITY = 82


class PhotoError(Exception):
    """The photo cannot be used; the message says why."""


def stamp_photo(data: bytes) -> bytes:
    """Return the photo as a small JPEG with the specimen text burnt in across it; metadata are dropped.

    Raises:
        PhotoError: not a JPEG, damaged, or of a size that makes no sense.
    """
    image = open_photo(data)
    image.thumbnail(KEPT_SIZE, Image.Resampling.LANCZOS)
    stamp = make_stamp(image.size)
    image.paste(stamp, mask=stamp)
    output = io.BytesIO()
    image.save(output, "JPEG", quality=JPEG_QUALITY)
    return output.getvalue()


def open_photo(data: bytes) -> Image.Image:
    """Decode a photo, upright and in RGB.

    Raises:
        PhotoError: as `stamp_photo`.
    """
    if len(data) > LARGEST_BYTES:
        raise PhotoError("The photo is larger than 2 MiB.")
    try:
        image = Image.open(io.BytesIO(data), formats=["JPEG"])
        check_size(image)
        # Lets the decoder skip detail that is thrown away anyway.
        image.draft("RGB", KEPT_SIZE)
        return ImageOps.exif_transpose(image).convert("RGB")
    except PhotoError:
        raise
    except Exception as error:  # a damaged picture makes Pillow raise nearly anything
        raise PhotoError("The photo is not a readable JPEG.") from error


def check_size(image: Image.Image) -> None:
    """Check the size that the file claims, before anything is decoded.

    Raises:
        PhotoError: too small or too large.
    """
    if min(image.size) < SMALLEST_SIDE or max(image.size) > LARGEST_SIDE:
        raise PhotoError(f"Each side of the photo must have {SMALLEST_SIDE} to {LARGEST_SIDE} pixels.")
