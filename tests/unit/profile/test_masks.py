"""What those see who may not read personal data."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from profile_service.domain.masks import MASKS
from profile_service.schemas import CustomerView
from rapport.contracts.profile import CustomerUpserted

PERSONAL: dict[str, Any] = {
    "name": "Zhang Wei",
    "phone": "+8613812345678",
    "email": "zhang.wei@example.com",
    "account": "6222-0001",
    "birth_date": date(1985, 7, 4),
}
DOCUMENT = CustomerUpserted(customer_id="c1", version=1, grade="key", **PERSONAL | {"phone": None})


def view(*, reveal: bool) -> CustomerView:
    return CustomerView.of(DOCUMENT, phone=PERSONAL["phone"], reveal=reveal)


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("name", "Z***"),
        ("phone", "***78"),
        ("email", "z***@example.com"),
        ("account", "***01"),
        ("birth_date", "1985-**-**"),
    ],
)
def test_shows_a_little_of_each_personal_field(field: str, shown: str) -> None:
    assert MASKS[field](PERSONAL[field]) == shown


@pytest.mark.parametrize("short", ["1", "12", "1234"])
def test_shows_nothing_of_an_account_so_short_that_a_little_were_most_of_it(short: str) -> None:
    assert MASKS["account"](short) == "***"


class TestCustomerView:
    def test_masks_exactly_the_personal_fields(self) -> None:
        masked, open_ = view(reveal=False), view(reveal=True)
        assert {name for name, value in masked if value != dict(open_)[name]} == set(PERSONAL)

    def test_reveals_personal_fields_as_they_are(self) -> None:
        shown = view(reveal=True)
        assert {name: dict(shown)[name] for name in PERSONAL} == {name: str(value) for name, value in PERSONAL.items()}

    def test_an_unknown_field_stays_unknown(self) -> None:
        found = CustomerView.of(CustomerUpserted(customer_id="c1", version=1), phone=None, reveal=False)
        assert (found.name, found.phone) == (None, None)
