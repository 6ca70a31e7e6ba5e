"""mLegitymacja, the Polish mobile student card, as a USOS API module."""

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from usosapi_mleg.settings import Settings


def create_app(settings: "Settings") -> "Flask":
    """Make the application from its settings.

    It is imported only now: the stand-in ministry lives in this package too, and is to start without it.
    """
    collecting = gc.isenabled()
    gc.disable()  # all that is imported stays: to look for garbage among it takes a sixth of the start
    try:
        from usosapi_mleg import application

        return application.create_app(settings)
    finally:
        if collecting:
            gc.enable()
