"""mLegitymacja, the Polish mobile student card, as a USOS API module."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from usosapi_mleg.settings import Settings


def create_app(settings: "Settings") -> "Flask":
    """Make the application from its settings.

    It is imported only now: the stand-in ministry lives in this package too, and is to start without it.
    """
    from usosapi_mleg import application

    return application.create_app(settings)
