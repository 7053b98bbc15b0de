"""A key by any scheme that a contract may ask for."""

import json
from base64 import b64encode

import pytest
import yaml

from mock_server.contract.locations import resource
from tests.serving import CHATS

TOKEN = "user:päss"
BASIC = "Basic " + b64encode(TOKEN.encode()).decode()
RAW = TOKEN.encode()


@pytest.fixture
def served(tmp_path, start):
    """A mock of a contract with this scheme, which wants a key of everything."""

    def make(scheme, **changes):
        document = yaml.load(resource("openapi.yaml").read_text(), Loader=yaml.CSafeLoader)
        document["components"]["securitySchemes"]["bearer"] = scheme
        document.update(changes)
        path = tmp_path / "own.yaml"
        path.write_text(json.dumps(document))
        api = start(contract=path, token=TOKEN)
        api.headers.clear()
        return api

    return make


@pytest.mark.parametrize(
    ("scheme", "right", "wrong"),
    [
        ({"type": "http", "scheme": "basic"}, BASIC, "Basic eA=="),
        ({"type": "http", "scheme": "Basic"}, BASIC, "Basic ?"),
        ({"type": "http", "scheme": "bearer"}, b"Bearer " + RAW, "Bearer x"),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, RAW, "x"),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, b"a=b; sid=" + RAW, "sid=x"),
    ],
)
def test_a_key_is_taken_where_the_contract_has_it(served, scheme, right, wrong):
    api = served(scheme)
    name = {"header": "X-Key", "cookie": "Cookie"}.get(scheme.get("in"), "Authorization")
    assert api.get(CHATS, headers={name: right}).status_code == 200
    for headers in ({name: wrong}, {}, {"Authorization": b"Token " + RAW}):
        refused = api.get(CHATS, headers=headers)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"]
        assert refused.headers["content-type"] == "application/problem+json"


def test_a_key_may_stand_in_the_query(served):
    api = served({"type": "apiKey", "in": "query", "name": "key"})
    assert api.get(CHATS, params={"key": TOKEN, "take": 1}).status_code == 200
    assert api.get(CHATS, params={"key": "x"}).status_code == 401
    assert api.get(CHATS).status_code == 401


def test_a_contract_may_want_no_key(served):
    api = served({"type": "http", "scheme": "bearer"}, security=[])
    assert api.get(CHATS).status_code == 200
    assert api.get(CHATS, headers={"X-Mock-Sandbox": "anybody"}).status_code == 200
