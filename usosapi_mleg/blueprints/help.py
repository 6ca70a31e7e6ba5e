"""Pages that explain things to students."""

from flask import Blueprint

from usosapi_mleg.blueprints.pages import render_page
from usosapi_mleg.domain.eligibility import ALL_REASONS

help_pages = Blueprint("help", __name__, url_prefix="/help")


@help_pages.route("/reasons")
def reasons() -> str:
    """Explain every reason why the card cannot be ordered, each under its code as the anchor."""
    return render_page("help_reasons.html", reasons=ALL_REASONS)
