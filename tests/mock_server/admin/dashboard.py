"""The dashboard in a real browser, as its tests look at it and press on it."""

import json
import os
import subprocess
from contextlib import contextmanager

from selenium.webdriver.common.by import By

from tests.browser import show, until


@contextmanager
def visiting(browser, api):
    """The dashboard of a mock; in the end the browser has nothing to complain of."""
    show(browser, 1280)
    browser.get(str(api.base_url.join("/__admin/ui")))
    try:
        yield browser
    finally:
        browser.get("about:blank")  # or it would ask on, of a mock that is gone
        log = browser.get_log("browser")
    assert [entry for entry in log if entry["source"] != "network"] == []


def css(page, selector):
    return page.find_element(By.CSS_SELECTOR, selector)


def text(page, selector):
    return css(page, selector).text


def says(page, selector, words):
    until(page, lambda b: words in text(b, selector))


def button(page, name):
    """The button of this name, as a screen reader tells it."""
    for found in page.find_elements(By.CSS_SELECTOR, "button"):
        if found.is_displayed() and found.accessible_name == name:
            return found
    return None


def press(page, name):
    def pressed(page):
        found = button(page, name)
        if found:
            found.click()
        return found

    until(page, pressed)


def line(page, operation, name):
    """The curl line of a control, unfolded."""
    selector = f'[data-key^="{operation} {name}"][data-key$=" curl"]'

    def unfolded(page):
        details = css(page, selector)
        page.execute_script("arguments[0].open = true", details)
        return css(details, "code").text.startswith("curl ")

    until(page, unfolded)
    return css(page, f"{selector} code").text


def run(command, **environment):
    """What a copied line gives in a shell."""
    told = subprocess.run(
        ["bash", "-euc", command],
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(told.stdout) if told.stdout else None
