"""Sealed texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.sealing import Unreadable, seal, unseal

KEY = bytes(range(32))
OTHER = bytes(32)


class TestASealedText:
    @given(st.text(max_size=200), st.binary(max_size=50))
    def test_opens_with_its_key_in_its_context(self, text: str, context: bytes) -> None:
        sealed = seal(KEY, text, context)
        assert sealed.startswith("v1.")
        assert unseal(KEY, sealed, context) == text

    def test_is_another_each_time(self) -> None:
        assert seal(KEY, "secret", b"") != seal(KEY, "secret", b"")

    def test_opens_with_no_other_key_and_in_no_other_context(self) -> None:
        sealed = seal(KEY, "secret", b"here")
        for key, context in ((OTHER, b"here"), (KEY, b"there")):
            with pytest.raises(Unreadable):
                unseal(key, sealed, context)

    def test_that_was_altered_does_not_open(self) -> None:
        sealed = seal(KEY, "secret", b"here")
        for each in (sealed[:-4] + "AAAA", sealed[:20], "v1.", "v2" + sealed[2:], "secret"):
            with pytest.raises(Unreadable):
                unseal(KEY, each, b"here")
