"""Tokens of short links: short, one per number and key, and good for nothing when altered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.links import address, link_of, seal, seal_id, unseal

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


@pytest.mark.parametrize(
    "text",
    ["", "x", "A" * 19, "A" * 21, "A" * 19 + "=", "A" * 19 + "\n", "ä" * 20, "A" * 20, "A" * 32, "A" * 31, "A" * 24],
)
def test_what_is_no_token_opens_nothing(text: str) -> None:
    assert unseal(text, [NEW]) is None


@given(contact_id=st.text(min_size=1, max_size=64), place=st.integers(0, 31), letter=st.sampled_from(ALPHABET))
def test_the_link_of_a_message_follows_from_its_contact(contact_id: str, place: int, letter: str) -> None:
    link_id = link_of(contact_id)
    token = seal_id(link_id, [NEW])
    assert (len(token), link_of(contact_id)) == (32, link_id)
    assert set(token) <= set(ALPHABET)
    assert unseal(token, [NEW]) == link_id
    altered = token[:place] + letter + token[place + 1 :]
    assert unseal(altered, [NEW]) == (link_id if altered == token else None)


def test_no_two_contacts_share_a_link_and_their_tokens_tell_nothing_of_them() -> None:
    tokens = {seal_id(link_of(f"ctc_{number}"), [NEW]) for number in range(1000)}
    assert len(tokens) == 1000
    assert seal_id(link_of("ctc_1"), [OLD]) not in tokens


@pytest.mark.parametrize("link_id", ["", "lnk_", "lnk_1", "lnk_" + "g" * 28, "ctc_" + "0" * 28, "lnk_" + "0" * 32])
def test_only_the_link_of_a_message_is_sealed_by_its_id(link_id: str) -> None:
    with pytest.raises(ValueError, match="not the link of a message"):
        seal_id(link_id, [NEW])


@pytest.mark.parametrize("begins", ["https://go.example", "https://go.example/"])
def test_an_address_has_one_slash(begins: str) -> None:
    assert address(begins, "abc") == "https://go.example/l/abc"


def test_a_number_too_large_is_not_sealed() -> None:
    with pytest.raises(OverflowError):
        seal(2**40, [NEW])
