"""How the customer document changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_service.domain import documents
from profile_service.domain.documents import sealed, unknown, with_consents
from rapport.contracts.profile import Consent, CustomerUpserted, Holding
from rapport.contracts.vocabulary import Channel
from rapport.errors import Malformed
from rapport.phones import clear_phone, phone_index
from rapport.sealing import Keyring

KEYS = Keyring(["seal"], "index")
NEWER = Keyring(["newer", "seal"], "index")
PHONE = "+4915123456789"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def document(**said: Any) -> CustomerUpserted:
    return CustomerUpserted(customer_id="c1", version=3, **said)


def consent(*, granted: bool, hour: int, purpose: str = "marketing", channel: Channel = Channel.CALL) -> Consent:
    return Consent(channel=channel, purpose=purpose, granted=granted, at=NOON + timedelta(hours=hour), source="test")


def patched(known: CustomerUpserted, said: dict[str, Any]) -> CustomerUpserted:
    return documents.patched(known, said, KEYS)


def replaced(known: CustomerUpserted, said: dict[str, Any]) -> CustomerUpserted:
    return documents.replaced(known, said, KEYS)


def phone_of(found: CustomerUpserted, keys: Keyring = KEYS) -> str | None:
    return clear_phone(keys, dict(found))


class TestPatched:
    def test_changes_what_is_said_and_keeps_the_rest(self) -> None:
        known = document(name="Ann", grade="key")
        assert patched(known, {"grade": None}) == document(name="Ann")

    def test_merges_attributes_and_null_removes_one(self) -> None:
        known = document(attributes={"age": 40, "job": "nurse", "balance": 1.5})
        assert patched(known, {"attributes": {"age": 41, "job": None}}).attributes == {"age": 41, "balance": 1.5}

    def test_merges_external_ids(self) -> None:
        known = document(external_ids={"crm": "1", "billing": "2"})
        assert patched(known, {"external_ids": {"crm": None, "erp": "3"}}).external_ids == {"billing": "2", "erp": "3"}

    def test_replaces_lists(self) -> None:
        known = document(tags=("a", "b"), holdings=(Holding(product="gold"),))
        said = {"tags": ("c",), "holdings": ()}
        assert patched(known, said) == document(tags=("c",))

    def test_reads_a_phone_as_dialled_in_the_country_that_is_known(self) -> None:
        assert phone_of(patched(document(country="DE"), {"phone": "0151 23456789"})) == PHONE

    def test_reads_a_phone_as_dialled_in_the_country_that_is_said_with_it(self) -> None:
        said = {"phone": "138 1234 5678", "country": "CN"}
        assert phone_of(patched(document(country="DE"), said)) == "+8613812345678"

    @pytest.mark.parametrize("phone", ["0151 23456789", "none", "+49", "+1234567"])
    def test_refuses_what_is_no_phone_and_names_the_place_but_not_the_value(self, phone: str) -> None:
        with pytest.raises(Malformed) as refused:
            patched(document(), {"phone": phone})
        assert refused.value.errors[0].pointer == "#/phone"
        assert phone not in str(refused.value.errors)

    def test_keeps_the_do_not_call_mark_unless_it_is_lifted_explicitly(self) -> None:
        known = document(do_not_call=True)
        assert patched(known, {"do_not_call": None}).do_not_call
        assert not patched(known, {"do_not_call": False}).do_not_call


class TestReplaced:
    def test_forgets_what_is_not_said(self) -> None:
        known = document(name="Ann", attributes={"age": 40}, tags=("vip",))
        assert replaced(known, {"grade": "key"}) == document(grade="key")

    def test_never_forgets_consents_or_the_do_not_call_mark(self) -> None:
        consents = (consent(granted=False, hour=0),)
        known = document(name="Ann", consents=consents, do_not_call=True)
        assert replaced(known, {}) == document(consents=consents, do_not_call=True)

    def test_keeps_the_version_for_the_writer_to_raise(self) -> None:
        assert replaced(document(), {}).version == 3


class TestWithConsents:
    def test_the_newest_counts_per_channel_and_purpose(self) -> None:
        known = document(consents=(consent(granted=True, hour=0), consent(granted=True, hour=0, purpose="service")))
        found = with_consents(known, [consent(granted=False, hour=1)]).consents
        assert [(one.purpose, one.granted) for one in found] == [("marketing", False), ("service", True)]

    def test_an_older_one_that_comes_late_changes_nothing(self) -> None:
        known = document(consents=(consent(granted=False, hour=1),))
        assert with_consents(known, [consent(granted=True, hour=0)]) == known

    def test_of_two_at_one_instant_the_refusal_counts(self) -> None:
        for pair in permutations([consent(granted=True, hour=0), consent(granted=False, hour=0)]):
            (found,) = with_consents(document(), pair).consents
            assert not found.granted

    @given(st.lists(st.builds(consent, granted=st.booleans(), hour=st.integers(0, 3)), max_size=6), st.randoms())
    def test_the_order_of_arrival_does_not_matter(self, said: list[Consent], random: Any) -> None:
        shuffled = random.sample(said, len(said))
        one_by_one = document()
        for each in shuffled:
            one_by_one = with_consents(one_by_one, [each])
        assert one_by_one == with_consents(document(), said)


def test_a_stored_document_is_the_one_that_was_written() -> None:
    """Or else each report would make a new version."""
    said = document(
        attributes={"a": 1, "b": 1.5, "c": "x", "d": True},
        holdings=(Holding(product="gold", monthly_value=Decimal("19.90"), since=date(2026, 1, 1)),),
        consents=(consent(granted=True, hour=0),),
    )
    assert CustomerUpserted.model_validate_json(said.model_dump_json()) == said


def test_an_unknown_customer_has_version_zero_and_says_nothing() -> None:
    nobody = unknown("c1")
    assert nobody.version == 0
    assert nobody.model_copy(update={"version": 1}) == CustomerUpserted(customer_id="c1", version=1)


class TestPhone:
    def test_is_sealed_and_indexed_and_nowhere_in_clear(self) -> None:
        found = patched(document(), {"phone": PHONE})
        assert (found.phone, found.phone_index) == (None, phone_index(KEYS, PHONE))
        assert PHONE not in found.model_dump_json()

    @pytest.mark.parametrize("change", [patched, replaced])
    def test_that_stays_the_same_stays_sealed_as_it_is(self, change: Any) -> None:
        known = change(document(), {"phone": PHONE})
        assert change(known, {"phone": "+49 151 23456789"}) == known

    @pytest.mark.parametrize("change", [patched, replaced])
    def test_that_is_another_is_sealed_anew(self, change: Any) -> None:
        found = change(change(document(), {"phone": PHONE}), {"phone": "+4915123456780"})
        assert (phone_of(found), found.phone_index) == ("+4915123456780", phone_index(KEYS, "+4915123456780"))

    @pytest.mark.parametrize(
        "found",
        [
            patched(patched(document(), {"phone": PHONE}), {"phone": None}),
            replaced(patched(document(), {"phone": PHONE}), {}),
            patched(document(phone=PHONE), {"phone": None}),
        ],
    )
    def test_that_is_taken_away_leaves_nothing(self, found: CustomerUpserted) -> None:
        assert (found.phone, found.phone_sealed, found.phone_index) == (None, None, None)

    def test_is_sealed_anew_when_the_key_has_changed(self) -> None:
        known = patched(document(), {"phone": PHONE})
        assert sealed(known, KEYS) is known
        for found in (sealed(known, NEWER), documents.patched(known, {"phone": PHONE}, NEWER)):
            assert (phone_of(found, Keyring(["newer"], "index")), found.phone_index) == (PHONE, known.phone_index)

    def test_in_clear_from_before_is_sealed(self) -> None:
        found = sealed(document(phone=PHONE), KEYS)
        assert (found.phone, phone_of(found)) == (None, PHONE)

    def test_whose_key_is_lost_is_kept(self) -> None:
        known = patched(document(), {"phone": PHONE})
        assert sealed(known, Keyring(["other"], "index")) == known
