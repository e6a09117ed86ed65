"""What may be said about a customer."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from profile_service.domain.fields import CustomerFields
from profile_service.schemas import CUSTOMER_EXAMPLE


def test_the_documented_example_is_one() -> None:
    assert set(CustomerFields.model_validate(CUSTOMER_EXAMPLE).given()) == set(CUSTOMER_EXAMPLE)


def test_knows_what_was_said_from_what_was_left_out() -> None:
    assert CustomerFields.model_validate({"name": None, "tags": []}).given() == {"name": None, "tags": ()}


@pytest.mark.parametrize(
    "said",
    [
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "europe/berlin"},
        {"language": "chinese!"},
        {"country": "de"},
        {"region": "Shanghai"},
        {"email": "nobody"},
        {"account": "with space"},
        {"birth_date": "1985-02-30"},
        {"attributes": {"age": float("nan")}},
        {"attributes": {"age": [1]}},
        {"attributes": {"": 1}},
        {"attributes": {"note": "x" * 1001}},
        {"tags": None},
        {"tags": ["x"] * 201},
        {"preferred_channel": "fax"},
        {"contact_windows": [{"days": ["someday"], "start": "09:00", "end": "10:00"}]},
        {"consents": [{"channel": "call", "purpose": "marketing", "granted": True, "at": "2026-03-01T09:00:00"}]},
        {"consents": [{"channel": "call", "purpose": "x", "granted": True, "at": "0001-01-01T00:00:00+14:00"}]},
        {"do_not_disturb_until": "2026-03-01T09:00:00"},
        {"do_not_disturb_until": "9999-12-31T23:59:59-14:00"},
        {"shoe_size": 44},
        {"version": 7},
    ],
)
def test_refuses_what_no_document_may_hold(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CustomerFields.model_validate(said)
