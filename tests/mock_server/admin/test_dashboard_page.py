"""The dashboard's way through a mock, in a real browser."""

import re
from itertools import pairwise

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser import CONTRAST, chromium, show, until
from tests.contracts.edits import edited
from tests.contracts.test_own_states import pausing
from tests.serving import CHATS, Api, usual_files

from .dashboard import button, css, line, press, run, says, text, visiting

MARKUP = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def api(receiver):
    """A mock with a frozen clock whose webhooks arrive."""
    settings = {"frozen_time": 1_893_834_000_000_000, "webhook_url": receiver.url}
    with Api.of(**settings) as api:
        yield api


@pytest.fixture
def page(api, browser):
    """The dashboard of that mock, connected."""
    with visiting(browser, api) as page:
        says(page, "#connection", "Connected")
        yield page


@pytest.mark.browser
def test_a_session_is_followed_to_its_end_by_the_event_stream(page, api, receiver):
    says(page, "#sessions", "0 in all")
    opened = api.open("agent-tools", ttl_seconds=1800)
    says(page, "#sessions", opened["id"])
    says(page, "#sessions", "00:30:00 left")
    says(page, "#events ol", "session.opened")
    css(page, f'[data-key="{opened["id"]} line"]').click()
    api.submit(opened["id"], MARKUP)
    says(page, "#sessions ol", MARKUP)
    says(page, "#sessions .call", "tool call")
    assert page.find_elements(By.CSS_SELECTOR, "img, b") == []
    assert page.title == "Adjourn"
    press(page, f"Let it time out {opened['id']}")
    says(page, "#fired", f"session.final {opened['id']}")
    says(page, "#sessions", api.read(opened["id"])["final_reason"])
    receiver.wait_for(1)


@pytest.mark.browser
def test_the_lifecycle_shows_the_edges_that_were_walked(page, api):
    def walked(page):
        return [one.text for one in page.find_elements(By.CSS_SELECTOR, "svg text.walked")]

    until(page, lambda b: css(b, "svg").is_displayed())
    drawn = {one.text for one in page.find_elements(By.CSS_SELECTOR, "svg .state")}
    assert drawn == set(usual_files().contract.document["x-lifecycle"]["states"])
    assert walked(page) == []
    session = api.open()
    api.end(session["id"])
    api.end(session["id"])
    until(page, lambda b: walked(b) == ["end · 1", "end · 1"])
    says(page, "#coverage", "2 of 9 transitions")
    assert "2 of 9 edges were walked" in css(page, "svg").accessible_name
    for _ in range(10):
        api.submit(session["id"], "late")
    until(page, lambda b: "submit (refused) · 10" in walked(b))
    drawn = css(page, "svg").rect
    labels = [one.rect for one in page.find_elements(By.CSS_SELECTOR, "svg text")]
    assert all(label["x"] + label["width"] <= drawn["x"] + drawn["width"] for label in labels)


@pytest.mark.browser
def test_the_lifecycle_of_a_contract_of_ones_own_is_drawn(browser, tmp_path):
    path = edited({"name": "pausing", "set": pausing()}, tmp_path).path
    with Api.of(contract=path) as api, visiting(browser, api) as page:
        session = api.open(ttl_seconds=600)
        api.post(f"{CHATS}/{session['id']}/pause")
        says(page, "#sessions", "paused")
        says(page, "#lifecycle", "pause · 1")
        names = [one.text for one in page.find_elements(By.CSS_SELECTOR, "svg .state")]
        assert names == ["active", "final", "paused"]
        labels = [one.rect for one in page.find_elements(By.CSS_SELECTOR, "svg text:not(.state)")]
        drawn = page.find_element(By.CSS_SELECTOR, "svg").rect
    assert len(labels) == 20
    places = sorted(label["y"] for label in labels)
    assert all(low - high > 10 for high, low in pairwise(places))
    assert all(label["x"] + label["width"] <= drawn["x"] + drawn["width"] for label in labels)


