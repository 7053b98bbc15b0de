"""The mock's documentation in a real browser."""

import pytest

from mock_server.testing import running_mock
from tests.browser import chromium, show, until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def mock():
    with running_mock(token="key-1") as mock:
        yield mock


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.mark.parametrize(
    ("path", "title"), [("/ui/", "Chats API"), ("/__admin/docs/", "Adjourn control plane")]
)
def test_the_documentation_renders(browser, mock, path, title, tmp_path):
    browser.get_log("browser")
    browser.get(mock.url + path)
    info = ".swagger-ui .info"
    until(browser, lambda b: title in b.find_element("css selector", info).text)
    listed = ".opblock"
    until(browser, lambda b: len(b.find_elements("css selector", listed)) >= 6)
    assert browser.save_screenshot(str(tmp_path / "ui.png"))
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert [entry["message"] for entry in errors if "favicon" not in entry["message"]] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/ui/", "/__admin/docs/"])
def test_it_is_read_on_a_phone(browser, mock, path, scheme):
    show(browser, 390, scheme)
    browser.get(mock.url + path)
    until(browser, lambda b: b.find_elements("css selector", ".opblock"))
    browser.find_element("css selector", ".opblock-summary-control").click()
    until(browser, lambda b: b.find_elements("css selector", ".opblock-body"))
    width, ground = browser.execute_script(
        "return [document.documentElement.scrollWidth, getComputedStyle(document.body).background]"
    )
    assert width <= 390
    assert ("rgb(28, 28, 28)" in ground) == (scheme == "dark")
