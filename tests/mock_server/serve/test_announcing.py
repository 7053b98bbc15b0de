"""What the mock says of itself is what it serves, whatever base path the contract has."""

import json
import re
import shlex
import subprocess

import httpx
import pytest
import yaml

from mock_server.contract.locations import resource
from mock_server.files import read_files
from mock_server.mock import Mock
from mock_server.serve.announcing import announce_json, banner
from mock_server.settings import Settings
from tests.serving import HEADERS, Api

SERVERS = {
    "no path": ([{"url": "https://api.example.test"}], ""),
    "a slash": ([{"url": "https://api.example.test/"}], ""),
    "a base path": ([{"url": "https://api.example.test/v2"}], "/v2"),
    "a relative base path": ([{"url": "/a/b/"}], "/a/b"),
    "variables": (
        [{"url": "https://api.test/{stage}", "variables": {"stage": {"default": "beta"}}}],
        "/beta",
    ),
    "several base paths": ([{"url": "/first"}, {"url": "/second"}], "/first"),
    "none": (None, ""),
}


@pytest.fixture(scope="module", params=SERVERS)
def served(request, tmp_path_factory):
    """A mock of a contract with these servers, and its base path."""
    servers, base = SERVERS[request.param]
    document = yaml.load(resource("openapi.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    document["servers"] = servers
    if servers is None:
        del document["servers"]
    file = tmp_path_factory.mktemp("contract") / "openapi.yaml"
    file.write_text(json.dumps(document), "utf-8")
    with Api.of(contract=file) as api:
        yield api, base


def test_every_path_that_is_announced_is_served(served):
    api, base = served
    facts = httpx.Response(200, text=announce_json(api.mock, str(api.base_url), "1")).json()
    for operation in facts["operations"]:
        path = operation["path"].format(id="3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10")
        assert path.startswith(f"{base}/api/v1/")
        answer = api.request(operation["method"], path)
        assert answer.json().get("type") != "/problems/unknown-path", (path, answer.text)


def test_the_banner_has_the_paths_and_a_line_that_runs(served):
    api, base = served
    told = banner(api.mock, str(api.base_url).rstrip("/"), "1")
    assert re.search(rf"^  GET  {base}/api/v1/chats/{{id}} ", told, re.MULTILINE)
    command = shlex.split(told.splitlines()[-1].replace("Bearer TOKEN", HEADERS["Authorization"]))
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert '"agent_id":"agent-echo"' in answer.stdout


KEYS = {
    "bearer": ({"type": "http", "scheme": "bearer"}, "-H 'Authorization: Bearer {}' "),
    "basic": ({"type": "http", "scheme": "basic"}, "-u '{}:' "),
    "header": ({"type": "apiKey", "in": "header", "name": "X-Key"}, "-H 'X-Key: {}' "),
    "query": ({"type": "apiKey", "in": "query", "name": "key"}, "--url-query 'key={}' "),
    "cookie": ({"type": "apiKey", "in": "cookie", "name": "key"}, "-b 'key={}' "),
    "none": (None, ""),
}


@pytest.mark.parametrize("kind", KEYS)
def test_the_key_goes_where_the_contract_has_it(kind, tmp_path):
    scheme, option = KEYS[kind]
    document = yaml.load(resource("openapi.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    document["components"]["securitySchemes"] = {"key": scheme} if scheme else {}
    document["security"] = [{"key": []}] if scheme else []
    file = tmp_path / "openapi.yaml"
    file.write_text(json.dumps(document), "utf-8")
    mock = Mock(Settings(contract=file), read_files(Settings(contract=file)))
    line = banner(mock, "http://t.test", "1").splitlines()[-1]
    assert line.startswith(f"  curl -s http://t.test/api/v1/chats {option.format('any')}--json")


def test_the_documentation_is_whole_where_the_banner_says(served):
    api, _ = served
    (docs,) = re.findall(r"\(docs: (.*)\)", banner(api.mock, str(api.base_url).rstrip("/"), "1"))
    page = api.get(docs).text
    (contract,) = re.findall(r'url: "(.*?)"', page)
    assert "/api/v1/chats" in api.get(contract).json()["paths"]
    for script in re.findall(r'(?:src|href)="(.*?)"', page):
        assert api.get(httpx.URL(docs).join(script)).status_code == 200


def test_the_coverage_under_a_base_path_has_every_operation(served):
    api, base = served
    api.get(f"{base}/api/v1/chats")
    counts = {
        op["operation"]: op["count"] for op in api.get("/__admin/coverage").json()["operations"]
    }
    assert len(counts) == 6
    assert counts["listChats"]


def test_a_405_under_a_base_path_names_every_method(served):
    api, base = served
    response = api.delete(f"{base}/api/v1/chats")
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert api.get(f"/elsewhere{base}/api/v1/chats").status_code == 404
