"""`python -m mock_server`."""

from .cli.main import main

main(prog_name="python -m mock_server")
