"""Large values, read and taken apart in pieces."""

import json
from itertools import chain

import pytest

from mock_server import large
from mock_server.large import decode_in_turns, empty, pieces

DEEP = {"a": [1, "x" * 50, {"b": [None, True, 2.5e-3, "é😀\u2028"] * 9}], "": {}, "c": [[]] * 40}
TEXT = json.dumps(DEEP, indent=1, ensure_ascii=False).encode()


@pytest.fixture(params=[1, 4096])
def piece(request, monkeypatch):
    """How much is looked at in one go; without an object in it, each value is read by itself."""
    monkeypatch.setattr(large, "PIECE", request.param)


@pytest.mark.parametrize("text", [TEXT, json.dumps(DEEP).encode(), b"[]", b" {} ", b"-12.5e3"])
@pytest.mark.usefixtures("piece")
def test_a_large_text_is_read_like_any(text):
    assert decode_in_turns(text, dict) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        *(TEXT[:-1], TEXT + b"]", TEXT[:-2] + b",}", b"[1 2]", b'{"a" 1}', b"{1: 2}", b"[NaN]"),
        *(b"[1,]", b'["\\ud800"]', b'{"\\udc00": 1}', b"[\xff]", b"", b"[1e999]", b'{"a": 1,}'),
    ],
)
@pytest.mark.usefixtures("piece")
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        decode_in_turns(text, dict)


def test_pieces_hold_all_and_few_at_once():
    value = {"a": 1, "s": [{"m": [0] * 400}] * 9 + [{}] * 2_000, "t": [1] * 600, "u": []}
    made = [*pieces(value)]
    for name in "stu":
        assert [*chain.from_iterable(piece[name] for piece in made)] == value[name]
    assert max(sum(len(s.get("m", ())) + 1 for s in piece["s"]) for piece in made) <= 500
    assert all(piece["t"] for piece in pieces(value, least=1))


def test_what_is_emptied_holds_nothing():
    inner = [{"a": [1, 2]}]
    value = {"some": [{"deep": inner}], "other": {"kept": 1}}
    empty(value)
    assert (value, inner) == ({"some": [], "other": {"kept": 1}}, [])
