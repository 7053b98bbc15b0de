import orjson
import pytest

from mock_server.codec import decode, encode

INTEGERS = [0, -1, 2**53 + 1, 2**63, 2**64 - 1, 2**64, 2**64 + 1, -(2**63) - 1, 10**22, 10**307]


@pytest.mark.parametrize("number", INTEGERS)
def test_an_integer_keeps_its_digits(number):
    text = b'{"n":%d}' % number
    assert decode(text) == decode(text.decode()) == {"n": number}
    assert encode({"n": number}) == text


def test_digits_in_a_text_and_of_a_fraction_stay_what_they_are():
    text = '{"a":"12345678901234567890123","b":0.5,"c":"é"}'
    assert encode(decode(text)) == text.encode()


def test_keys_are_sorted_alike_with_and_without_large_integers():
    small, large = {"b": 1, "a": {"é": 1, "z": 2}}, {"b": 2**70, "a": {"é": 1, "z": 2}}
    assert encode(small, sort_keys=True) == '{"a":{"z":2,"é":1},"b":1}'.encode()
    assert encode(large, sort_keys=True) == f'{{"a":{{"z":2,"é":1}},"b":{2**70}}}'.encode()


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"NaN", b"1e999", b"9" * 400, b'"\\ud800"', b"\xff", b"[" * 2000,
     b"[" * 1020 + b"9" * 30 + b"]" * 1020, b"[1234567890123456789012, NaN]"],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_json_is_refused(text):
    with pytest.raises(orjson.JSONDecodeError):
        decode(text)


def test_what_is_no_json_value_is_not_written():
    with pytest.raises(TypeError):
        encode({"a": object()})
