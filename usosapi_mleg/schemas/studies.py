"""Arguments and results of the modules `services/terms` and `services/progs`."""

from typing import ClassVar

from marshmallow import Schema, fields, validate

from usosapi_mleg.schemas.arguments import Arguments, PageArguments
from usosapi_mleg.schemas.fields import LangDict, NumericId, PipeList, UsosBoolean

_ID = validate.Length(min=1, max=32)
MOST_IDS = 100


class TermArguments(Arguments):
    """Arguments of `term`."""

    term_id = fields.String(required=True, validate=_ID, metadata={"description": "Id of the term, such as 2026Z."})


class TermsArguments(Arguments):
    """Arguments of `terms`."""

    term_ids = PipeList(
        fields.String(validate=_ID),
        most=MOST_IDS,
        required=True,
        metadata={"description": f"Pipe-separated ids of terms, at most {MOST_IDS}."},
    )


class TermsIndexArguments(Arguments):
    """Arguments of `terms_index`."""

    active_only = UsosBoolean(load_default=False, metadata={"description": "List only terms that last today."})


class TermSearchArguments(PageArguments):
    """Arguments of `search`."""

    query = fields.String(
        load_default="",
        validate=validate.Length(max=100),
        metadata={"description": "Part of the name, or the beginning of the id."},
    )
    min_finish_date = fields.Date(
        load_default=None, metadata={"description": "List only terms that finish on this day or later."}
    )
    max_start_date = fields.Date(
        load_default=None, metadata={"description": "List only terms that start on this day or before."}
    )


class TermSchema(Schema):
    """A semester or a year."""

    id = fields.String(metadata={"description": "Id of the term."})
    name = LangDict(metadata={"description": "Name (LangDict)."})
    start_date = fields.Date(metadata={"description": "First day."})
    end_date = fields.Date(metadata={"description": "Last day of classes."})
    finish_date = fields.Date(metadata={"description": "Last day, the examination session included."})
    order_key = fields.Integer(metadata={"description": "Sorting by it puts terms in their order in time."})
    is_active = fields.Boolean(metadata={"description": "Whether the term lasts today."})


class TermsFoundSchema(Schema):
    """A part of the terms that were found."""

    items = fields.List(fields.Nested(TermSchema), metadata={"description": "The terms."})
    next_page = fields.Boolean(metadata={"description": "Whether there are more."})


class StudentArguments(Arguments):
    """Arguments of `student`."""

    user_id = NumericId(
        load_default=None, metadata={"description": "Id of the user; only your own is allowed, and is the default."}
    )
    active_only = UsosBoolean(load_default=False, metadata={"description": "List only studies that go on."})


class StudentProgrammeArguments(Arguments):
    """Arguments of `student_programme`."""

    student_programme_id = NumericId(required=True, metadata={"description": "Id of the student's programme."})


class FacultySchema(Schema):
    """A unit of the university."""

    id = fields.String(metadata={"description": "Id of the unit."})
    name = LangDict(metadata={"description": "Name (LangDict)."})


class ProgrammeSchema(Schema):
    """A programme of studies."""

    DEFAULT_FIELDS: ClassVar[tuple[str, ...]] = ("id", "description")

    id = fields.String(metadata={"description": "Id of the programme."})
    name = LangDict(metadata={"description": "Name (LangDict)."})
    description = LangDict(metadata={"description": "Description (LangDict)."})
    level = fields.String(metadata={"description": "first_cycle, second_cycle, long_cycle, third_cycle or phd_school."})
    faculty = fields.Nested(FacultySchema, metadata={"description": "The unit that runs it."})
    all_faculties = fields.List(fields.Nested(FacultySchema), metadata={"description": "All units that run it."})
    mode_of_studies = LangDict(dump_default=None, metadata={"description": "Always null: not kept here."})
    level_of_studies = LangDict(dump_default=None, metadata={"description": "Always null: see level."})
    duration = LangDict(dump_default=None, metadata={"description": "Always null: not kept here."})
    professional_status = LangDict(dump_default=None, metadata={"description": "Always null: not kept here."})


class StudentSchema(Schema):
    """Who studies."""

    id = NumericId(metadata={"description": "Id of the user."})


class StudentProgrammeSchema(Schema):
    """Somebody's studies in one programme."""

    DEFAULT_FIELDS: ClassVar[tuple[str, ...]] = ("id", "user", "programme")

    id = NumericId(metadata={"description": "Id of the student's programme."})
    user = fields.Nested(StudentSchema, metadata={"description": "Who studies."})
    programme = fields.Nested(ProgrammeSchema, metadata={"description": "The programme."})
    status = fields.String(
        metadata={
            "description": "active, cancelled, graduated_end_of_study, graduated_before_diploma or graduated_diploma.",
        },
    )
    admission_date = fields.Date(metadata={"description": "Day of admission, or null."})
    is_primary = fields.Boolean(metadata={"description": "Whether it is the main one."})
    student_number = fields.String(metadata={"description": "Student (album) number used there, or null."})
    stages = fields.List(fields.Dict(), metadata={"description": "Always empty: stages are not kept here."})
