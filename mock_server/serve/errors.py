"""Why a mock does not start; each ends the command with an exit code of its own."""

import click


class OptionError(click.ClickException):
    """An option is wrong, or the file that it names."""

    exit_code = 2


class StartError(click.ClickException):
    """The database cannot be used."""

    exit_code = 3


class AddressError(click.ClickException):
    """The address cannot be listened on."""

    exit_code = 4
