"""The dashboard: what it is made of."""

import re
from pathlib import Path

import yaml

from tests.serving import Api

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_served_without_a_token_and_what_it_shows_is_not():
    with Api.of(admin_token="secret") as api:
        page = api.admin("GET", "/ui")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        for name in re.findall(r'(?:href|src)="(ui/[^"]*)"', page.text):
            assert api.admin("GET", f"/{name}").status_code == 200
        assert api.admin("GET", "/contract").status_code == 401
        assert api.admin("GET", "/ui?sandbox=gw0").status_code == 200
        assert not api.mock.sandboxes.others


def test_the_page_has_no_script_or_style_of_its_own():
    with Api.of() as api:
        text = api.admin("GET", "/ui").text
    assert re.findall(r"<script[^>]*>", text) == ['<script type="module" src="ui/dashboard.js">']
    assert not re.findall(r"<style|\sstyle=|\son\w+=", text)


def test_the_page_is_found_with_a_slash_too_and_nothing_else_is_served():
    with Api.of() as api:
        found = api.admin("GET", "/ui/", follow_redirects=True)
        assert str(found.url).endswith("/__admin/ui")
        assert api.admin("GET", "/ui/dashboard.html").status_code == 400
        assert api.admin("GET", "/ui/..%2f..%2fadmin.yaml").status_code == 400


def test_the_contract_is_shown_as_it_is_served():
    with Api.of() as api:
        shown = api.admin("GET", "/contract").json()
    written = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    assert shown["x-lifecycle"] == written["x-lifecycle"]
    assert shown["paths"].keys() == written["paths"].keys()
