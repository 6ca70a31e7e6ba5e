"""The sizes in which USOS API gives photos."""

SIZES: dict[str, tuple[int, int] | None] = {
    "50x50": (50, 50),
    "100x100": (100, 100),
    "100x125": (100, 125),
    "200x200": (200, 200),
    "200x250": (200, 250),
    "400x400": (400, 400),
    "400x500": (400, 500),
    "original": None,
}
"""Name → width and height in pixels, at most; None: as it was uploaded."""
