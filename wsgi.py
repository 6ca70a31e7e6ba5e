"""The WSGI entry point: `granian --interface wsgi wsgi:app`."""

import gc

from usosapi_mleg import create_app
from usosapi_mleg.settings import Settings

app = create_app(Settings.from_environment())
gc.freeze()  # what is here now stays: later collections need not look at it
