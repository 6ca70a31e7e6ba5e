"""Arguments and results of the modules `services/users` and `services/photos`."""

from typing import Any, ClassVar

from marshmallow import Schema, fields, validate

from usosapi_mleg.domain.photo import SIZES
from usosapi_mleg.schemas.arguments import Arguments
from usosapi_mleg.schemas.fields import LangDict, NumericId, PipeList, UsosBoolean
from usosapi_mleg.schemas.studies import StudentProgrammeSchema

MOST_USERS = 30


class UserArguments(Arguments):
    """Arguments of methods about one user."""

    user_id = NumericId(
        load_default=None, metadata={"description": "Id of the user; by default the one who allowed the call."}
    )


class UsersArguments(Arguments):
    """Arguments of `users`."""

    user_ids = PipeList(
        NumericId(),
        most=MOST_USERS,
        required=True,
        metadata={"description": f"Pipe-separated ids of users, at most {MOST_USERS}."},
    )


class PhotoArguments(UserArguments):
    """Arguments of `photo`."""

    size = fields.String(
        load_default="original",
        validate=validate.OneOf(list(SIZES)),
        metadata={"description": "Size of the picture: " + ", ".join(SIZES) + "."},
    )
    blank_photo = UsosBoolean(
        load_default=False,
        metadata={"description": "Give an empty picture instead of an error when there is no photo."},
    )


class PreviousNameSchema(Schema):
    """A former name."""

    first_name = fields.String(metadata={"description": "First name."})
    last_name = fields.String(metadata={"description": "Last name."})
    until = fields.Date(metadata={"description": "Until when it was used."})


class TitlesSchema(Schema):
    """Academic titles."""

    before = fields.String(metadata={"description": "Before the name, or null."})
    after = fields.String(metadata={"description": "After the name, or null."})


PhotoUrlsSchema = Schema.from_dict(
    {size: fields.String(metadata={"description": f"Address of the photo, {size}."}) for size in SIZES},
    name="PhotoUrlsSchema",
)


def _elsewhere(kind: type[fields.Field[Any]], what: str, **arguments: Any) -> fields.Field[Any]:
    """Declare a field of the real API that this installation has no data for: clients may ask for it."""
    metadata = {"description": f"{what} This installation does not keep it.", "secondary": True}
    return kind(dump_default=arguments.pop("empty", None), metadata=metadata, **arguments)


class UserSchema(Schema):
    """A user. What the caller may not see is null."""

    DEFAULT_FIELDS: ClassVar[tuple[str, ...]] = ("id", "first_name", "last_name")

    id = NumericId(metadata={"description": "Id of the user."})
    first_name = fields.String(metadata={"description": "First name."})
    middle_names = fields.String(metadata={"description": "Further first names, or null."})
    last_name = fields.String(metadata={"description": "Last name."})
    sex = fields.String(metadata={"description": "M or F, or null."})
    titles = fields.Nested(TitlesSchema, metadata={"description": "Academic titles."})
    student_status = fields.Integer(metadata={"description": "0: no student, 1: inactive, 2: active student."})
    staff_status = fields.Integer(metadata={"description": "0: not of the staff; null: unknown."})
    email_access = fields.String(metadata={"description": "no_email, no_access or plaintext."})
    email = fields.String(metadata={"description": "E-mail address; needs the scope email. Null otherwise."})
    has_email = fields.Boolean(metadata={"description": "Whether there is an e-mail address."})
    has_photo = fields.Boolean(metadata={"description": "Whether there is an approved photo."})
    photo_urls = fields.Nested(
        PhotoUrlsSchema,
        metadata={
            "description": "Addresses of the photo by size, each valid for an hour; needs the scope photo. Empty otherwise, and when "
            "there is no approved photo."
        },
    )
    student_number = fields.String(
        metadata={"description": "Student (album) number; needs the scope studies or cards."}
    )
    pesel = fields.String(
        metadata={"description": "PESEL number; needs the scope personal. Null otherwise.", "secondary": True}
    )
    birth_date = fields.Date(
        metadata={"description": "Date of birth; needs the scope personal. Null otherwise.", "secondary": True}
    )
    student_programmes = fields.List(
        fields.Nested(StudentProgrammeSchema),
        metadata={"description": "Programmes of study; needs the scope studies.", "secondary": True},
    )
    previous_names = _elsewhere(
        fields.List, "Former names.", cls_or_instance=fields.Nested(PreviousNameSchema), empty=[]
    )
    email_url = _elsewhere(fields.String, "Address of a page with the e-mail address.")
    homepage_url = _elsewhere(fields.String, "Home page.")
    profile_url = _elsewhere(fields.String, "Profile page.")
    phone_numbers = _elsewhere(fields.List, "Phone numbers.", cls_or_instance=fields.String(), empty=[])
    mobile_numbers = _elsewhere(fields.List, "Mobile phone numbers.", cls_or_instance=fields.String(), empty=[])
    office_hours = _elsewhere(LangDict, "Office hours.")
    interests = _elsewhere(LangDict, "Interests.")
    revenue_office_id = _elsewhere(fields.String, "Tax office.")
    citizenship = _elsewhere(fields.String, "Citizenship.")
    room = _elsewhere(fields.String, "Room.")
    employment_functions = _elsewhere(fields.List, "Functions.", cls_or_instance=fields.Dict(), empty=[])
    employment_positions = _elsewhere(fields.List, "Positions.", cls_or_instance=fields.Dict(), empty=[])
    course_editions_conducted = _elsewhere(fields.List, "Courses taught.", cls_or_instance=fields.Dict(), empty=[])
    postal_addresses = _elsewhere(fields.List, "Postal addresses.", cls_or_instance=fields.Dict(), empty=[])
    alt_email = _elsewhere(fields.String, "Another e-mail address.")
    can_i_debug = _elsewhere(fields.Boolean, "Whether the caller may debug sessions of this user.", empty=False)
    external_ids = _elsewhere(fields.Dict, "Ids in other systems.")
    phd_student_status = _elsewhere(fields.Integer, "Status of a doctoral student.")
    library_card_id = _elsewhere(fields.String, "Library card.")
    birth_certificate_data = _elsewhere(fields.Dict, "Data of the birth certificate.")


class PhotoVisibilitySchema(Schema):
    """Who sees somebody's photo."""

    desc_for_user = LangDict(metadata={"description": "Who sees the photo, in words (LangDict)."})
    code = fields.String(
        metadata={"description": "nobody: only the person and the apps that they allowed the scope photo."}
    )
