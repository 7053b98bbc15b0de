"""Lets pytest run the checks of a run, in this process and with nothing of the user's own."""

import os

import pytest

from ..config.settings import UsageError
from .plugin import CHECKS, Checks
from .run import Run

THEIRS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")  # what users set for pytests of their own
ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


def execute(run: Run) -> None:
    """Evaluate every selected check; whatever happens, the run is then at its end. Raises
    UsageError where the target was named in a way that cannot be followed."""
    try:
        os.getcwd()  # which pytest wants
    except OSError as error:
        raise UsageError(f"the working directory cannot be found: {error.strerror}") from None
    with pytest.MonkeyPatch.context() as environment:
        for name in THEIRS:
            environment.delenv(name, raising=False)
        code = pytest.main(
            [
                str(CHECKS),
                *("-c", os.devnull, "--rootdir", str(CHECKS.parent.parent)),
                *("--disable-plugin-autoload", "-s", "-p", "no:terminal"),
                *("-p", "no:cacheprovider", "-p", "no:logging"),
            ],
            plugins=[Checks(run)],
        )
    if run.refusal:
        raise run.refusal
    if not run.duration:  # pytest has not come so far
        with run.to_its_end():
            if code == pytest.ExitCode.INTERRUPTED:
                raise KeyboardInterrupt
            raise RuntimeError(f"pytest stopped with {code!r}")
    elif code not in ENDED:
        run.fault = run.fault or f"pytest stopped with {code!r}"
