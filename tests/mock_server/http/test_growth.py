"""Work grows no faster than what comes in: eight times as much takes far less than 64 times."""

import json
import time

import pytest

from mock_server.faults.preferences import parse_preferences
from mock_server.http.bodies import parse_json, parse_strictly
from mock_server.problems.kinds import Problem
from mock_server.store.matching import holds


def twice(size):
    body = json.dumps({str(number): 1 for number in range(size)})[:-1] + ',"0":2}'
    with pytest.raises(Problem):
        parse_strictly(body.encode())


ENTRIES = {
    "escaped quotes": lambda size: parse_preferences(['a="' + '\\"' * size]),
    "quotes": lambda size: parse_preferences(['a"' * size]),
    "commas": lambda size: parse_preferences([",;" * size]),
    "words": lambda size: parse_preferences(["a" * size + "("]),
    "blanks": lambda size: parse_preferences(["a" + " " * size + "x"]),
    "arrays": lambda size: parse_json(b"[" + b"[]," * size + b"1]"),
    "digits": lambda size: parse_json(b"[" + b"1234567890123456789012," * size + b"1]"),
    "members": twice,
    "paths": lambda size: holds('{"a":{"a":1}}', json.dumps({"a." * size: 1})),
    "long paths": lambda size: holds('{"a":{"a":1}}', json.dumps({"a." + "b" * size: 1})),
}


def seconds(entry, size):
    """The least of a few tries, of this thread's own time."""
    best = float("inf")
    for _ in range(3):
        begun = time.thread_time()
        entry(size)
        best = min(best, time.thread_time() - begun)
    return best


@pytest.mark.parametrize("name", ENTRIES)
def test_work_grows_with_its_input_alone(name):
    small, large = (seconds(ENTRIES[name], size) for size in (4_000, 32_000))
    assert large < 30 * small + 0.02, (small, large)
