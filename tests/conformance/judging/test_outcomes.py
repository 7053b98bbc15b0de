import pytest

from conformance.judging.outcomes import Violation, expect, listed, shown


def test_what_holds_raises_nothing() -> None:
    expect(True, "anything", "anything")


def test_what_does_not_hold_says_both_sides() -> None:
    with pytest.raises(Violation) as caught:
        expect(False, "a list", {"a": None})
    assert (caught.value.expected, caught.value.actual) == ("a list", '{"a": null}')


def test_text_is_told_as_it_is() -> None:
    with pytest.raises(Violation, match="got it is active$"):
        expect(False, "a final session", "it is active")


def test_a_long_value_is_cut_and_its_length_told() -> None:
    text = shown("x" * 400, 10)
    assert text == '"xxxxxxxxx… (402 characters)'


def test_letters_are_shown_as_letters() -> None:
    assert shown("Grüße") == '"Grüße"'


def test_what_is_no_json_is_shown_as_python_has_it() -> None:
    assert shown({(1, 2): 3}) == "{(1, 2): 3}"


@pytest.mark.parametrize(
    ("statuses", "words"),
    [((404,), "404"), ((422, 400), "400 or 422"), ((422, 404, 400), "400, 404 or 422")],
)
def test_statuses_are_told_in_order(statuses: tuple[int, ...], words: str) -> None:
    assert listed(statuses) == words
