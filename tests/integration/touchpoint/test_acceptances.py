"""Several acceptances of one goal: it is open again only when none of them stands any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.touchpoint.conftest import START, Touchpoint

from rapport.contracts.offers import (
    AcceptanceFulfilled,
    AcceptanceRefused,
    AcceptanceRevoked,
    LinkOpened,
    OfferAccepted,
)

ONE_DAY = {"kind": "rolling", "hours": 24}


def accepted(acceptance_id: str, **changes) -> OfferAccepted:
    plain = {
        "acceptance_id": acceptance_id,
        "customer_id": "c1",
        "offer_id": "o1",
        "term": "1",
        "goal": "loan",
        "category": "loans",
        "channel": "web",
        "at": START,
    }
    return OfferAccepted.model_validate(plain | changes)


def refused(acceptance_id: str, **changes) -> AcceptanceRefused:
    more = {"reason": "already-accepted"} | changes
    return AcceptanceRefused.model_validate(accepted(acceptance_id).model_dump() | more)


async def ends(touchpoint: Touchpoint) -> dict[str, str]:
    return {e["request_id"]: e["kind"] for e in await touchpoint.timeline() if "request_id" in e}


async def test_a_second_acceptance_that_is_refused_leaves_the_first_standing(touchpoint: Touchpoint):
    """The customer accepts on the web while an agent, who does not know yet, hears a yes on the phone."""
    await touchpoint.hear(touchpoint.request())
    call = await touchpoint.contact()
    await touchpoint.hear(accepted("acc_web"))
    await touchpoint.hear(touchpoint.said(call, "accepted"))
    second = (await touchpoint.timeline())[-1]["acceptance_id"]
    await touchpoint.hear(refused(second, channel="call"))
    await touchpoint.hear(touchpoint.request("again"))
    assert (await ends(touchpoint))["again"] == "contact.suppressed"


@pytest.mark.parametrize("revoked", ["acc_1", "acc_2"])
async def test_revoking_one_of_two_leaves_the_other(touchpoint: Touchpoint, revoked: str):
    await touchpoint.hear(accepted("acc_1"), accepted("acc_2", offer_id="o2"))
    await touchpoint.hear(AcceptanceRevoked.model_validate(accepted(revoked).model_dump()))
    await touchpoint.hear(touchpoint.request("still"))
    other = {"acc_1": "acc_2", "acc_2": "acc_1"}[revoked]
    await touchpoint.hear(AcceptanceRevoked.model_validate(accepted(other).model_dump()))
    await touchpoint.hear(touchpoint.request("free"))
    assert await ends(touchpoint) == {"still": "contact.suppressed", "free": "contact.released"}


async def test_a_refusal_opens_the_goal_of_the_contact_even_when_the_offer_serves_another(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request(goal="keep"))
    await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "accepted"))
    acceptance = (await touchpoint.timeline())[-1]["acceptance_id"]
    await touchpoint.hear(refused(acceptance, goal="loan", channel="call", reason="sold-out"))
    await touchpoint.hear(touchpoint.request("again", goal="keep"))
    assert (await ends(touchpoint))["again"] == "contact.released"


async def test_what_was_taken_back_may_be_asked_for_again_as_the_policy_says(touchpoint: Touchpoint):
    """The contact that was released counts on; what the goal had ended is not revived, but may be asked for anew."""
    await touchpoint.put_in_force(
        {"name": "House", "frequency_caps": [{"name": "one-a-day", "limit": 1, "window": ONE_DAY}]}
    )
    await touchpoint.hear(accepted("acc_1"))
    await touchpoint.hear(touchpoint.request("while-met"))
    await touchpoint.hear(AcceptanceRevoked.model_validate(accepted("acc_1").model_dump()))
    await touchpoint.hear(touchpoint.request("open-again", score=0.9), touchpoint.request("one-too-many"))
    assert await ends(touchpoint) == {
        "while-met": "contact.suppressed",
        "open-again": "contact.released",
        "one-too-many": "contact.deferred",
    }


async def test_a_request_that_waits_is_looked_at_again_when_an_acceptance_is_taken_back(touchpoint: Touchpoint):
    await touchpoint.put_in_force(
        {"name": "House", "frequency_caps": [{"name": "one-a-day", "limit": 1, "window": ONE_DAY}]}
    )
    await touchpoint.hear(touchpoint.request("first", goal="other"), touchpoint.request("waits"))
    waiting = (await ends(touchpoint))["waits"]
    await touchpoint.hear(accepted("acc_1", goal="third"))
    touchpoint.clock.move(START + timedelta(days=2))
    await touchpoint.hear(AcceptanceRevoked.model_validate(accepted("acc_1", goal="third").model_dump()))
    assert (waiting, (await ends(touchpoint))["waits"]) == ("contact.deferred", "contact.released")


async def test_that_it_could_not_be_delivered_is_told_in_words(touchpoint: Touchpoint):
    await touchpoint.hear(accepted("acc_1"))
    facts = accepted("acc_1").model_dump() | {"reason": "not-delivered", "note": "no line"}
    for _ in range(2):
        await touchpoint.hear(AcceptanceRevoked.model_validate(facts))
    entries = [e for e in await touchpoint.timeline() if e.get("status") == "revoked"]
    assert [entry["reason"] for entry in entries] == ["not-delivered"]


async def test_that_it_was_delivered_changes_nothing(touchpoint: Touchpoint):
    await touchpoint.hear(accepted("acc_1"))
    before = await touchpoint.timeline()
    await touchpoint.hear(AcceptanceFulfilled.model_validate(accepted("acc_1").model_dump()))
    assert await touchpoint.timeline() == before


class TestLinks:
    def opened(self, contact_id: str | None, link_id: str = "lnk_1", customer_id: str = "c1") -> LinkOpened:
        facts = {
            "link_id": link_id,
            "customer_id": customer_id,
            "offer_id": "o1",
            "channel": "sms",
            "contact_id": contact_id,
            "agent": "hana",
            "at": START,
        }
        return LinkOpened.model_validate(facts)

    async def test_that_one_was_opened_is_told_once_of_the_contact_that_sent_it(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        contact = await touchpoint.contact()
        for _ in range(2):
            await touchpoint.hear(self.opened(contact), self.opened(contact))
        told = [e for e in await touchpoint.timeline() if e["kind"] == "contact.delivered"]
        assert [(e["contact_id"], e["outcome"], e["outcome_id"]) for e in told] == [(contact, "opened", "lnk_1.opened")]

    async def test_a_contact_that_is_done_with_stays_so(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        contact = await touchpoint.contact()
        await touchpoint.hear(touchpoint.said(contact, "interested"))
        await touchpoint.hear(self.opened(contact))
        assert await touchpoint.states() == {"call": "closed"}
        assert (await touchpoint.timeline())[-1]["outcome"] == "opened"

    async def test_contacts_that_are_not_the_customers_tell_nothing(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request())
        before = await touchpoint.timeline()
        contact = await touchpoint.contact()
        await touchpoint.hear(self.opened("ctc_nope"), self.opened(None, "lnk_2"), self.opened(contact, "lnk_3", "c2"))
        assert await touchpoint.timeline() == before
