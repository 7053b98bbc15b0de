"""Mocks of contracts that say something else, and the databases that they work on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Api

from .edits import edited

Mock = Callable[[dict[str, Any]], AbstractContextManager[Api]]


@pytest.fixture
def mock(tmp_path: Path) -> Mock:
    """A mock of the contract with other values at some places."""

    @contextmanager
    def made(values: dict[str, Any]) -> Iterator[Api]:
        path = edited({"name": "other rows", "set": values}, tmp_path).path
        with Api.of(contract=path) as api:
            yield api

    return made


@pytest.fixture(params=["memory", "postgres"])
def db(request: pytest.FixtureRequest) -> str | None:
    if request.param == "memory":
        return None
    postgres = request.getfixturevalue("postgres")
    url: str = postgres.url(postgres.create())
    return url
