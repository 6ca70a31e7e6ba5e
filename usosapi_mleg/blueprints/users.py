"""`services/users`: what a card app needs to know of a person."""

from collections.abc import Iterable
from typing import Any

from flask import url_for

from usosapi_mleg.domain.photo import SIZES
from usosapi_mleg.errors import ObjectNotFoundError
from usosapi_mleg.oauth.caller import Caller
from usosapi_mleg.protocol.method import OPTIONAL, REQUIRED, Call, Shape
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.protocol.selector import Selection
from usosapi_mleg.schemas.users import UserArguments, UsersArguments, UserSchema
from usosapi_mleg.services import people, photos, studies
from usosapi_mleg.services.people import Sight

_NOBODY = {"staff_status": None, "titles": {"before": None, "after": None}}

users = Module(
    "users",
    title="Users",
    brief="Names and data of persons",
    description="What is known of a person. An app sees those who allowed it, each by their own token; an administrative consumer "
    "sees everybody. Others cannot be told from users that do not exist, because nobody may find out by asking who studies here.",
)


def _sight(caller: Caller) -> Sight:
    return Sight(
        personal=caller.allows("personal"),
        photo=caller.allows("photo"),
        email=caller.allows("email"),
        studies=caller.allows("studies") or caller.allows("cards"),
    )


def _described(caller: Caller, ids: Iterable[int], wanted: Selection) -> dict[int, dict[str, Any]]:
    """Describe those among the ids whom the caller may see."""
    seen = [one for one in ids if one == caller.person_id or (caller.administrative and caller.token_key is None)]
    sight = _sight(caller)
    found = people.describe(seen, wanted, sight)
    for person_id, person in found.items():
        person.update(_NOBODY)
        if "photo_urls" in wanted:
            sizes = wanted["photo_urls"] or SIZES
            person["photo_urls"] = _photo_urls(person_id, sizes) if sight.photo and person["has_photo"] else {}
        if "student_programmes" in wanted:
            person["student_programmes"] = studies.student_programmes(person_ids=[person_id]) if sight.studies else []
    return found


def _photo_urls(person_id: int, sizes: Iterable[str]) -> dict[str, str]:
    return {size: url_for("photo_links.show", link=photos.link(person_id, size), _external=True) for size in sizes}


@users.method(
    consumer=REQUIRED,
    token=OPTIONAL,
    arguments=UserArguments,
    result=UserSchema,
    reasons={"user_not_found": "There is no such user, or none that you may see."},
)
def user(call: Call, *, user_id: int | None) -> dict[str, Any]:
    """Get information on a user.

    By default the user who allowed the call. What the token's scopes do not cover is null.
    """
    wish = call.caller.person_id if user_id is None else user_id
    found = _described(call.caller, [] if wish is None else [wish], call.fields)
    if not found or wish is None:
        raise ObjectNotFoundError("There is no such user, or none that you may see.", reason="user_not_found")
    return found[wish]


@users.method(consumer=REQUIRED, token=OPTIONAL, arguments=UsersArguments, result=UserSchema, shape=Shape.DICTIONARY)
def users_(call: Call, *, user_ids: list[int]) -> dict[str, dict[str, Any] | None]:
    """Get information on several users.

    A dictionary id → user; null for those that do not exist, or that you may not see. Secondary fields are given by `user` only.
    """
    found = _described(call.caller, user_ids, call.fields)
    return {str(one): found.get(one) for one in user_ids}
