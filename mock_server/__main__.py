"""`python -m mock_server`."""

from .cli.main import main

main(prog_name=f"python -m {__package__}")
