"""`python -m usosapi_mleg.cli` is `usosapi-mleg`."""

from usosapi_mleg.cli import main

main()
