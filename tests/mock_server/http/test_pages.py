"""The mock's documentation in a real browser."""

import shutil

import pytest

from mock_server.testing import running_mock

pytestmark = pytest.mark.browser

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--window-size=900,900",
)


@pytest.fixture(scope="module")
def mock():
    with running_mock(token="key-1") as mock:
        yield mock


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    chromium, driver_path = (shutil.which(name) for name in ("chromium", "chromedriver"))
    if chromium is None or driver_path is None:
        pytest.fail("no chromium or no chromedriver; apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(driver_path))
    yield driver
    driver.quit()


def until(browser, condition, why):
    """Wait for a page that may put a new element in the place of one just found."""
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    passing = [NoSuchElementException, StaleElementReferenceException]
    WebDriverWait(browser, 10, ignored_exceptions=passing).until(condition, why)


@pytest.mark.parametrize(
    ("path", "title"), [("/ui/", "Chats API"), ("/__admin/ui/", "Adjourn control plane")]
)
def test_the_documentation_renders(browser, mock, path, title, tmp_path):
    browser.get_log("browser")
    browser.get(mock.url + path)
    info = ".swagger-ui .info"
    until(browser, lambda b: title in b.find_element("css selector", info).text, f"no {title!r}")
    listed = ".opblock"
    until(
        browser, lambda b: len(b.find_elements("css selector", listed)) >= 6, "too few operations"
    )
    assert browser.save_screenshot(str(tmp_path / "ui.png"))
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert [entry["message"] for entry in errors if "favicon" not in entry["message"]] == []
