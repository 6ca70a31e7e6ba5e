"""Draws QR codes."""

import base64
import io

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathImage

_MASK = 3
"""A mask pattern given beforehand: trying all eight costs more than twice the time, and any of them can be read."""
_PNG_BOX_PIXELS = 8


def draw_svg(text: str) -> bytes:
    """Draw `text` as an SVG picture with a quiet zone of four modules."""
    return _write(text, SvgPathImage, 10)


def draw_png(text: str) -> bytes:
    """Draw `text` as a PNG picture with a quiet zone of four modules."""
    return _write(text, PilImage, _PNG_BOX_PIXELS)


def _write(text: str, factory: type[SvgPathImage] | type[PilImage], box_size: int) -> bytes:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=_MASK, box_size=box_size, image_factory=factory)
    code.add_data(text)
    picture = io.BytesIO()
    code.make_image().save(picture)
    return picture.getvalue()


def data_address(text: str) -> str:
    """Draw `text` as SVG in a `data:` address, for a page that must not be fetched twice."""
    return "data:image/svg+xml;base64," + base64.b64encode(draw_svg(text)).decode()
