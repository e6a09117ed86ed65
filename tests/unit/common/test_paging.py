from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Malformed
from rapport.web import Paging
from rapport.web.paging import encode_cursor

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read_all(items: list[int], limit: int) -> list[list[int]]:
    """Page through `items` as a repository would, by what lies after the cursor."""
    pages, cursor = [], None
    while True:
        paging = Paging(limit, cursor)
        after = paging.after(tuple[int])
        page = paging.page([item for item in items if after is None or item > after[0]][: paging.fetch], lambda i: (i,))
        pages.append(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return pages


class TestPage:
    @given(st.sets(st.integers(0, 10**6)), st.integers(1, 7))
    def test_pages_together_are_the_list(self, items: set[int], limit: int) -> None:
        pages = read_all(sorted(items), limit)
        assert [item for page in pages for item in page] == sorted(items)
        assert all(len(page) == limit for page in pages[:-1])
        assert len(pages[-1]) <= limit

    def test_a_full_last_page_promises_nothing_more(self) -> None:
        assert read_all([1, 2, 3, 4], 2) == [[1, 2], [3, 4]]


class TestCursor:
    def test_gives_the_position_back_in_its_types(self) -> None:
        paging = Paging(cursor=encode_cursor((AT, "ctc_1")))
        assert paging.after(tuple[datetime, str]) == (AT, "ctc_1")

    def test_is_absent_on_the_first_page(self) -> None:
        assert Paging().after(tuple[datetime, str]) is None

    def test_is_safe_in_a_url(self) -> None:
        cursor = encode_cursor((AT, "~" * 64, 10**12))
        assert cursor == "".join(c for c in cursor if c.isalnum() or c in "-_")

    @given(st.integers(0, 200), st.sampled_from("AZaz09-_"))
    def test_an_altered_one_is_malformed(self, place: int, letter: str) -> None:
        genuine = encode_cursor((AT, "ctc_1"))
        place %= len(genuine)
        altered = genuine[:place] + letter + genuine[place + 1 :]
        if altered != genuine:
            with pytest.raises(Malformed):
                Paging(cursor=altered).after(tuple[datetime, str])

    @pytest.mark.parametrize(
        "cursor",
        [
            "",
            "x",
            "é",
            "%%%",
            encode_cursor((AT, "ctc_1")) + "A",
            encode_cursor((AT, "ctc_1")) + "=",
            base64.urlsafe_b64encode(b'["2026-03-01T12:00:00Z","ctc_1"]').decode(),
        ],
    )
    def test_what_we_did_not_give_out_is_malformed(self, cursor: str) -> None:
        with pytest.raises(Malformed) as raised:
            Paging(cursor=cursor).after(tuple[datetime, str])
        assert raised.value.errors[0].pointer == "query/cursor"

    def test_one_of_another_list_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            Paging(cursor=encode_cursor((1,))).after(tuple[datetime, str])
