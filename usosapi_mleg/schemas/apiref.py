"""Arguments and results of the modules `services/apiref` and `services/apisrv`."""

from typing import ClassVar

from marshmallow import Schema, fields, validate

from usosapi_mleg.schemas.arguments import Arguments
from usosapi_mleg.schemas.fields import LangDict, UsosDateTime

_NAME = validate.Length(max=200)


class NameArguments(Arguments):
    """Arguments of `method` and `module`."""

    name = fields.String(
        required=True, validate=_NAME, metadata={"description": "Full name, beginning with `services/`."}
    )


class IndexEntrySchema(Schema):
    """One line of the index."""

    name = fields.String(metadata={"description": "Full name of the method."})
    brief_description = fields.String(metadata={"description": "One sentence."})


class MethodSchema(Schema):
    """All about one method."""

    name = fields.String(metadata={"description": "Full name."})
    short_name = fields.String(metadata={"description": "Last part of the name."})
    description = fields.String(metadata={"description": "Description (HTML)."})
    brief_description = fields.String(metadata={"description": "One sentence."})
    ref_url = fields.String(metadata={"description": "Address of the page about it."})
    auth_options = fields.Dict(metadata={"description": "consumer, token, administrative_only, ssl_required, scopes."})
    scopes = fields.List(fields.String(), metadata={"description": "Scopes, of which one is needed."})
    arguments = fields.List(fields.Dict(), metadata={"description": "Its arguments."})
    returns = fields.String(metadata={"description": "What it answers with (HTML)."})
    errors = fields.String(metadata={"description": "Its errors (HTML)."})
    result_fields = fields.List(fields.Dict(), metadata={"description": "The fields of its result."})
    beta = fields.Boolean(metadata={"description": "Whether it may still change."})
    deprecated = fields.Dict(metadata={"description": "By what it is replaced, or null."})
    admin_access = fields.Boolean(metadata={"description": "Whether it is for administrative consumers."})
    is_internal = fields.Boolean(metadata={"description": "Always false."})


class ModuleSchema(Schema):
    """All about one module."""

    name = fields.String(metadata={"description": "Full name."})
    title = fields.String(metadata={"description": "Title."})
    brief_description = fields.String(metadata={"description": "A few words."})
    description = fields.String(metadata={"description": "Description (HTML)."})
    submodules = fields.List(fields.String(), metadata={"description": "Names of modules inside; always empty."})
    methods = fields.List(fields.String(), metadata={"description": "Full names of its methods."})
    beta = fields.Boolean(metadata={"description": "Whether it may still change."})


class ScopeSchema(Schema):
    """One scope."""

    key = fields.String(metadata={"description": "Its name in requests."})
    developers_description = fields.String(metadata={"description": "What it allows."})


class ConsumerSchema(Schema):
    """The app that calls."""

    name = fields.String(metadata={"description": "Name."})
    url = fields.String(metadata={"description": "Address of its site, or null."})
    email = fields.String(metadata={"description": "Its contact address, or null."})
    date_registered = UsosDateTime(metadata={"description": "When it was registered."})
    administrative_methods = fields.List(
        fields.String(), metadata={"description": "Administrative methods that it may call."}
    )
    token_scopes = fields.List(
        fields.String(), metadata={"description": "Scopes of the token that signs the call, or null without one."}
    )
    is_verified = fields.Boolean(metadata={"description": "Whether the university vouches for it."})


class FacultyInsideSchema(Schema):
    """The university itself, as a unit."""

    id = fields.String(metadata={"description": "Id of the unit."})
    name = LangDict(metadata={"description": "Name (LangDict)."})


class InstallationSchema(Schema):
    """This installation of USOS API."""

    DEFAULT_FIELDS: ClassVar[tuple[str, ...]] = (
        "base_url",
        "version",
        "machine_version",
        "usos_schema_version",
        "institution_name",
        "contact_emails",
    )

    base_url = fields.String(metadata={"description": "Base address of the API, ending in a slash."})
    version = fields.String(metadata={"description": "Version, for people."})
    machine_version = fields.String(metadata={"description": "Version, for programs."})
    usos_schema_version = fields.String(metadata={"description": "Always null: there is no USOS database behind it."})
    institution_name = LangDict(metadata={"description": "Name of the university (LangDict)."})
    contact_emails = fields.List(fields.String(), metadata={"description": "Where to write."})
    institution = fields.Nested(FacultyInsideSchema, metadata={"description": "The university as a unit."})
    schac_id = fields.String(metadata={"description": "Always null: not kept here."})
    mcards_support = fields.Boolean(metadata={"description": "Whether the mLegitymacja can be ordered; always true."})
    mobile_usos_support = fields.Boolean(metadata={"description": "Whether the USOS mobile app is supported."})


class InstallationsEntrySchema(Schema):
    """One installation in the list."""

    base_url = fields.String(metadata={"description": "Base address of the API."})
    version = fields.String(metadata={"description": "Version, for people."})
    institution_name = LangDict(metadata={"description": "Name of the university (LangDict)."})
    contact_emails = fields.List(fields.String(), metadata={"description": "Where to write."})


class MobileConfigSchema(Schema):
    """What the USOS mobile app may offer here."""

    enable_mcards = fields.Boolean(metadata={"description": "Ordering the mLegitymacja; always true."})
    enable_eid = fields.Boolean(metadata={"description": "Showing an ID in the app itself; always false."})
    eid_show_user_id = fields.Boolean(metadata={"description": "Showing the user's id on it; always false."})
    enable_qr_scanner = fields.Boolean(metadata={"description": "A scanner in the app; always false."})
    contact_email = fields.String(metadata={"description": "Where to write."})
    usosweb_domain = fields.String(metadata={"description": "Host of the students' site."})
    nfc_salt = fields.String(metadata={"description": "Always null: not used here."})
