"""A browser for the pages that the suite writes."""

from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.browser import chromium


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Chromium without a window, with a profile of its own."""
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver
