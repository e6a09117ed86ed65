from __future__ import annotations

import pytest

from rapport.errors import Malformed, PreconditionFailed, PreconditionRequired
from rapport.web import check_if_match, etag, is_current


class TestCheckIfMatch:
    @pytest.mark.parametrize("header", ['"3"', '"2", "3"', '"3","9"', "*", ' "3" ', None])
    def test_lets_who_knows_the_present_version_pass(self, header: str | None) -> None:
        check_if_match(header, 3)

    @pytest.mark.parametrize("header", ['"2"', '"2", "4"', 'W/"3"', '"33"', '""'])
    def test_stops_who_knows_another_version(self, header: str) -> None:
        with pytest.raises(PreconditionFailed):
            check_if_match(header, 3)

    @pytest.mark.parametrize("header", ['"1"', "*"])
    def test_stops_who_expects_a_document_that_is_not_there(self, header: str) -> None:
        with pytest.raises(PreconditionFailed):
            check_if_match(header, None)

    def test_can_require_the_header(self) -> None:
        with pytest.raises(PreconditionRequired):
            check_if_match(None, 3, required=True)

    def test_requires_no_header_for_a_document_that_is_not_there(self) -> None:
        check_if_match(None, None, required=True)

    @pytest.mark.parametrize("header", ["3", "'3'", '"3" "4"', '"3', '3"', "", "**"])
    def test_refuses_what_is_no_list_of_tags(self, header: str) -> None:
        with pytest.raises(Malformed):
            check_if_match(header or ",", 3)


class TestIsCurrent:
    @pytest.mark.parametrize("header", ['"3"', 'W/"3"', '"1", W/"3"', "*"])
    def test_recognises_the_copy_at_hand(self, header: str) -> None:
        assert is_current(header, etag(3))

    @pytest.mark.parametrize("header", ['"2"', None])
    def test_sends_the_document_otherwise(self, header: str | None) -> None:
        assert not is_current(header, etag(3))
