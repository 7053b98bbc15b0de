"""The HTML report in a real browser."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from conformance.contract.areas import OUTCOMES
from conformance.report.html import LEVELS, html
from conformance.run.run import Run
from tests.browser import CONTRAST

MakeRun = Callable[..., Run]
Browser = webdriver.Chrome


@pytest.fixture
def page(browser: Browser, report: dict[str, Any], tmp_path: Path) -> Iterator[Browser]:
    """The report, open in the browser; in the end the browser has nothing to complain of."""
    file = tmp_path / "report.html"
    file.write_text(html(report), encoding="utf-8")
    browser.get(file.as_uri())
    browser.execute_script("localStorage.clear()")
    browser.get(file.as_uri())
    yield browser
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def css(within: Browser | WebElement, selector: str) -> WebElement:
    return within.find_element(By.CSS_SELECTOR, selector)


def shown(page: Browser) -> list[str]:
    rules = page.find_elements(By.CSS_SELECTOR, ".rule:not([hidden])")
    return [str(rule.get_attribute("id")).removeprefix("rule-") for rule in rules]


def press(page: Browser, *keys: str) -> WebElement:
    for key in keys:
        page.switch_to.active_element.send_keys(key)
    return page.switch_to.active_element


@pytest.mark.browser
def test_the_verdict_stands_first(page: Browser) -> None:
    assert css(page, "h1").text == "Non-conformant"
    assert page.title.startswith("non-conformant")


@pytest.mark.browser
def test_the_targets_words_are_text(page: Browser) -> None:
    assert "<script>document.title" in css(page, "#finding-RACE-01 .sides").text
    assert page.find_elements(By.CSS_SELECTOR, "img") == []


@pytest.mark.browser
def test_filters_and_search_narrow_the_rules(page: Browser, report: dict[str, Any]) -> None:
    css(page, "[data-filter=fail]").click()
    assert shown(page) == ["RACE-01"]
    css(page, "[data-filter=not-run]").click()
    assert shown(page) == ["END-05", "RACE-01"]
    assert css(page, "#shown").text == f"2 of {len(report['rules'])} rules"
    css(page, "#search").send_keys("went away")
    assert shown(page) == ["END-05"]
    css(page, "#search").send_keys(Keys.CONTROL, "a", Keys.BACKSPACE)
    css(page, "[data-filter=fail]").click()
    css(page, "[data-filter=not-run]").click()
    assert shown(page) == [rule["id"] for rule in report["rules"]]


@pytest.mark.browser
def test_filters_and_search_outlast_a_reload(page: Browser) -> None:
    css(page, "[data-filter=fail]").click()
    css(page, "[data-filter=not-run]").click()
    css(page, "#search").send_keys("went away")
    page.refresh()
    assert shown(page) == ["END-05"]
    assert css(page, "#search").get_attribute("value") == "went away"
    assert css(page, "[data-filter=fail]").get_attribute("aria-pressed") == "true"
    page.get(f"{page.current_url.partition('#')[0]}#rule-LIST-09")
    page.refresh()
    assert css(page, "#rule-LIST-09").is_displayed()


@pytest.mark.browser
def test_every_rule_has_an_address(page: Browser, report: dict[str, Any]) -> None:
    for rule in report["rules"]:
        (link,) = page.find_elements(By.CSS_SELECTOR, f"#rule-{rule['id']} a.id")
        assert str(link.get_attribute("href")).endswith(f"report.html#rule-{rule['id']}")
    unfold(page)
    css(page, "#rule-END-05 a.id").click()
    assert page.current_url.endswith("#rule-END-05")


def content(within: Browser | WebElement, selector: str) -> list[str]:
    """What elements hold, shown or folded."""
    found = within.find_elements(By.CSS_SELECTOR, selector)
    return [" ".join(str(one.get_attribute("textContent")).split()) for one in found]


def numbers(texts: list[str]) -> list[int]:
    return [int(number) for text in texts for number in re.findall(r"\d+", text)]


@pytest.mark.browser
def test_the_numbers_are_those_of_the_data(page: Browser, report: dict[str, Any]) -> None:
    data = json.loads(json.dumps(report))
    rules, coverage = data["rules"], data["coverage"]
    outcomes = Counter(rule["outcome"] for rule in rules)
    pairs = Counter((rule["level"], rule["outcome"]) for rule in rules)
    for level, told in zip(LEVELS, page.find_elements(By.CSS_SELECTOR, ".levels dd"), strict=True):
        assert numbers(content(told, ".words > span")) == [
            pairs[level, outcome] for outcome in OUTCOMES if pairs[level, outcome]
        ]
    for outcome, count in outcomes.items():
        assert content(page, f"[data-filter={outcome}] .count") == [str(count)]
        assert len(page.find_elements(By.CSS_SELECTOR, f"[data-outcome={outcome}]")) == count
    assert sum(numbers(content(page, ".tally > span"))) == len(rules)
    for cell in coverage["lifecycle"]["cells"]:
        (times,) = content(page, f"[data-cell={cell['state']}-{cell['event']}] .times")
        assert times == (f"{cell['exercised']}×" if cell["exercised"] else "not exercised")
    chips = content(page, "#statuses .chips li")
    counted = [
        (status, count)
        for operation in coverage["statuses"]
        for status, count in (*operation["listed"].items(), *operation["unlisted"].items())
    ]
    assert [(chip[:3], sum(numbers([chip[3:]]))) for chip in chips] == counted
    facts = dict(zip(content(page, "#run dt"), content(page, "#run dd"), strict=True))
    assert facts["Sessions"] == (
        f"{data['sessions_opened']} opened, {data['sessions_left_open']} left open"
    )
    for name in ("requests", "seed", "exit_code"):
        assert facts[name.capitalize().replace("_", " ")] == str(data[name])
    assert facts["Duration"] == f"{data['duration_s']:.1f} s"


@pytest.mark.browser
def test_on_paper_everything_is_unfolded_and_nothing_is_to_press(page: Browser) -> None:
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    folded = page.find_elements(By.CSS_SELECTOR, "details:not([open])")
    pressed = page.find_elements(By.CSS_SELECTOR, "button")
    shown = [button for button in pressed if button.is_displayed()]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert folded == shown == []


@pytest.mark.browser
def test_a_filter_opens_the_areas_and_leaves_them_as_they_were(page: Browser) -> None:
    def opened() -> list[bool]:
        areas = page.find_elements(By.CSS_SELECTOR, ".area")
        return [area.get_attribute("open") is not None for area in areas]

    before = opened()
    assert not all(before)
    css(page, "[data-filter=pass]").click()
    assert all(opened())
    css(page, "[data-filter=pass]").click()
    assert opened() == before


@pytest.mark.browser
def test_a_card_opens_with_its_steps(page: Browser) -> None:
    card = css(page, "#finding-LIST-09")
    assert not css(card, ".body").is_displayed()
    css(card, "summary").click()
    assert "curl -sS -i" in css(card, ".steps pre").text
    assert "--rule LIST-09" in card.text


@pytest.mark.browser
def test_a_race_is_drawn_as_a_timeline(page: Browser) -> None:
    bars = page.find_elements(By.CSS_SELECTOR, "#finding-RACE-01 .timeline .track i")
    places = [bar.rect for bar in bars]
    assert len(places) == 3
    opened, first, second = places
    assert opened["x"] + opened["width"] < first["x"]
    assert first["x"] == second["x"]
    assert first["width"] < second["width"]


@pytest.mark.browser
def test_a_rule_leads_to_its_finding_and_back(page: Browser) -> None:
    css(page, "[data-filter=warn]").click()
    css(page, "#rule-LIST-09 a[href='#finding-LIST-09']").click()
    card = css(page, "#finding-LIST-09")
    assert css(card, ".body").is_displayed()
    css(page, "[data-filter=warn]").click()
    css(page, "[data-filter=fail]").click()
    css(card, "a.id").click()
    assert css(page, "#rule-LIST-09").is_displayed()


@pytest.mark.browser
def test_a_line_can_be_copied(page: Browser, report: dict[str, Any]) -> None:
    card = css(page, "#finding-RACE-01")
    css(card, ".steps .copy").click()
    search = css(page, "#search")
    eventually_says(page, css(card, ".steps .copy"), "Copied")
    search.send_keys(Keys.CONTROL, "v")
    rule = next(rule for rule in report["rules"] if rule["id"] == "RACE-01")
    assert search.get_attribute("value") == rule["findings"][0]["steps"][0]["curl"]


def eventually_says(page: Browser, element: WebElement, words: str) -> None:
    wait = "const [e, w, done] = arguments; const look = () => e.textContent === w ? done(true) :"
    assert page.execute_async_script(wait + " setTimeout(look, 10); look();", element, words)


@pytest.mark.browser
def test_the_theme_is_toggled_and_kept(page: Browser) -> None:
    def paper() -> str:
        return css(page, "body").value_of_css_property("background-color")

    button, light = css(page, "#theme"), paper()
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    dark = paper()
    assert dark != light
    assert button.get_attribute("aria-pressed") == "true"
    page.refresh()
    assert paper() == dark
    css(page, "#theme").click()
    assert paper() == light


@pytest.mark.browser
def test_the_systems_dark_theme_is_followed(page: Browser) -> None:
    before = css(page, "body").value_of_css_property("background-color")
    emulate(page, "dark")
    assert css(page, "body").value_of_css_property("background-color") != before
    assert css(page, "#theme").get_attribute("aria-pressed") == "true"
    emulate(page, "")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(page: Browser, scheme: str) -> None:
    emulate(page, scheme)
    unfold(page)
    assert page.execute_script(CONTRAST) == []
    emulate(page, "")


def emulate(page: Browser, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.mark.browser
def test_the_page_is_used_with_the_keyboard_alone(page: Browser) -> None:
    focused = press(page, Keys.TAB)
    assert focused.get_attribute("class") == "skip"
    assert focused.rect["y"] >= 0
    assert press(page, Keys.ENTER).get_attribute("id") == "main"
    summary = press(page, Keys.TAB)
    assert summary.tag_name == "summary"
    assert summary.value_of_css_property("outline-style") == "solid"
    card = css(page, "#finding-RACE-01")
    press(page, Keys.ENTER)
    assert card.get_attribute("open") is None
    press(page, Keys.SPACE)
    assert card.get_attribute("open") is not None


def unfold(page: Browser) -> None:
    page.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")


@pytest.mark.browser
def test_everything_that_is_clicked_is_a_button_a_link_or_a_summary(page: Browser) -> None:
    unfold(page)
    odd = "[onclick], [role=button], div[tabindex], span[tabindex]"
    assert page.find_elements(By.CSS_SELECTOR, odd) == []
    unnamed = [
        button
        for button in page.find_elements(By.CSS_SELECTOR, "button, input, a")
        if not button.accessible_name
    ]
    assert unnamed == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [380, 800, 1600])
def test_nothing_sticks_out_of_a_narrow_window(page: Browser, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    unfold(page)
    root = "document.documentElement"
    assert page.execute_script(f"return {root}.scrollWidth <= {root}.clientWidth")
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.browser
def test_paper_shows_what_was_folded(page: Browser) -> None:
    page.print_page()
    assert page.find_elements(By.CSS_SELECTOR, "details:not([open])") == []


@pytest.mark.browser
def test_the_map_shows_what_was_exercised(page: Browser) -> None:
    assert "exercised" in str(css(page, "[data-cell=active-end]").get_attribute("class"))
    assert "unseen" in str(css(page, "[data-cell=final-replay]").get_attribute("class"))


@pytest.mark.browser
def test_a_failing_run_is_told_from_its_verdict_to_its_map(
    browser: Browser, suite: Callable[..., Any], broken: Any
) -> None:
    ended = suite("--target", f"{broken.url}/second-end", "--profile", "core", "--rule", "END-03")
    browser.get((ended.directory / "report.html").as_uri())
    assert css(browser, "h1").text == "Non-conformant"
    css(browser, "[data-filter=fail]").click()
    assert "END-03" in shown(browser)
    css(browser, "#rule-END-03 a[href='#finding-END-03']").click()
    assert css(browser, "#finding-END-03 .steps").is_displayed()
    assert "END-03" in css(browser, "[data-cell=final-end].broken").text
