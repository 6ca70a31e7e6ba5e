"""The drawn portraits: of the right form, always the same for one person, and different between persons."""

from io import BytesIO

import pytest
from PIL import Image, ImageStat

from usosapi_mleg.demo.people import PEOPLE
from usosapi_mleg.demo.portraits import draw_portrait

SITTERS = [(person.id, person.sex) for person in PEOPLE if person.photo]
CORNER, HAIR, CLOTHES = (0, 0, 20, 20), (190, 100, 210, 110), (90, 470, 110, 490)


@pytest.fixture(scope="module")
def portraits() -> list[bytes]:
    """One portrait of each person of the demo who gave a photo."""
    return [draw_portrait(person_id, sex) for person_id, sex in SITTERS]


def test_every_portrait_is_a_colour_jpeg_of_four_to_five(portraits: list[bytes]) -> None:
    pictures = [Image.open(BytesIO(portrait)) for portrait in portraits]
    assert {(picture.format, picture.mode, picture.size) for picture in pictures} == {("JPEG", "RGB", (400, 500))}


def test_every_portrait_is_smaller_than_60_kilobytes(portraits: list[bytes]) -> None:
    assert max(map(len, portraits)) < 60_000


def test_the_same_person_is_always_drawn_the_same(portraits: list[bytes]) -> None:
    assert [draw_portrait(person_id, sex) for person_id, sex in SITTERS[:3]] == portraits[:3]


def test_no_two_people_of_the_demo_look_the_same(portraits: list[bytes]) -> None:
    assert len(set(portraits)) == len(SITTERS)


def test_a_portrait_has_a_light_background_and_a_darker_person_in_the_middle(portraits: list[bytes]) -> None:
    for portrait in portraits:
        picture = Image.open(BytesIO(portrait)).convert("L")
        corner, hair, clothes = (ImageStat.Stat(picture.crop(box)).mean[0] for box in (CORNER, HAIR, CLOTHES))
        assert corner > 215
        assert max(hair, clothes) < corner - 40


@pytest.mark.parametrize("sex", ["F", "M", None])
def test_anybody_can_be_drawn(sex: str | None) -> None:
    pictures = [Image.open(BytesIO(draw_portrait(person_id, sex))) for person_id in range(15)]
    assert {picture.size for picture in pictures} == {(400, 500)}
