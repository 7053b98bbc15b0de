"""Why a mock does not start; each ends the command with an exit code of its own."""

import click

__all__ = ["AddressError", "OptionError", "StartError"]


class OptionError(click.ClickException):
    """An option is wrong, which is told in one line."""

    exit_code = 2


class StartError(click.ClickException):
    """A file that is needed cannot be used."""

    exit_code = 3


class AddressError(click.ClickException):
    """There is no listening where it was told to."""

    exit_code = 4
