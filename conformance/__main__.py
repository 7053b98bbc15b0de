"""`python -m conformance` is `adjourn-conformance`."""

from conformance.cli import main

main()
