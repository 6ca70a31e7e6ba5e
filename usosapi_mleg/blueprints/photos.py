"""`services/photos`, and the short-lived addresses of photos that `services/users` gives."""

from flask import Blueprint, Response

from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import ObjectNotFoundError
from usosapi_mleg.protocol.method import REQUIRED, Binary, Call
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.users import PhotoArguments, PhotoVisibilitySchema
from usosapi_mleg.services import photos as pictures

_TYPE = "image/jpg"
"""Not the registered name, but the one that USOS API sends and clients compare with."""
_NOT_FOUND = {"photo_not_found": "This person has no photo, or none that you may see."}
_ONLY_YOU = Text(
    "Zdjęcie widzisz Ty oraz aplikacje, którym na to zezwolisz.",
    "The photo is seen by you and by the apps that you allow to.",
)

photos = Module(
    "photos",
    title="Photos",
    brief="Photos of users",
    description="The photos that persons gave for their cards.",
    beta=True,
)
photo_links = Blueprint("photo_links", __name__, url_prefix="/photos")


def _own(call: Call, user_id: int | None) -> int:
    if user_id not in {None, call.user_id}:
        raise ObjectNotFoundError("There is no such photo, or none that you may see.", reason="photo_not_found")
    return call.user_id


@photos.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=["photo"],
    arguments=PhotoArguments,
    content_types=("image/jpg",),
    returns="The picture (JPEG).",
    reasons=_NOT_FOUND,
    beta=True,
)
def photo(call: Call, *, user_id: int | None, size: str, blank_photo: bool) -> Binary:
    """Get a user's photo.

    Only your own: a photo is nobody else's business.
    """
    try:
        return Binary(pictures.fitted(_own(call, user_id), size), _TYPE)
    except ObjectNotFoundError:
        if not blank_photo:
            raise
        return Binary(pictures.blank(size), _TYPE)


@photos.method(consumer=REQUIRED, token=REQUIRED, scopes=["photo"], result=PhotoVisibilitySchema, beta=True)
def my_photo_visibility(call: Call) -> dict[str, object]:  # noqa: ARG001 - every method is given its call
    """Get who sees your photo."""
    return {"desc_for_user": _ONLY_YOU, "code": "nobody"}


@photo_links.route("/<link>.jpg")
def show(link: str) -> Response:
    """Show the photo behind a short-lived address."""
    response = Response(pictures.follow(link), content_type="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=300"
    return response
