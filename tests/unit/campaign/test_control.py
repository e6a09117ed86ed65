"""Who is in the control group."""

from __future__ import annotations

import pytest

from campaign_service.domain.control import in_control

CUSTOMERS = [f"c-{number:05}" for number in range(10_000)]


class TestControlGroup:
    @pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
    def test_is_close_to_the_share_asked_for(self, share: float) -> None:
        found = sum(in_control("spring", customer, share) for customer in CUSTOMERS)
        deviation = (share * (1 - share) * len(CUSTOMERS)) ** 0.5
        assert abs(found - share * len(CUSTOMERS)) < 4 * deviation

    def test_is_nobody_for_a_share_of_zero(self) -> None:
        assert not any(in_control("spring", customer, 0.0) for customer in CUSTOMERS)

    def test_grows_with_the_share_and_loses_nobody(self) -> None:
        small = {customer for customer in CUSTOMERS if in_control("spring", customer, 0.1)}
        large = {customer for customer in CUSTOMERS if in_control("spring", customer, 0.3)}
        assert small < large

    def test_is_another_one_in_another_campaign(self) -> None:
        spring = {customer for customer in CUSTOMERS if in_control("spring", customer, 0.5)}
        autumn = {customer for customer in CUSTOMERS if in_control("autumn", customer, 0.5)}
        assert abs(len(spring & autumn) - len(CUSTOMERS) / 4) < 250

    def test_never_changes(self) -> None:
        """The sides of these customers are fixed: another hash would move people out of running control groups."""
        sides = {f"c-{number}": in_control("spring", f"c-{number}", 0.5) for number in range(8, 16)}
        assert {customer for customer, control in sides.items() if control} == {"c-10", "c-12", "c-13", "c-14"}
