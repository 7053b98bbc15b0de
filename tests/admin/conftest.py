"""A mock that the tests of a module share, each in a sandbox of its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.serving import Api


@pytest.fixture(scope="module")
def shared(start: Callable[..., Api]) -> Api:
    """One mock with every default for the tests of a module."""
    return start()


@pytest.fixture
def client(shared: Api, request: pytest.FixtureRequest) -> Iterator[Api]:
    """A client in a sandbox of the test's own."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[-64:]
    with shared.in_sandbox(name) as client:
        yield client


@pytest.fixture
def raw(shared: Api) -> Callable[[bytes], bytes]:
    """Send bytes as they are to the mock, and give all that comes back."""
    return shared.exchange
