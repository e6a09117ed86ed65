"""Sealed fields and blind indexes."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.sealing import Keyring, Unreadable, blind_index, seal, unseal

KEY, OTHER = b"k" * 32, b"o" * 32
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80)
OLD, NEW, INDEX = "old" * 11, "new" * 11, "index" * 7


class TestSeal:
    @given(plaintext=TEXT, context=st.binary(max_size=40))
    def test_opens_with_its_key_in_its_context_and_with_no_other(self, plaintext: str, context: bytes) -> None:
        sealed = seal(KEY, plaintext, context)
        assert unseal(KEY, sealed, context) == plaintext
        for key, place in ((OTHER, context), (KEY, context + b"!")):
            with pytest.raises(Unreadable):
                unseal(key, sealed, place)

    @given(plaintext=TEXT, at=st.integers(min_value=0), bit=st.integers(0, 7))
    def test_opens_no_more_when_one_bit_has_changed(self, plaintext: str, at: int, bit: int) -> None:
        raw = bytearray(base64.urlsafe_b64decode(seal(KEY, plaintext, b"")[3:]))
        raw[3 + at % (len(raw) - 3)] ^= 1 << bit
        with pytest.raises(Unreadable):
            unseal(KEY, "v1." + base64.urlsafe_b64encode(raw).decode(), b"")

    def test_gives_another_text_each_time(self) -> None:
        assert len({seal(KEY, "+4915123456789", b"c1") for _ in range(100)}) == 100

    def test_shows_nothing_of_the_text(self) -> None:
        sealed = seal(KEY, "+4915123456789", b"c1")
        assert sealed.startswith("v1.")
        assert b"15123456789" not in base64.urlsafe_b64decode(sealed[3:])

    @pytest.mark.parametrize(
        "text",
        ["", "v1.", "v1.AAAA", "v1.no base64!", pytest.param("v2." + seal(KEY, "x", b"")[3:], id="v2"), "+49151"],
    )
    def test_what_was_never_sealed_does_not_open(self, text: str) -> None:
        with pytest.raises(Unreadable):
            unseal(KEY, text, b"")
        with pytest.raises(Unreadable):
            Keyring([OLD], INDEX).unseal(text, b"")


class TestBlindIndex:
    def test_is_equal_for_equal_values_of_a_field_under_one_key_only(self) -> None:
        found = blind_index(KEY, "phone", "+4915123456789")
        assert found == blind_index(KEY, "phone", "+4915123456789")
        assert len(bytes.fromhex(found)) == 16
        others = {
            blind_index(OTHER, "phone", "+4915123456789"),
            blind_index(KEY, "phone", "+4915123456788"),
            blind_index(KEY, "fax", "+4915123456789"),
        }
        assert len(others | {found}) == 4

    def test_keeps_field_and_value_apart(self) -> None:
        assert blind_index(KEY, "ab", "c") != blind_index(KEY, "a", "bc")


class TestKeyring:
    def test_the_newest_key_seals_and_every_known_one_opens(self) -> None:
        before, after = Keyring([OLD], INDEX), Keyring([NEW, OLD], INDEX)
        sealed = before.seal("text", b"here")
        assert after.unseal(sealed, b"here") == "text"
        assert after.unseal_bytes(before.seal_bytes(b"bytes", b"here"), b"here") == b"bytes"
        assert (before.is_newest(sealed), after.is_newest(sealed)) == (True, False)
        assert after.is_newest(after.seal("text", b"here"))
        with pytest.raises(Unreadable, match="not known"):
            before.unseal(after.seal("text", b"here"), b"here")

    def test_a_new_sealing_key_leaves_the_indexes_as_they_are(self) -> None:
        before, after = Keyring([OLD], INDEX), Keyring([NEW, OLD], INDEX)
        assert before.blind_index("phone", "1") == after.blind_index("phone", "1")
        assert before.blind_index("phone", "1") != Keyring([OLD], INDEX + "!").blind_index("phone", "1")

    def test_one_secret_for_both_makes_two_keys(self) -> None:
        both = Keyring([OLD], OLD)
        with pytest.raises(Unreadable):
            unseal(both._index_key, both.seal("text", b""), b"")

    @pytest.mark.parametrize("secrets", [[], [OLD, OLD]])
    def test_needs_keys_that_can_be_told_apart(self, secrets: list[str]) -> None:
        with pytest.raises(ValueError, match="at least one"):
            Keyring(secrets, INDEX)
