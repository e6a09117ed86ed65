"""The providers' books: what is taken, and which receipts are due when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rapport.clock import FixedClock
from rapport.testing.simulators.fate import Provider, fate
from rapport.testing.simulators.post import Behaviour, Message, Mode, PostOffice, ReceiptState, Verdict

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SMS = Provider.SMS


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def office(clock: FixedClock) -> PostOffice:
    return PostOffice(clock, seed=7)


def take(office: PostOffice, reference: str = "ctc_1") -> Message | Verdict:
    return office.take(SMS, reference, to="+493023125014", text="Hello")


def sent(office: PostOffice, reference: str = "ctc_1") -> Message:
    found = take(office, reference)
    assert isinstance(found, Message)
    return found


class TestTake:
    def test_plans_the_receipt_at_its_fates_delay(self, office: PostOffice) -> None:
        message = sent(office)
        assert message.received_at == NOON
        assert message.receipt.at == NOON + fate(7, SMS, "ctc_1", 0).delay

    def test_gives_a_second_copy_ids_of_its_own(self, office: PostOffice) -> None:
        first, second = sent(office), sent(office)
        assert first.message_id != second.message_id
        assert first.receipt.outcome_id != second.receipt.outcome_id
        assert list(office.messages("ctc_1")) == [first, second]

    def test_refuses_everything_while_down_and_nothing_afterwards(self, office: PostOffice) -> None:
        office.behaviour[SMS] = Behaviour(mode=Mode.DOWN)
        assert [take(office) for _ in range(3)] == [Verdict.BUSY] * 3
        office.behaviour[SMS] = Behaviour()
        assert isinstance(take(office), Message)
        assert office.refused[SMS, "ctc_1"] == 3

    def test_takes_a_busy_one_after_as_many_refusals_as_its_fate_says(self, office: PostOffice) -> None:
        office.behaviour[SMS] = Behaviour(failure_share=1.0)
        references = [f"ctc_{number}" for number in range(60)]
        busy = [one for one in references if fate(7, SMS, one, 1.0).refusals]
        assert {fate(7, SMS, one, 1.0).refusals for one in busy} == {1, 2}
        for reference in busy:
            refusals = fate(7, SMS, reference, 1.0).refusals
            assert [take(office, reference) for _ in range(refusals)] == [Verdict.BUSY] * refusals
            assert isinstance(take(office, reference), Message)

    def test_refuses_an_invalid_number_for_good(self, office: PostOffice) -> None:
        office.behaviour[SMS] = Behaviour(failure_share=1.0)
        invalid = next(f"ctc_{n}" for n in range(60) if fate(7, SMS, f"ctc_{n}", 1.0).invalid)
        assert [take(office, invalid) for _ in range(4)] == [Verdict.INVALID] * 4
        assert list(office.messages(invalid)) == []


class TestDue:
    def test_counts_a_receipt_from_its_instant_on(self, office: PostOffice) -> None:
        at = sent(office).receipt.at
        assert office.due(at - timedelta(microseconds=1)) == 0
        assert office.due(at) == 1
        assert office.next_at() == at

    def test_still_counts_it_while_it_is_under_way(self, office: PostOffice, clock: FixedClock) -> None:
        message = sent(office)
        clock.move(message.receipt.at)
        assert office.begin(10) == [message.receipt]
        assert office.begin(10) == []
        assert office.due(clock.now()) == 1
        assert office.next_at() == message.receipt.at

    @pytest.mark.parametrize("state", [ReceiptState.TAKEN, ReceiptState.REFUSED])
    def test_counts_it_no_more_once_it_is_answered(
        self, office: PostOffice, clock: FixedClock, state: ReceiptState
    ) -> None:
        message = sent(office)
        clock.move(message.receipt.at)
        office.finish(office.begin(1)[0], state)
        assert office.due(clock.now()) == 0
        assert office.next_at() is None
        assert message.receipt.state is state

    def test_hands_them_out_in_order_and_only_when_due(self, office: PostOffice, clock: FixedClock) -> None:
        receipts = sorted((sent(office, f"ctc_{n}").receipt for n in range(30)), key=lambda receipt: receipt.at)
        clock.move(receipts[19].at)
        assert office.begin(12) == receipts[:12]
        assert office.begin(12) == receipts[12:20]
        assert office.due(clock.now()) == 20
        assert office.due(receipts[-1].at) == 30
