from conformance.contract.bounds import Bounds


def test_both_ends_are_within() -> None:
    bounds = Bounds(60, 3600)
    assert [number in bounds for number in (59, 60, 3600, 3601)] == [False, True, True, False]


def test_what_is_beyond_has_a_nearest_end() -> None:
    bounds = Bounds(60, 3600)
    assert [bounds.near(number) for number in (1, 600, 9999)] == [60, 600, 3600]
