"""Large values, read and taken apart in pieces."""

import json
from contextlib import nullcontext
from itertools import chain

import pytest

from mock_server import large
from mock_server.large import decode_in_turns, empty, pieces

DEEP = {"a": [1, "x" * 50, {"b": [None, True, 2.5e-3, "é😀\u2028"] * 9}], "": {}, "c": [[]] * 40}
TEXT = json.dumps(DEEP, indent=1, ensure_ascii=False).encode()


@pytest.fixture(params=[1, 7, 30, 64, 4096])
def piece(request, monkeypatch):
    """How much is read at one go."""
    monkeypatch.setattr(large, "PIECE", request.param)
    monkeypatch.setattr(large, "_TEXT", 80)
    return request.param


@pytest.mark.parametrize("text", [TEXT, json.dumps(DEEP).encode(), b"[]", b" {} ", b"-12.5e3"])
def test_what_is_read_in_pieces_is_the_same(piece, text):
    fits = piece > 1 or b"1" not in text  # a number is not cut
    with nullcontext() if fits else pytest.raises(ValueError, match="too large"):
        assert decode_in_turns(text, dict) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        *(TEXT[:-1], TEXT + b"]", TEXT[:-2] + b",}", b"[1 2]", b'{"a" 1}', b"{1: 2}", b"[NaN]"),
        *(b"[1,]", b'["\\ud800"]', b"[\xff]", b"", b"[1e999]", b'{"a": 1,}'),
    ],
)
def test_what_cannot_be_read_is_refused(piece, text):
    with pytest.raises(ValueError, match=r"."):
        decode_in_turns(text, dict)


def test_what_was_read_before_a_fault_is_freed(monkeypatch):
    monkeypatch.setattr(large, "PIECE", 64)
    freed, free = [], large._free
    monkeypatch.setattr(large, "_free", lambda parts: freed.append(len(parts)) or free(parts))
    text = b'{"a": [%s{"b": [1, 2]}], "c": ?}' % (b'{"b": [1, 2]}, ' * 20)
    with pytest.raises(ValueError, match="cannot be read"):
        decode_in_turns(text, dict)
    assert freed.count(21) == 1
    assert freed.count(2) == 21


def test_so_much_is_looked_at_in_one_go(monkeypatch):
    seen = []
    move = large._Reader.move
    monkeypatch.setattr(
        large._Reader, "move", lambda self, size: move(self, size) or seen.append(len(self.text))
    )
    numbers = b"[" + b"1," * (3 * large.PIECE) + b"1]"
    assert len(decode_in_turns(numbers, dict)) == 3 * large.PIECE + 1
    assert max(seen) == large.PIECE
    assert len(seen) < 10


def test_a_text_may_be_larger_than_a_piece_and_has_a_bound():
    for size, fits in ((4 * large.PIECE - 3, True), (4 * large.PIECE - 2, False)):
        text = b'["' + b"x" * size + b'", 1]'
        if fits:
            assert decode_in_turns(text, dict) == ["x" * size, 1]
        else:
            with pytest.raises(ValueError, match="too large"):
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


@pytest.mark.parametrize("number", [b"1.5", b"15e3", b"15E+3", b"1.5e-3", b"-15"])
@pytest.mark.parametrize("before", range(9))
def test_a_number_lies_across_two_pieces(monkeypatch, number, before):
    monkeypatch.setattr(large, "PIECE", 8)
    text = b"[" + b" " * before + number + b"]"
    assert decode_in_turns(text, dict) == json.loads(text)
