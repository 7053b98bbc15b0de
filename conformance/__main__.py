"""`python -m conformance` is `adjourn-conformance`."""

from .cli.main import main

main()
