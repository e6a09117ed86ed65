"""Outcomes, acceptances and recalls: each told once, the others taken back at once, slots given back or kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.touchpoint.conftest import POLICY, START, Touchpoint

from rapport.contracts.offers import AcceptanceRefused, AcceptanceRevoked, OfferAccepted
from rapport.messaging.consumer import PoisonMessage

FOUR = ("call", "branch", "hotline", "web")


async def four_open(touchpoint: Touchpoint) -> dict[str, str]:
    """One open contact for the same goal in each of four channels."""
    await touchpoint.put_in_force(POLICY | {"frequency_caps": []})
    await touchpoint.hear(*[touchpoint.request(channel, channels=[channel]) for channel in FOUR])
    return {channel: await touchpoint.contact(channel) for channel in FOUR}


def accepted(**changes) -> OfferAccepted:
    plain = {
        "acceptance_id": "acc_web",
        "customer_id": "c1",
        "offer_id": "o1",
        "term": "1",
        "goal": "loan",
        "category": "loans",
        "channel": "web",
        "at": START,
    }
    return OfferAccepted.model_validate(plain | changes)


@pytest.mark.parametrize("channel", FOUR)
async def test_accepted_in_one_channel_recalls_the_others_at_once(touchpoint: Touchpoint, channel: str):
    contacts = await four_open(touchpoint)
    await touchpoint.hear(touchpoint.request("waits", not_before=START + timedelta(days=1)))
    await touchpoint.hear(touchpoint.said(contacts[channel], "accepted"))
    assert await touchpoint.states() == {c: "closed" if c == channel else "recalled" for c in FOUR}
    recalled = [e for e in await touchpoint.timeline() if e["kind"] == "contact.recalled"]
    assert {e["channel"] for e in recalled} == set(FOUR) - {channel}
    assert {(e["reason"], e["accepted_in"]) for e in recalled} == {("already_accepted", channel)}
    await touchpoint.tick(days=2)
    last = (await touchpoint.timeline())[-1]
    assert (last["request_id"], last["because"]["reason"]) == ("waits", "already_accepted")


async def test_accepted_on_the_web_recalls_all_others(touchpoint: Touchpoint):
    contacts = await four_open(touchpoint)
    event = accepted(contact_id=contacts["web"])
    await touchpoint.hear(event, event)
    await touchpoint.hear(event)
    assert await touchpoint.states() == {
        "call": "recalled",
        "branch": "recalled",
        "hotline": "recalled",
        "web": "closed",
    }
    assert (await touchpoint.kinds()).count("acceptance.settled") == 1


async def test_an_outcome_counts_once_however_often_it_is_told(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request())
    said = touchpoint.said(await touchpoint.contact(), "refused")
    await touchpoint.hear(said, said)
    await touchpoint.hear(said)
    body = {"outcomes": [{"outcome_id": said.outcome_id, "outcome": "refused"}]}
    await touchpoint.call("POST", f"/v1/contacts/{said.contact_id}/outcomes", body, role="outbound_agent")
    assert (await touchpoint.kinds()).count("contact.responded") == 1


async def test_a_refused_acceptance_opens_the_goal_again(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request())
    await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "accepted"))
    acceptance = (await touchpoint.timeline())[-1]["acceptance_id"]
    refused = AcceptanceRefused.model_validate(
        accepted().model_dump() | {"acceptance_id": acceptance, "reason": "sold-out", "channel": "call"}
    )
    await touchpoint.hear(touchpoint.request("stopped"))
    await touchpoint.hear(refused)
    await touchpoint.hear(touchpoint.request("again"))
    ends = {e["request_id"]: e["kind"] for e in await touchpoint.timeline() if "request_id" in e}
    assert (ends["stopped"], ends["again"]) == ("contact.suppressed", "contact.released")


async def test_a_revoked_acceptance_opens_the_goal_unless_another_meets_it(touchpoint: Touchpoint):
    await touchpoint.hear(accepted())
    await touchpoint.hear(accepted(acceptance_id="acc_other", channel="branch"))
    revoked = AcceptanceRevoked.model_validate(accepted().model_dump())
    await touchpoint.hear(revoked)
    await touchpoint.hear(touchpoint.request("still"))
    await touchpoint.hear(AcceptanceRevoked.model_validate(accepted(acceptance_id="acc_other").model_dump()))
    await touchpoint.hear(touchpoint.request("free"))
    assert (await touchpoint.kinds())[-1] == "contact.released"
    assert [e["request_id"] for e in await touchpoint.timeline() if e["kind"] == "contact.suppressed"] == ["still"]


async def test_an_outcome_after_a_recall_is_recorded_and_counts(touchpoint: Touchpoint):
    await touchpoint.hear(*[touchpoint.request(f"r{n}") for n in range(3)])
    contact = await touchpoint.contact()
    row = await touchpoint.pool.fetchval("select request_id from contacts where contact_id = $1", contact)
    await touchpoint.call("POST", f"/v1/contact-requests/{row}/withdrawal", role="channel_system")
    await touchpoint.hear(touchpoint.said(contact, "refused"))
    last = (await touchpoint.timeline())[-1]
    assert (last["kind"], last["after_recall"]) == ("contact.responded", True)
    await touchpoint.hear(touchpoint.request("fourth"))
    assert (await touchpoint.timeline())[-1]["because"]["counter"] == 3


async def test_recall_answered_too_late_counts_again(touchpoint: Touchpoint):
    await touchpoint.hear(*[touchpoint.request(f"r{n}") for n in range(3)])
    contact = await touchpoint.contact()
    path = f"/v1/contacts/{contact}/recall-answer"
    await touchpoint.call("POST", path, {"answer": "too_late"}, role="outbound_agent", expect=409)
    row = await touchpoint.pool.fetchval("select request_id from contacts where contact_id = $1", contact)
    await touchpoint.call("POST", f"/v1/contact-requests/{row}/withdrawal", role="channel_system")
    for _ in range(2):
        await touchpoint.call("POST", path, {"answer": "too_late"}, role="outbound_agent")
    assert (await touchpoint.kinds()).count("recall.answered") == 1
    await touchpoint.hear(touchpoint.request("fourth"))
    assert (await touchpoint.kinds())[-1] == "contact.deferred"


async def test_cool_down_after_a_refusal_holds_its_scope(touchpoint: Touchpoint):
    rest = {"name": "rest", "outcome": "refused", "scope": "goal", "days": 10}
    await touchpoint.put_in_force(POLICY | {"cool_downs": [rest]})
    await touchpoint.hear(touchpoint.request())
    await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "refused"))
    await touchpoint.hear(touchpoint.request("same"), touchpoint.request("other", goal="card", offer_id=None))
    found = {e["request_id"]: e for e in (await touchpoint.timeline())[2:]}
    assert found["other"]["kind"] == "contact.released"
    assert found["same"]["because"]["rule"] == "rest"
    await touchpoint.tick(days=10)
    assert (await touchpoint.kinds())[-1] == "contact.released"


async def test_do_not_contact_is_for_good(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request(), touchpoint.request("waits", not_before=START + timedelta(days=1)))
    await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "do_not_contact"))
    await touchpoint.tick(days=20)
    assert (await touchpoint.timeline())[-1]["because"]["reason"] == "do_not_disturb"


async def test_unknown_contact_is_named_to_the_consumer_and_nothing_is_written(touchpoint: Touchpoint):
    await touchpoint.hear(touchpoint.request())
    good, bad = touchpoint.said(await touchpoint.contact(), "refused"), touchpoint.said("ctc_none", "refused")
    with pytest.raises(PoisonMessage) as found:
        await touchpoint.hear(good, bad)
    assert found.value.envelope is not None
    assert found.value.envelope.event is bad
    assert await touchpoint.kinds() == ["contact.released"]
    await touchpoint.hear(good)
    assert await touchpoint.kinds() == ["contact.released", "contact.responded"]


class TestBadInput:
    async def test_each_has_its_problem(self, touchpoint: Touchpoint):
        await touchpoint.hear(touchpoint.request(offer_id=None, goal=None))
        contact = await touchpoint.contact()
        for path, body, status, kind in (
            (f"/v1/contacts/{contact}/outcomes", {"outcomes": [{"outcome": "vanished"}]}, 422, "validation"),
            (f"/v1/contacts/{contact}/outcomes", {"outcomes": [{"outcome": "call_back"}]}, 422, "validation"),
            (f"/v1/contacts/{contact}/outcomes", {"outcomes": []}, 422, "validation"),
            (f"/v1/contacts/{contact}/outcomes", {"outcomes": [{"outcome": "accepted"}]}, 422, "nothing-accepted"),
            ("/v1/contacts/ctc_none/outcomes", {"outcomes": [{"outcome": "refused"}]}, 404, "not-found"),
        ):
            answer = await touchpoint.call("POST", path, body, role="outbound_agent", expect=status)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"] == kind
        assert await touchpoint.kinds() == ["contact.released"]

    async def test_a_role_without_the_permission_is_refused(self, touchpoint: Touchpoint):
        await touchpoint.call("POST", "/v1/decisions", {}, role="branch_agent", expect=403)
        answer = await touchpoint.client.get("/v1/customers/c1/timeline")
        assert answer.status_code == 401