@pytest.mark.browser
def test_the_clock_is_steered(page, api):
    says(page, "#now", "2030-01-05 09:00:00Z")
    css(page, "#span").send_keys(Keys.CONTROL, "a")
    css(page, "#span").send_keys("PT2H")
    press(page, "Advance")
    says(page, "#now", "2030-01-05 11:00:00Z")
    press(page, "Run on")
    says(page, "#mode", "offset")
    press(page, "Freeze")
    says(page, "#mode", "frozen")
    css(page, "#span").send_keys("?")
    press(page, "Advance")
    says(page, "#steer [role=alert]", "ISO 8601")
    assert api.steer("GET", "/clock")["mode"] == "frozen"


@pytest.mark.browser
def test_a_webhook_is_delivered_again(page, api, receiver):
    receiver.statuses = [400]
    api.end(api.open()["id"])
    says(page, "#deliveries", "rejected")
    (delivery,) = api.steer("GET", "/webhooks/deliveries")["deliveries"]
    press(page, f"Redeliver {delivery['id']}")
    says(page, "#deliveries", "delivered")
    assert len(receiver.wait_for(2)) == 2


@pytest.mark.browser
def test_a_fault_is_planted_strikes_and_is_deleted(page, api):
    for place, value in (("#operation", "openChat"), ("#fault", "SERVER_ERROR"), ("#times", "2")):
        css(page, place).send_keys(value)
    press(page, "Add")
    says(page, "#faults", "fault-1: SERVER_ERROR, openChat, at most 2×; given to 0 of 0 calls")
    assert api.post(CHATS, json={"agent_id": "agent-echo"}).is_server_error
    says(page, "#faults", "given to 1 of 1 calls")
    press(page, "Delete fault-1")
    says(page, "#faults", "Nothing goes wrong.")
    assert api.steer("GET", "/faults") == {"faults": []}
    api.steer("POST", "/faults", json={"fault": "SERVER_ERROR", "every": 3, "probability": 0.1})
    says(page, "#faults", "SERVER_ERROR, any call, one in 3, probability 0.1; given to 0 of 0")


@pytest.mark.browser
def test_the_journal_shows_violations(page, api):
    api.open()
    api.post(CHATS, json={"agent_id": 5})
    says(page, "#journal", "1 violation")
    css(page, "#broken").click()
    until(page, lambda b: len(b.find_elements(By.CSS_SELECTOR, "#journal .content details")) == 1)
    css(page, "#journal .content summary").click()
    says(page, "#journal .content .body", "body /agent_id: wanted a string, got the integer 5")
    press(page, "Forget")
    until(page, lambda b: not b.find_elements(By.CSS_SELECTOR, "#journal .content details"))


@pytest.mark.browser
def test_a_sandbox_is_shown_and_deleted(page, api):
    with api.in_sandbox("gw0") as other:
        opened = other.open()
    press(page, "Show gw0")
    says(page, "#sessions", opened["id"])
    assert page.current_url.endswith("/__admin/ui?sandbox=gw0")
    page.refresh()
    says(page, "#sessions", opened["id"])
    api.steer("DELETE", "/sandboxes/gw0")
    says(page, "#connection", "The sandbox gw0 is gone.")
    assert [row["name"] for row in api.steer("GET", "/sandboxes")["sandboxes"]] == ["default"]
    css(page, "#sandbox").send_keys("gw1", Keys.ENTER)
    says(page, "#connection", "sandbox gw1")
    press(page, "Delete gw1")
    until(page, lambda b: "gw1" not in text(b, "#sandboxes"))


