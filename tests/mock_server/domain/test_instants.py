"""Instants in RFC 3339, read and written."""

import pytest

from mock_server.domain.instants import SECOND, format_instant, parse_duration, parse_instant

INSTANT = 1_767_603_600_123_456


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("micro", "2026-01-05T09:00:00.123456Z"),
        ("seconds", "2026-01-05T09:00:00Z"),
        ("nano", "2026-01-05T09:00:00.123456000Z"),
        ("offset", "2026-01-05T11:00:00.123456+02:00"),
    ],
)
def test_each_style_is_written_and_read_back(style, text):
    assert format_instant(INSTANT, style) == text
    assert parse_instant(text) == (
        INSTANT // 1_000_000 * 1_000_000 if style == "seconds" else INSTANT
    )


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-05t09:00:00.1234569z", INSTANT),
        ("2026-01-05T08:00:00.123456-01:00", INSTANT),
        ("1970-01-01T00:00:00.5Z", 500_000),
        ("1969-12-31T23:59:60Z", 0),
        ("0000-02-29T00:00:00Z", -62_035_891_200_000_000),
    ],
)
def test_any_rfc_3339_text_is_read(text, instant):
    assert parse_instant(text) == instant


@pytest.mark.parametrize("text", ["yesterday", "2026-01-05T09:00:00", "2026-13-01T00:00:00Z", ""])
def test_anything_else_is_no_instant(text):
    with pytest.raises(ValueError, match=r"\w"):
        parse_instant(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT0.5H", 1800), ("PT1.5M", 90), ("P0.5D", 43200), ("P1.5W", 907200), ("PT1,5S", 1.5),
     ("PT1H0.5M", 3630), ("-PT0.5H", -1800), ("PT0.0000019S", 0.000001)],
)  # fmt: skip
def test_a_duration_may_have_fractions(text, seconds):
    assert parse_duration(text) == round(seconds * SECOND)


@pytest.mark.parametrize("text", ["PT", "P", "PT.5H", "PT1.H", "PT1.5.5H", "PT1H2", "P1Y", "0.5h"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="no ISO 8601 duration"):
        parse_duration(text)
