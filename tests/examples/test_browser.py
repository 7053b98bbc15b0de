"""The example page in a real browser, on another origin than the mock."""

import runpy
import shutil
import threading
from pathlib import Path

import httpx
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


def rule(mock, **members):
    httpx.post(f"{mock.url}/__admin/faults", json=members).raise_for_status()


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


def test_a_page_sends_an_unanswered_turn_again_under_the_same_key(chat, mock):
    type_and_send(chat, "agent", "agent-echo", "open")
    until(chat, "active", "#status")
    element(chat, "text").send_keys("Hello")
    send = chat.find_element("css selector", "#say button")
    rule(mock, operation="submitMessage", fault="TRUNCATED_BODY", times=1)
    send.click()
    until(chat, "No answer", "#error")
    rule(mock, operation="submitMessage", fault="SERVER_ERROR", times=1)
    send.click()
    until(chat, "500", "#error")
    send.click()
    until(chat, "You said: Hello", "#log")
    session = chat.execute_script("return session")
    headers = {"Authorization": "Bearer key-1"}
    stored = httpx.get(f"{mock.url}/api/v1/chats/{session}", headers=headers).json()
    assert [message["content"] for message in stored["messages"]] == ["Hello", "You said: Hello"]


def test_a_page_sends_nothing_before_it_has_opened_a_session(chat):
    buttons = chat.find_elements("css selector", "#say button")
    assert [button.is_enabled() for button in buttons] == [False, False]
    element(chat, "text").send_keys("Hello\n")
    assert element(chat, "error").text == ""


def test_a_page_in_a_sandbox_sees_its_events_alone(browser, page_url):
    with running_mock(admin_cors_origins=(page_url.removesuffix("/index.html"),)) as mock:
        browser.get(f"{page_url}?api={mock.url}&sandbox=mine")
        until(browser, "open", "#stream")
        for headers in ({}, {"X-Mock-Sandbox": "mine"}):
            opening = {"agent_id": "agent-echo", "channel": "elsewhere"}
            key = {"Authorization": "Bearer any", **headers}
            opened = httpx.post(f"{mock.url}/api/v1/chats", json=opening, headers=key).json()
        until(browser, opened["id"], "#events")
        type_and_send(browser, "agent", "agent-echo", "open")
        until(browser, '"channel":"web"', "#events")
        assert len(element(browser, "events").text.splitlines()) == 2
        leave(browser)


LOST = ("EMPTY_RESPONSE", "CONNECTION_RESET_BY_PEER", "COMMIT_THEN_DROP")
OPEN = """
    const [url, headers, done] = arguments;
    fetch(url + "/api/v1/chats", {
      method: "POST", body: '{"agent_id": "agent-echo"}',
      headers: { Authorization: "Bearer key-1", "Content-Type": "application/json", ...headers },
    }).then((answer) => done(answer.status), () => done("lost"));
"""


@pytest.mark.parametrize("fault", LOST)
def test_a_browser_repeats_what_a_kept_connection_lost(chat, mock, fault):
    assert chat.execute_async_script(OPEN, mock.url, {}) == 201
    rule(mock, operation="openChat", fault=fault, times=1)
    assert chat.execute_async_script(OPEN, mock.url, {}) == 201
    rule(mock, operation="openChat", fault=fault, times=2)
    assert chat.execute_async_script(OPEN, mock.url, {}) == "lost"
    assert chat.execute_async_script(OPEN, mock.url, {}) == 201
    assert chat.execute_async_script(OPEN, mock.url, {"X-Mock-Fault": fault}) == "lost"


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


def test_the_page_leaves_no_error_in_the_console(browser, page_url, mock):
    browser.get_log("browser")
    browser.get(f"{page_url}?api={mock.url}&token=key-1")
    until(browser, "refused", "#stream")
    errors = [entry["message"] for entry in browser.get_log("browser")]
    assert [message for message in errors if "__admin/events" not in message] == []
