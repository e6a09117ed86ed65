"""What becomes of a message: by seed and reference alone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.testing.simulators.fate import Fate, Provider, derived_id, fate

patient = settings(deadline=None)  # a busy machine is no failure

shares = st.floats(0, 1)
providers = st.sampled_from(Provider)


def troubled(course: Fate) -> bool:
    return course.refusals > 0 or course.invalid or not course.delivered


class TestFate:
    def test_is_the_same_on_every_machine(self) -> None:
        assert fate(7, Provider.SMS, "ctc_1", 1.0) == Fate(
            refusals=0, invalid=True, delivered=True, delay=timedelta(seconds=7, milliseconds=861)
        )

    @patient
    @given(seed=st.integers(), provider=providers, reference=st.text(max_size=64))
    def test_without_failures_every_message_arrives(self, seed: int, provider: Provider, reference: str) -> None:
        assert not troubled(fate(seed, provider, reference, 0.0))

    @patient
    @given(seed=st.integers(), provider=providers, reference=st.text(max_size=64), low=shares, high=shares)
    def test_a_larger_share_keeps_the_failures_of_a_smaller_one(
        self, seed: int, provider: Provider, reference: str, low: float, high: float
    ) -> None:
        one, other = (fate(seed, provider, reference, share) for share in sorted((low, high)))
        assert one == other or (troubled(other) and not troubled(one))
        assert one.delay == other.delay

    def test_the_share_fails_a_third_in_each_way(self) -> None:
        courses = [fate(1, Provider.SMS, f"ctc_{number}", 0.3) for number in range(6000)]
        kinds = Counter((course.refusals > 0, course.invalid, course.delivered) for course in courses)
        assert set(kinds) == {(False, False, True), (True, False, True), (False, True, True), (False, False, False)}
        for kind, times in kinds.items():
            expected = 4200 if kind == (False, False, True) else 600
            assert abs(times - expected) < 150, kind

    def test_each_seed_and_each_provider_chooses_others(self) -> None:
        references = [f"ctc_{number}" for number in range(200)]
        failing = [
            {one for one in references if troubled(fate(seed, provider, one, 0.5))}
            for seed, provider in ((1, Provider.SMS), (2, Provider.SMS), (1, Provider.EMAIL))
        ]
        assert len({frozenset(found) for found in failing}) == 3

    @patient
    @given(seed=st.integers(), reference=st.text(max_size=64))
    def test_receipts_take_seconds_by_sms_and_minutes_by_mail(self, seed: int, reference: str) -> None:
        assert timedelta(seconds=2) <= fate(seed, Provider.SMS, reference, 0).delay <= timedelta(seconds=90)
        assert timedelta(seconds=5) <= fate(seed, Provider.EMAIL, reference, 0).delay <= timedelta(minutes=15)


class TestDerivedId:
    def test_tells_providers_references_and_copies_apart(self) -> None:
        ids = [
            derived_id("rcp", provider, reference, copy)
            for provider in Provider
            for reference in ("ctc_1", "ctc_2")
            for copy in (1, 2)
        ]
        assert len(set(ids)) == len(ids)
        assert derived_id("rcp", Provider.SMS, "ctc_1", 1) == ids[0]
