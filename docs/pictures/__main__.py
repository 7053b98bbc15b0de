"""Makes the pictures of README and docs from real runs: `nox -s pictures`.

A session on the mock in the terminal, the report on a second server with a planted fault, and the
dashboard. Needs Chromium and its driver.
"""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEY = "picture-key"
FAULT = "second-end-relabels"
AGENTS = ("--agent", "plain-1", "--closing-agent", "closer-1", "--closing-text", "that is all")
ID = 'sed \'s/.*"id":"\\([^"]*\\).*/\\1/; s/".*//\''
SESSION = (
    'id=$(call $chats -d \'{"agent_id": "agent-closer"}\' | jq -r .id)',
    'call $chats/$id/messages -d \'{"content": "Hello"}\'',
    'call $chats/$id/messages -d \'{"content": "bye"}\'',
    'call $chats/$id/end -d \'{"note": "too late: the agent has finished it"}\'',
)
NOW = "2030-01-05T09:00:00Z"
DASHBOARD = (
    'call -X PUT $admin/webhooks/target -d "{\\"url\\": \\"$admin/sink/hooks\\"}"',
    'call $chats -d \'{"agent_id": "agent-greeter", "ttl_seconds": 1800}\'',
    'id=$(call $chats -d \'{"agent_id": "agent-tools", "ttl_seconds": 3600}\' | jq -r .id)',
    'call $chats/$id/messages -d \'{"content": "What is the weather in Oslo?"}\'',
    'id=$(call $chats -d \'{"agent_id": "agent-closer"}\' | jq -r .id)',
    'call $chats/$id/messages -d \'{"content": "bye"}\'',
    "call $chats/$id/end -d {}",
    "call $chats -d '{\"agent_id\": 5}' || :",
    'call $admin/faults -d \'{"operation": "submitMessage", "fault": "COMMIT_THEN_DROP"}\'',
    'call $admin/events/wait-for -d \'{"match": {"type": "delivery.succeeded"}}\'',
)
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 18px 22px; background: #14171c; color: #d7dce3; }}
pre {{ margin: 0; font: 15px/1.5 "DejaVu Sans Mono", monospace; white-space: pre-wrap; }}
b {{ color: #8ccf7e; }}
</style><pre>{}</pre>"""
SIZES = ("innerHeight", "document.body.offsetHeight")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars",
)  # fmt: skip


@contextmanager
def serving(*command: str) -> Iterator[str]:
    """A server that tells its URL in one line of JSON."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process, process.stdout:
        try:
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()


def session() -> str:
    """The terminal of somebody who talks to the mock, as a page."""
    shown = ["<b>$ adjourn-mock --port 4010 &amp;</b>"]
    with serving("mock_server", "--port", "0", "--token", KEY, "--json") as url:
        define = (
            f"call() {{ curl -sS -H 'Authorization: Bearer {KEY}'"
            ' -H "Content-Type: application/json" "$@"; }\n'
            f"chats={url}/api/v1/chats\n"
        )
        lines = "\n".join(f"{line.replace('jq -r .id', ID)}; echo" for line in SESSION)
        told = subprocess.run(
            ["bash", "-euc", define + lines], capture_output=True, text=True, check=True
        ).stdout.split("\n")
    for line, answer in zip(SESSION, told, strict=False):
        shown.append(f"<b>$ {html.escape(line)}</b>")
        if answer:
            shown.append(html.escape(json.dumps(json.loads(answer), ensure_ascii=False)))
    return PAGE.format("\n".join(shown))


def report(folder: Path) -> Path:
    """The page on a server that has a fault."""
    target = ("tests.targets.starlette_chats", "--token", KEY, "--fault", FAULT)
    with serving(*target) as url:
        command = [sys.executable, "-m", "conformance", "--target", url, *AGENTS]
        environment = {**os.environ, "CONFORMANCE_TOKEN": KEY}
        subprocess.run([*command, "--report", folder], cwd=ROOT, env=environment, check=False)
    return folder / "report.html"


def dashboard(driver: webdriver.Chrome) -> None:
    """A picture of the dashboard: of what happened, the tool call is unfolded."""
    with serving("mock_server", "--port", "0", "--frozen-time", NOW, "--json") as url:
        define = (
            "call() { curl -sSf -H 'Authorization: Bearer any'"
            ' -H "Content-Type: application/json" "$@"; echo; }\n'
            f"chats={url}/api/v1/chats admin={url}/__admin\n"
        )
        lines = "\n".join(DASHBOARD).replace("jq -r .id", ID)
        subprocess.run(["bash", "-euc", define + lines], stdout=subprocess.DEVNULL, check=True)
        driver.set_window_size(1400, 950)
        driver.get(f"{url}/__admin/ui")
        wait = WebDriverWait(driver, 30)
        wait.until(lambda page: page.find_elements("css selector", "#sessions summary"))
        for line in driver.find_elements("css selector", "#sessions summary"):
            if "agent-tools" in line.text:
                line.click()
        wait.until(lambda page: page.find_elements("css selector", ".call"))
        driver.save_screenshot(str(HERE / "dashboard.png"))


@contextmanager
def browser(profile: Path) -> Iterator[webdriver.Chrome]:
    """A headless Chromium."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or sys.exit("no chromium here")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def main() -> None:
    """Write the pictures beside this file."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        page = folder / "session.html"
        page.write_text(session(), encoding="utf-8")
        with browser(folder / "profile") as driver:
            for name, file in (("session", page), ("report", report(folder / "report"))):
                driver.set_window_size(1100, 900)
                driver.get(file.as_uri())
                inside, whole = (driver.execute_script(f"return {size}") for size in SIZES)
                driver.set_window_size(1100, min(900, 900 - inside + whole))
                driver.save_screenshot(str(HERE / f"{name}.png"))
                print(f"wrote {name}.png")
            dashboard(driver)
            print("wrote dashboard.png")


main()
