"""The example page in a real browser, on another origin than the mock."""

import runpy
import shutil
import threading
from pathlib import Path

import pytest

from mock_server.testing import running_mock

pytestmark = pytest.mark.browser

WEB = Path(__file__).resolve().parents[2] / "examples/web"
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
def page_url():
    """The page, served by its own script."""
    make_server = runpy.run_path(str(WEB / "serve.py"))["make_server"]
    with make_server(0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
        server.shutdown()


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


@pytest.fixture
def chat(browser, page_url, mock):
    """The page with a mock behind it."""
    browser.get(f"{page_url}?api={mock.url}&token=key-1")
    yield browser
    leave(browser)


@pytest.fixture
def watching(browser, page_url):
    """The page with a mock behind it that lets it watch the events."""
    with running_mock(admin_cors_origins=(page_url.removesuffix("/index.html"),)) as mock:
        browser.get(f"{page_url}?api={mock.url}")
        yield browser
        leave(browser)


def leave(browser):
    """Close the page's streams, which a mock that stops would wait for."""
    browser.get("about:blank")


def element(browser, name):
    return browser.find_element("id", name)


def type_and_send(browser, field, text, form):
    element(browser, field).clear()
    element(browser, field).send_keys(text)
    browser.find_element("css selector", f"#{form} button").click()


def waiting(browser):
    """A wait for a page that may put a new element in the place of one just found."""
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    passing = [NoSuchElementException, StaleElementReferenceException]
    return WebDriverWait(browser, 10, ignored_exceptions=passing)


def until(browser, text, within="body"):
    waiting(browser).until(
        lambda b: text in b.find_element("css selector", within).text, f"no {text!r} in {within}"
    )


def test_a_page_of_another_origin_chats_until_the_agent_finishes(chat, tmp_path):
    type_and_send(chat, "agent", "agent-closer", "open")
    until(chat, "active", "#status")
    type_and_send(chat, "text", "Hello", "say")
    until(chat, "You said: Hello", "#log")
    type_and_send(chat, "text", "bye", "say")
    until(chat, "Goodbye.", "#log")
    until(chat, "final", "#status")
    assert chat.save_screenshot(str(tmp_path / "chat.png"))
    assert (tmp_path / "chat.png").stat().st_size > 5_000
    type_and_send(chat, "text", "more", "say")
    until(chat, "409 Session final", "#error")


def test_a_page_ends_a_session(chat):
    type_and_send(chat, "agent", "agent-echo", "open")
    until(chat, "active", "#status")
    element(chat, "end").click()
    until(chat, "final (user_end)", "#status")


def test_a_page_reads_problems_and_the_mocks_own_headers(chat):
    type_and_send(chat, "agent", "agent-nobody", "open")
    until(chat, "404 Unknown agent", "#error")
    element(chat, "prefer").send_keys("code=429")
    type_and_send(chat, "agent", "agent-echo", "open")
    until(chat, "429 Too many requests", "#error")
    until(chat, "[forced]", "#error")


def test_a_page_is_told_of_a_wrong_key_and_of_no_answer(browser, page_url, mock):
    browser.get(f"{page_url}?api={mock.url}&token=wrong")
    type_and_send(browser, "agent", "agent-echo", "open")
    until(browser, "401 Unauthorized", "#error")
    browser.get(f"{page_url}?api=http://127.0.0.1:9")
    type_and_send(browser, "agent", "agent-echo", "open")
    until(browser, "No answer", "#error")


def test_a_page_of_another_origin_cannot_reach_the_control_plane(chat, mock):
    script = """
        const done = arguments[arguments.length - 1];
        fetch(arguments[0] + "/__admin/sandboxes").then(() => done("read"), () => done("kept out"));
    """
    assert chat.execute_async_script(script, mock.url) == "kept out"


def test_a_page_of_another_origin_is_refused_the_events(chat):
    until(chat, "refused; start the mock with --admin-cors-origin http://127.0.0.1:", "#stream")
    type_and_send(chat, "agent", "agent-closer", "open")
    until(chat, "active", "#status")
    assert element(chat, "events").text == ""


def test_a_page_of_an_allowed_origin_shows_the_events_as_they_happen(watching, tmp_path):
    until(watching, "open", "#stream")
    type_and_send(watching, "agent", "agent-closer", "open")
    until(watching, "session.opened", "#events")
    type_and_send(watching, "text", "bye", "say")
    until(watching, "session.final", "#events")
    assert watching.save_screenshot(str(tmp_path / "events.png"))
    lines = element(watching, "events").text.splitlines()
    kinds = [line.split()[2] for line in lines]
    assert kinds[:3] == ["session.opened", "session.turn", "session.final"]
    assert len({line.split()[3] for line in lines}) == 1


@pytest.mark.parametrize(
    ("path", "title"), [("/ui/", "Chats API"), ("/__admin/ui/", "Adjourn control plane")]
)
def test_the_documentation_renders(browser, mock, path, title, tmp_path):
    browser.get_log("browser")
    browser.get(mock.url + path)
    until(browser, title, ".swagger-ui .info")
    waiting(browser).until(
        lambda b: len(b.find_elements("css selector", ".opblock")) >= 6, "fewer than 6 operations"
    )
    assert browser.save_screenshot(str(tmp_path / "ui.png"))
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert [entry["message"] for entry in errors if "favicon" not in entry["message"]] == []
