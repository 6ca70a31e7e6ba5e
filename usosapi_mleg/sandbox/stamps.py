"""Draws the stamp that makes a photo a specimen."""

import math
import unicodedata
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

STAMP = "WZÓR – środowisko testowe"
COMBINING_ACUTE = "\u0301"
EN_DASH = "\u2013"
WHITE = (255, 255, 255, 195)
OUTLINE = (120, 0, 20, 195)


@lru_cache(maxsize=16)
def make_stamp(size: tuple[int, int]) -> Image.Image:
    """Return a transparent picture of `size` with the specimen text along its diagonal, three times."""
    width, height = size
    diagonal = math.hypot(width, height)
    line = draw_text(STAMP, round(diagonal * 0.07))
    scale = diagonal * 0.94 / line.width
    line = line.resize((round(line.width * scale), max(1, round(line.height * scale))))
    turned = line.rotate(math.degrees(math.atan2(height, width)), expand=True, resample=Image.Resampling.BICUBIC)
    left, top = (width - turned.width) // 2, (height - turned.height) // 2
    stamp = Image.new("RGBA", size)
    for offset in (-diagonal * 0.3, 0, diagonal * 0.3):
        layer = Image.new("RGBA", size)
        layer.paste(turned, (left, top + round(offset)))
        stamp.alpha_composite(layer)
    return stamp


def draw_text(text: str, font_size: int) -> Image.Image:
    """Return outlined white text on a transparent ground, without margins.

    The font that comes with Pillow has no Polish letters and no dashes, so acute accents and dashes are drawn as lines.
    """
    font = ImageFont.load_default(font_size)
    outline = max(1, font_size // 14)
    image = Image.new("RGBA", (font_size * len(text), font_size * 2))
    draw = ImageDraw.Draw(image)
    x, top = float(font_size // 2), font_size * 0.5
    for letter in text:
        decomposed = unicodedata.normalize("NFD", letter)
        base = decomposed[0]
        width = font.getlength("n" if base == EN_DASH else base)
        if base == EN_DASH:
            middle = top + font_size * 0.62
            draw_line(draw, (x, middle, x + width, middle), font_size)
        else:
            draw.text((x, top), base, font=font, fill=WHITE, stroke_width=outline, stroke_fill=OUTLINE)
        if COMBINING_ACUTE in decomposed:
            low = top + font.getbbox(base)[1] - font_size * 0.09
            draw_line(draw, (x + width * 0.46, low, x + width * 0.64, low - font_size * 0.11), font_size)
        x += width + outline
    return image.crop(image.getbbox())


def draw_line(draw: ImageDraw.ImageDraw, ends: tuple[float, float, float, float], font_size: int) -> None:
    """Draw a stroke as thick as those of the letters, with round ends."""
    stroke = max(2.0, font_size / 11)
    for colour, width in ((OUTLINE, stroke + max(2.0, font_size / 8)), (WHITE, stroke)):
        x0, y0, x1, y1 = ends
        for step in range(25):
            x, y, radius = x0 + (x1 - x0) * step / 24, y0 + (y1 - y0) * step / 24, width / 2
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
