"""Which release this is."""


def version() -> str:
    """The version of the installed distribution, 0.0.0 for a bare checkout."""
    from importlib.metadata import PackageNotFoundError  # slow, and seldom asked for
    from importlib.metadata import version as version_of

    try:
        return version_of("adjourn")
    except PackageNotFoundError:
        return "0.0.0"
