"""Several acceptances of one goal: it is open again only when none of them stands any more."""

from __future__ import annotations

import pytest
from tests.integration.touchpoint.conftest import START, Touchpoint

from rapport.contracts.offers import AcceptanceRefused, AcceptanceRevoked, OfferAccepted


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
