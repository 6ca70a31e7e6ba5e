"""Reads the text of a QR code from a picture."""

import io

import zxingcpp
from PIL import Image, ImageOps

LARGEST_PIXELS = 20_000_000
# A JPEG is shrunk while it is decoded, so photos of large sensors fit too.
LARGEST_JPEG_PIXELS = 120_000_000
LONGEST_SIDE = 2000
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


class PictureError(Exception):
    """No QR code could be read; the message is the name of the text that says why."""


def read_qr(data: bytes) -> str:
    """Return the text of the first QR code in a picture (JPEG, PNG, WebP or GIF).

    Raises:
        PictureError: no picture, too large, or no QR code found in it.
    """
    if not data:
        raise PictureError("picture_missing")
    found = zxingcpp.read_barcodes(open_picture(data), formats=QR_CODES)
    if not found or not found[0].text:
        raise PictureError("picture_without_qr")
    return str(found[0].text)


def open_picture(data: bytes) -> Image.Image:
    """Decode a picture in grey, no larger than needed.

    Raises:
        PictureError: as `read_qr`.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP", "GIF"])
        check_size(image)
        image.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
        grey = on_white(ImageOps.exif_transpose(image)).convert("L")
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError("picture_too_large") from error
    except Exception as error:  # a damaged picture makes Pillow raise nearly anything
        raise PictureError("picture_unreadable") from error
    grey.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return grey


def check_size(image: Image.Image) -> None:
    """Check the size that the file claims, before anything is decoded.

    Raises:
        PictureError: too large.
    """
    if image.width * image.height > (LARGEST_JPEG_PIXELS if image.format == "JPEG" else LARGEST_PIXELS):
        raise PictureError("picture_too_large")


def on_white(image: Image.Image) -> Image.Image:
    """Return the picture on white ground if it is transparent: a QR code on nothing cannot be read."""
    if not image.has_transparency_data:
        return image
    picture = image.convert("RGBA")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture)
