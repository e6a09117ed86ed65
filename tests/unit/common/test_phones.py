"""Phone numbers in E.164."""

from __future__ import annotations

import pytest

from rapport.phones import InvalidPhone, to_e164


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("+4915123456789", None, "+4915123456789"),
        (" +49 (151) 234-56789 ", None, "+4915123456789"),
        ("0151 23456789", "DE", "+4915123456789"),
        ("13812345678", "CN", "+8613812345678"),
        ("0086 138 1234 5678", "DE", "+8613812345678"),
        ("+8613812345678", "DE", "+8613812345678"),
    ],
)
def test_one_number_has_one_form(text: str, country: str | None, expected: str) -> None:
    assert to_e164(text, country) == expected


@pytest.mark.parametrize(
    ("text", "country"),
    [("13812345678", None), ("", "CN"), ("call me", "CN"), ("123", "CN"), ("+1234567", None), ("+999123456789", None)],
)
def test_what_is_no_number_is_refused_without_repeating_it(text: str, country: str | None) -> None:
    with pytest.raises(InvalidPhone) as refused:
        to_e164(text, country)
    assert not text or text not in str(refused.value)