@pytest.mark.browser
def test_what_is_shown_as_curl_does_the_same_in_a_shell(page, api):
    css(page, "#span").clear()
    css(page, "#span").send_keys("PT1H")
    assert run(line(page, "advanceClock", "Advance"))["now"].startswith("2030-01-05T10")
    css(page, "#span").send_keys("'; touch /tmp/x; '$(id)")  # quoted, it is just no span
    (error,) = run(line(page, "advanceClock", "Advance"))["errors"]
    assert "'; touch /tmp/x; '$(id)" in error["detail"]
    css(page, "#sandbox").send_keys("gw0", Keys.ENTER)
    says(page, "#connection", "sandbox gw0")
    assert "X-Mock-Sandbox: gw0" in line(page, "reset", "Reset")
    rule = run(line(page, "addFault", "Add"))
    with api.in_sandbox("gw0") as other:
        assert other.steer("GET", "/faults") == {"faults": [rule]}
        says(page, "#faults", rule["id"])
        assert run(line(page, "deleteFault", "Delete")) is None
        assert other.steer("GET", "/faults") == {"faults": []}
    page.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite"]})
    shown = line(page, "reset", "Reset")
    css(page, "#reset details button").click()
    until(page, lambda b: text(b, "#reset details button") == "Copied")
    css(page, "#sandbox").send_keys(Keys.CONTROL, "av")
    assert css(page, "#sandbox").get_attribute("value") == shown


@pytest.mark.browser
def test_the_page_asks_for_the_token_and_keeps_it_out_of_every_line(browser):
    with Api.of(admin_token="secret-1") as api, visiting(browser, api) as page:
        for token in ("wrong", "secret-1"):
            until(page, lambda b: css(b, "#token").is_displayed())
            css(page, "#token").send_keys(token, Keys.ENTER)
        says(page, "#connection", "Connected")
        assert not css(page, "#entry").is_displayed()
        command = line(page, "setClock", "Freeze")
        assert "secret-1" not in page.page_source
        assert "secret-1" not in page.current_url
        assert run(command, ADJOURN_ADMIN_TOKEN="secret-1")["mode"] == "frozen"
        page.execute_script("sessionStorage.clear()")


@pytest.mark.browser
def test_a_proxy_shows_its_journal_with_what_both_sides_broke(browser, proxy, backend):
    client = proxy(backend.url)
    client.post(CHATS, json={"agent_id": 5})
    with visiting(browser, client) as page:
        says(page, "#connection", "Connected")
        says(page, "#journal .content", "violations")
        titles = page.find_elements(By.CSS_SELECTOR, "h2")
        assert [one.text for one in titles if one.is_displayed()] == ["Journal"]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_read_on_every_screen(page, api, width, scheme):
    session = api.open("agent-closer")
    api.submit(session["id"], "bye " + "e" * 300)
    show(page, width, scheme)
    page.refresh()
    says(page, "#deliveries", "delivered")
    page.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    says(page, "#sessions ol", "bye")
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    dark = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", dark))) < 200) == (scheme == "dark")
    faint = page.execute_script(CONTRAST)
    assert faint == []


@pytest.mark.browser
def test_the_keyboard_leads_everywhere_and_everything_has_a_name(page, api):
    session = api.open(ttl_seconds=600)
    says(page, "#sessions", session["id"])
    page.execute_script("document.activeElement.blur()")
    seen = []
    for _ in range(200):
        page.switch_to.active_element.send_keys(Keys.TAB)
        focused = page.switch_to.active_element
        if focused.tag_name == "body":
            break
        seen.append(focused.accessible_name)
    assert all(seen)
    assert {"To the panels", "Reset", "Advance", "curl: Advance", "Freeze", "By", "Add"} <= set(
        seen
    )
    summary = css(page, f'[data-key="{session["id"]} line"]')
    summary.send_keys(Keys.ENTER)
    until(page, lambda b: button(b, f"Let it time out {session['id']}"))
    summary.send_keys(Keys.NULL)
    api.submit(session["id"])
    says(page, "#sessions ol", "Hello")
    focused = page.switch_to.active_element
    assert focused.get_attribute("data-key") == f"{session['id']} line"
    for panel in page.find_elements(By.CSS_SELECTOR, "section"):
        assert panel.accessible_name == css(panel, "h2").text
