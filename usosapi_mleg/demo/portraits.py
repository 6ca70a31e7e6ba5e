"""Portraits for the student cards of the demo, drawn from simple shapes: nobody's face."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TypeVar

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageOps

WIDTH, HEIGHT = 400, 500
"""Size of a portrait in pixels: 4:5, like the photo on a student card."""

# Everything is drawn this many times larger and then made smaller, which smooths the edges.
_SCALE = 2
# The sketch is a little smaller than the picture; so much is it enlarged and then moved up.
_ZOOM = 1.15
_HEADROOM = 20
_QUALITY = 88

_Box = tuple[float, float, float, float]
_Option = TypeVar("_Option")

_BACKGROUNDS = (
    ("#f3f8fb", "#b9d1e1"),
    ("#faf6ef", "#dbcbb4"),
    ("#f3f9f2", "#bdd6bf"),
    ("#f9f4fa", "#d0bfd9"),
    ("#f4f6fa", "#bcc4d6"),
    ("#fdf5f1", "#e4c5b8"),
)
_SKINS = ("#f7dcc8", "#f3cdb1", "#f5d2b9", "#ecbd9d", "#dca882", "#c08a66")
_HAIRS = ("#2b211e", "#3f2a20", "#5a3a26", "#7d5232", "#a8763e", "#cfa462", "#8f3f24", "#4a4442")
_CLOTHES = ("#2f4a6b", "#5b3f63", "#2f6360", "#7a3842", "#4a5560", "#8a6a3a", "#3d5a3a", "#b0604a")
_SHIRTS = ("#fbfbf8", "#dfe8f2", "#f3e6dc", "#e3eee2")
_INK = "#33292a"

_LONG_HAIR = ("long", "bob", "bun", "ponytail", "curls", "long")
_SHORT_HAIR = ("short", "quiff", "cropped", "curls", "short")
_HAIRLINES = ("round", "side", "parted", "fringe")
_GARMENTS = ("crew", "collar", "blazer", "hood")
_GLASSES = ("none", "none", "none", "round", "square")
_BEARDS = ("none", "none", "none", "full", "stubble")


@dataclass(frozen=True, slots=True)
class _Looks:
    """What one drawn person looks like."""

    background: tuple[str, str]
    skin: str
    hair: str
    hair_style: str
    hairline: str
    clothes: str
    shirt: str
    garment: str
    glasses: str
    beard: str
    face_width: int
    smile: int


def draw_portrait(person_id: int, sex: str | None) -> bytes:
    """Draw the portrait of one person and give it as a JPEG; the same arguments always give the same bytes.

    :param sex: `"F"` for longer hair, anything else for shorter hair and sometimes a beard
    """
    looks = _choose_looks(person_id, sex)
    easel = _Easel(looks.background)
    _draw_hair_behind(easel, looks)
    _draw_clothes(easel, looks)
    _draw_head(easel, looks)
    _draw_face(easel, looks)
    _draw_beard(easel, looks)
    _draw_mouth(easel, looks)
    _draw_hair(easel, looks)
    _draw_glasses(easel, looks)
    return easel.as_jpeg()


def _choose_looks(person_id: int, sex: str | None) -> _Looks:
    def choose(feature: str, options: Sequence[_Option]) -> _Option:
        digest = hashlib.sha256(f"{person_id} {feature}".encode()).digest()
        return options[int.from_bytes(digest[:4], "big") % len(options)]

    woman = sex == "F"
    return _Looks(
        background=choose("background", _BACKGROUNDS),
        skin=choose("skin", _SKINS),
        hair=choose("hair", _HAIRS),
        hair_style=choose("hair style", _LONG_HAIR if woman else _SHORT_HAIR),
        hairline=choose("hairline", _HAIRLINES),
        clothes=choose("clothes", _CLOTHES),
        shirt=choose("shirt", _SHIRTS),
        garment=choose("garment", _GARMENTS),
        glasses=choose("glasses", _GLASSES),
        beard="none" if woman else choose("beard", _BEARDS),
        face_width=choose("face width", (142, 148, 154)),
        smile=choose("smile", (10, 14, 18)),
    )


def _mix(colour: str, other: str, share: float) -> str:
    """Blend two colours; `share` of the other one, from 0 to 1."""
    pairs = zip(ImageColor.getrgb(colour), ImageColor.getrgb(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def _pixels(*sketch: float) -> list[float]:
    """Turn coordinates of the sketch (x, y, x, y, …), whose middle is x = 200, into pixels of the large picture."""
    xs = [(200 + (x - 200) * _ZOOM) * _SCALE for x in sketch[::2]]
    ys = [(y * _ZOOM - _HEADROOM) * _SCALE for y in sketch[1::2]]
    return [at for point in zip(xs, ys, strict=True) for at in point]


class _Mask:
    """A region of the picture, put together from shapes in coordinates of the sketch."""

    def __init__(self) -> None:
        self.image = Image.new("L", (WIDTH * _SCALE, HEIGHT * _SCALE))
        self.pen = ImageDraw.Draw(self.image)

    def ellipse(self, *box: float) -> "_Mask":
        self.pen.ellipse(_pixels(*box), fill=255)
        return self

    def rounded(self, box: _Box, radius: float) -> "_Mask":
        self.pen.rounded_rectangle(_pixels(*box), radius * _ZOOM * _SCALE, fill=255)
        return self

    def polygon(self, *points: tuple[float, float]) -> "_Mask":
        self.pen.polygon(_pixels(*(at for point in points for at in point)), fill=255)
        return self

    def arc(self, box: _Box, start: float, end: float, width: float) -> "_Mask":
        self.pen.arc(_pixels(*box), start, end, fill=255, width=round(width * _ZOOM * _SCALE))
        return self

    def plus(self, other: "_Mask") -> "_Mask":
        self.image.paste(ImageChops.lighter(self.image, other.image))
        return self

    def minus(self, other: "_Mask") -> "_Mask":
        self.image.paste(ImageChops.subtract(self.image, other.image))
        return self

    def within(self, other: "_Mask") -> "_Mask":
        self.image.paste(ImageChops.multiply(self.image, other.image))
        return self

    def above(self, y: float) -> "_Mask":
        """Keep what lies above the line `y`."""
        self.pen.rectangle(_pixels(0, y, WIDTH, HEIGHT), fill=0)
        return self


class _Easel:
    """The picture while it is being painted."""

    def __init__(self, background: tuple[str, str]) -> None:
        gradient = ImageOps.colorize(Image.linear_gradient("L"), *background)
        self.picture = gradient.resize((WIDTH * _SCALE, HEIGHT * _SCALE), Image.Resampling.BILINEAR)

    def paint(self, mask: _Mask, colour: str, opacity: float = 1.0) -> None:
        """Colour a region."""
        if box := mask.image.getbbox():
            stencil = mask.image.crop(box).point([round(value * opacity) for value in range(256)])
            self.picture.paste(ImageColor.getrgb(colour), box, stencil)

    def as_jpeg(self) -> bytes:
        """Give the picture in its final size."""
        stream = BytesIO()
        self.picture.reduce(_SCALE).save(stream, "JPEG", quality=_QUALITY, optimize=True)
        return stream.getvalue()


def _head(looks: _Looks) -> _Mask:
    half = looks.face_width / 2
    return (
        _Mask()
        .ellipse(200 - half, 116, 200 + half, 116 + looks.face_width)
        .ellipse(200 - half + 7, 170, 200 + half - 7, 322)
        .rounded((200 - half, 180, 200 + half, 256), 44)
    )


def _draw_hair_behind(easel: _Easel, looks: _Looks) -> None:
    shapes = {
        "long": _Mask().ellipse(105, 92, 295, 300).rounded((105, 190, 295, 425), 42),
        "bob": _Mask().ellipse(106, 92, 294, 300).rounded((106, 190, 294, 336), 46),
        "bun": _Mask().ellipse(160, 46, 240, 124),
        "ponytail": _Mask().ellipse(232, 96, 318, 210).ellipse(254, 130, 322, 372),
        "curls": _Mask(),
    }
    if looks.hair_style == "curls":
        mask = shapes["curls"]
        for x, y in ((116, 218), (106, 178), (118, 138), (282, 218), (294, 178), (282, 138)):
            mask.ellipse(x - 30, y - 30, x + 30, y + 30)
    if looks.hair_style in shapes:
        easel.paint(shapes[looks.hair_style], _mix(looks.hair, "#000000", 0.16))


def _draw_clothes(easel: _Easel, looks: _Looks) -> None:
    skin_shadow = _mix(looks.skin, "#8a4a32", 0.22)
    body = _Mask().rounded((54, 358, 346, 620), 84).polygon((150, 352), (250, 352), (318, 390), (82, 390))
    neck = _Mask().rounded((164, 250, 236, 392), 30).ellipse(156, 346, 244, 404)
    dark, light = _mix(looks.clothes, "#000000", 0.22), _mix(looks.clothes, "#ffffff", 0.14)
    match looks.garment:
        case "blazer":
            easel.paint(body, looks.clothes)
            easel.paint(_Mask().polygon((152, 356), (248, 356), (212, 480), (188, 480)).within(body), looks.shirt)
            easel.paint(neck, looks.skin)
            easel.paint(_Mask().polygon((148, 354), (128, 368), (150, 426), (186, 480), (192, 480)), dark)
            easel.paint(_Mask().polygon((252, 354), (272, 368), (250, 426), (214, 480), (208, 480)), dark)
        case "collar":
            easel.paint(body, looks.clothes)
            easel.paint(neck, looks.skin)
            easel.paint(_Mask().polygon((158, 346), (140, 372), (166, 426), (200, 394)), looks.shirt)
            easel.paint(_Mask().polygon((242, 346), (260, 372), (234, 426), (200, 394)), looks.shirt)
        case "hood":
            easel.paint(_Mask().ellipse(104, 326, 296, 442), dark)
            easel.paint(body, looks.clothes)
            easel.paint(_Mask().ellipse(138, 336, 262, 426), dark)
            easel.paint(neck, looks.skin)
            for x in (172, 222):
                easel.paint(_Mask().rounded((x, 416, x + 6, 466), 3), light)
        case _:
            easel.paint(body, looks.clothes)
            easel.paint(_Mask().ellipse(146, 336, 254, 416), light)
            easel.paint(neck, looks.skin)
    chin = _head(looks)
    chin.image.paste(ImageChops.offset(chin.image, 0, 16 * _SCALE))
    easel.paint(chin.within(neck), skin_shadow, 0.8)


def _draw_head(easel: _Easel, looks: _Looks) -> None:
    half = looks.face_width / 2
    ears = () if looks.hair_style in {"long", "bob"} else (200 - half, 200 + half)
    for x in ears:
        easel.paint(_Mask().ellipse(x - 13, 206, x + 13, 252), looks.skin)
        easel.paint(_Mask().ellipse(x - 6, 217, x + 6, 242), _mix(looks.skin, "#8a4a32", 0.24))
    easel.paint(_head(looks), looks.skin)


def _draw_face(easel: _Easel, looks: _Looks) -> None:
    blush = _mix(looks.skin, "#e0644f", 0.34)
    brow = _mix(looks.hair, _INK, 0.35)
    for x in (168, 232):
        for size in range(6, 26, 2):
            easel.paint(_Mask().ellipse(x - size, 266 - size * 0.7, x + size, 266 + size * 0.7), blush, 0.08)
        easel.paint(_Mask().ellipse(x - 6.5, 221, x + 6.5, 237), _INK)
        easel.paint(_Mask().ellipse(x, 223.5, x + 4, 227.5), "#ffffff", 0.9)
        easel.paint(_Mask().arc((x - 19, 200, x + 19, 226), 205, 335, 5), brow)
    easel.paint(_Mask().arc((190, 240, 210, 266), 20, 160, 4), _mix(looks.skin, "#8a4a32", 0.42))


def _draw_beard(easel: _Easel, looks: _Looks) -> None:
    if looks.beard == "none":
        return
    cheeks = _Mask().ellipse(138, 176, 262, 292).rounded((100, 0, 300, 236), 0)
    moustache = _Mask().ellipse(172, 270, 203, 288).ellipse(197, 270, 228, 288)
    beard = _head(looks).minus(cheeks).plus(moustache).minus(_Mask().ellipse(178, 283, 222, 304))
    easel.paint(beard, looks.hair, 0.9 if looks.beard == "full" else 0.2)


def _draw_mouth(easel: _Easel, looks: _Looks) -> None:
    lips = _mix(looks.skin, "#a83f3a", 0.62)
    easel.paint(_Mask().arc((176, 286 - looks.smile, 224, 286 + looks.smile), 25, 155, 5), lips)


def _cap(looks: _Looks, thickness: float) -> _Mask:
    """The hair on the head, before the face is cut out of it."""
    half = looks.face_width / 2 + thickness
    top = 112 - thickness * 1.6
    return _Mask().ellipse(200 - half, top, 200 + half, top + 2 * half).rounded((200 - half, 184, 200 + half, 330), 0)


def _face_opening(looks: _Looks) -> _Mask:
    """The part of the head that the hair leaves free."""
    shapes = {
        "round": _Mask().ellipse(134, 160, 266, 400),
        "side": _Mask().ellipse(134, 148, 226, 330).ellipse(138, 176, 267, 400).rounded((134, 226, 266, 420), 10),
        "parted": _Mask().ellipse(128, 156, 202, 330).ellipse(198, 156, 272, 330).rounded((134, 230, 266, 420), 10),
        "fringe": _Mask().rounded((135, 194, 265, 420), 26),
    }
    return shapes[looks.hairline]


def _draw_hair(easel: _Easel, looks: _Looks) -> None:
    shine = _mix(looks.hair, "#ffffff", 0.16)
    cap = _cap(looks, 9)
    match looks.hair_style:
        case "cropped":
            cap = _cap(looks, 3).above(222)
            easel.paint(cap.minus(_Mask().ellipse(134, 150, 266, 400)), _mix(looks.hair, looks.skin, 0.2))
            return
        case "quiff":
            cap.above(228).ellipse(122, 88, 214, 170).ellipse(150, 76, 282, 178)
        case "curls":
            cap.above(206)
            for x, y in ((138, 124), (170, 104), (204, 98), (238, 106), (266, 126), (152, 152), (250, 152), (200, 134)):
                cap.ellipse(x - 28, y - 28, x + 28, y + 28)
        case "short":
            cap.above(226)
        case "bun" | "ponytail":
            cap.above(234)
        case _:
            cap.above(262)
    cap.minus(_face_opening(looks))
    easel.paint(cap, looks.hair)
    easel.paint(_Mask().arc((142, 112, 262, 250), 215, 290, 9).within(cap), shine, 0.55)


def _draw_glasses(easel: _Easel, looks: _Looks) -> None:
    if looks.glasses == "none":
        return
    half = looks.face_width / 2
    for x in (168, 232):
        outer, inner = (x - 27, 205, x + 27, 253), (x - 23, 209, x + 23, 249)
        if looks.glasses == "round":
            frame, lens = _Mask().ellipse(*outer), _Mask().ellipse(*inner)
        else:
            frame, lens = _Mask().rounded(outer, 12), _Mask().rounded(inner, 9)
        easel.paint(lens, "#ffffff", 0.18)
        easel.paint(frame.minus(lens), _INK)
    easel.paint(_Mask().arc((191, 218, 209, 236), 190, 350, 4), _INK)
    for start, end in ((200 - half - 4, 143), (257, 200 + half + 4)):
        easel.paint(_Mask().rounded((start, 224, end, 228), 1), _INK)
