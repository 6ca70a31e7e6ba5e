"""Photos: fitted to every size, behind addresses that nobody can make up and that end after an hour."""

import base64
import io

import pytest
from making import Key, moved_clock
from modules.conftest import allowed
from PIL import Image
from serving import WebService
from signing import Caller, send

from usosapi_mleg.domain.photo import SIZES


@pytest.fixture
def photographed(service: WebService, consumer: Key, anna: int) -> Caller:
    """An app that may see a photo."""
    return allowed(service, consumer, anna, "photo")


def address(caller: Caller, size: str = "50x50") -> str:
    """Ask for the address of the photo."""
    return str(caller.get("users/user", fields=f"photo_urls[{size}]").json["photo_urls"][size])


@pytest.mark.parametrize("size", SIZES)
def test_a_photo_has_the_size_that_was_asked_for(photographed: Caller, size: str) -> None:
    answer = photographed.get("photos/photo", size=size)
    assert answer.headers["content-type"] == "image/jpg"
    linked = send(address(photographed, size))
    for content in (answer.content, linked.content):
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.format == "JPEG"
            assert SIZES[size] in {None, picture.size}


def test_only_ones_own_photo_is_shown(photographed: Caller, anna: int) -> None:
    assert photographed.get("photos/photo", user_id=str(anna)).status == 200
    refused = photographed.get("photos/photo", user_id=str(anna + 1))
    assert (refused.status, refused.json["reason"]) == (400, "photo_not_found")
    blank = photographed.get("photos/photo", user_id=str(anna + 1), blank_photo="True", size="100x125")
    with Image.open(io.BytesIO(blank.content)) as picture:
        assert picture.size == (100, 125)
        assert picture.getcolors() is not None
        assert len(picture.getcolors() or ()) == 1


def test_a_photo_needs_the_scope(service: WebService, consumer: Key, anna: int) -> None:
    refused = allowed(service, consumer, anna, "personal", "cards").get("photos/photo")
    assert (refused.status, refused.json["reason"]) == (403, "scope_missing")


def test_who_sees_the_photo_is_told(photographed: Caller) -> None:
    answer = photographed.get("photos/my_photo_visibility").json
    assert set(answer["desc_for_user"]) == {"pl", "en"}
    assert answer["code"] == "nobody"


def test_an_address_works_for_an_hour(service: WebService, photographed: Caller) -> None:
    link = address(photographed)
    with moved_clock(service.app, 3600 - 60):
        assert send(link).status == 200
    with moved_clock(service.app, 3600 + 5):
        assert send(link).status == 400
    assert send(link).status == 200


def test_an_address_is_kept_by_the_browser_only(photographed: Caller) -> None:
    assert send(address(photographed)).headers["cache-control"].startswith("private")


def forged(link: str, place: int) -> str:
    """Change one bit of what an address holds."""
    stem, _, name = link.rpartition("/")
    text = name.removesuffix(".jpg")
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    raw[place] ^= 1
    return f"{stem}/{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.jpg"


@pytest.mark.parametrize("place", [0, 7, 8, 9, 16, 17, -1])
def test_a_forged_address_shows_nothing(photographed: Caller, place: int) -> None:
    refused = send(forged(address(photographed), place))
    assert refused.status == 400
    assert not refused.headers["content-type"].startswith("image/")


@pytest.mark.parametrize("link", ["x", "AAAA", "%C5%82", "a" * 5000, "%00", "====", "-_-_"])
def test_an_address_that_is_made_up_shows_nothing(service: WebService, link: str) -> None:
    refused = send(service.url(f"photos/{link}.jpg"))
    assert 400 <= refused.status < 500
    assert not refused.headers["content-type"].startswith("image/")
