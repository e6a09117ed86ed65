"""Tokens of short links: short, one per number and key, and good for nothing when altered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers_service.domain.seals import seal, unseal

OLD, NEW = "old-key" * 5, "new-key" * 5
NUMBERS = st.integers(0, 2**40 - 1)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(number=NUMBERS)
def test_a_token_is_short_needs_no_escaping_and_holds_its_number(number: int) -> None:
    token = seal(number, [NEW])
    assert len(token) == 20
    assert set(token) <= set(ALPHABET)
    assert unseal(token, [NEW]) == number


@given(number=NUMBERS, place=st.integers(0, 19), letter=st.sampled_from(ALPHABET))
def test_any_other_character_anywhere_makes_it_worthless(number: int, place: int, letter: str) -> None:
    token = seal(number, [NEW])
    altered = token[:place] + letter + token[place + 1 :]
    assert unseal(altered, [NEW]) == (number if altered == token else None)


def test_a_new_key_seals_and_the_old_one_opens_until_it_is_taken_away() -> None:
    before = seal(7, [OLD])
    assert unseal(before, [NEW, OLD]) == 7
    assert unseal(before, [NEW]) is None
    assert seal(7, [NEW, OLD]) == seal(7, [NEW]) != before


@pytest.mark.parametrize("text", ["", "x", "A" * 19, "A" * 21, "A" * 19 + "=", "A" * 19 + "\n", "ä" * 20, "A" * 20])
def test_what_is_no_token_opens_nothing(text: str) -> None:
    assert unseal(text, [NEW]) is None


def test_a_number_too_large_is_not_sealed() -> None:
    with pytest.raises(OverflowError):
        seal(2**40, [NEW])
