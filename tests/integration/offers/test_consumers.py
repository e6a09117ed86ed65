"""What was accepted in a contact, and customers: each message once, twice, late, broken, and beside the web."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.integration.offers.world import NOW, World, customer

from offers_service.consumers import contacts_handler
from offers_service.handlers.ledger import ParsedOffers
from offers_service.repository import contacts
from rapport.contracts.offers import AcceptanceRefused, OfferAccepted
from rapport.contracts.touchpoint import ContactRecalled
from rapport.db import transaction
from rapport.errors import DomainError
from rapport.messaging.consumer import PoisonMessage

ADULT = {"combinator": "and", "rules": [{"field": "attributes.age", "operator": ">=", "value": 18}]}


@pytest.fixture
async def fibre(world: World) -> None:
    """One offer, and two customers."""
    await world.customers("c1", "c2", attributes={"age": 17})
    await world.published()


async def ledger(world: World) -> list[tuple[str, str]]:
    """Acceptance ids and what became of them."""
    return [(row["acceptance_id"], row["reason"] or row["state"]) for row in await world.rows("acceptances")]


@pytest.mark.usefixtures("fibre")
class TestAcceptedInAContact:
    async def test_is_recorded_and_confirmed(self, world: World) -> None:
        await world.hear(world.responded(channel="call"))
        (event,) = await world.events(OfferAccepted)
        assert (event["acceptance_id"], event["contact_id"], event["channel"]) == ("acc-ctc1", "ctc1", "call")
        assert (event["goal"], event["category"], event["at"]) == ("fibre", "internet", "2026-03-02T09:00:00Z")
        assert (await world.offer())["accepted"] == 1

    @pytest.mark.parametrize("outcome", ["interested", "refused", "dismissed"])
    async def test_other_answers_are_no_acceptances(self, world: World, outcome: str) -> None:
        await world.hear(world.responded(outcome))
        assert await ledger(world) == []

    async def test_delivered_twice_counts_once(self, world: World) -> None:
        once = world.responded()
        await world.hear(once, once)
        await world.hear(once)
        assert await ledger(world) == [("acc-ctc1", "accepted")]
        assert len(await world.events(OfferAccepted)) == 1

    async def test_a_refusal_delivered_twice_is_told_once_and_stays(self, world: World) -> None:
        await world.published("o2", stock=0)
        late = world.responded(offer_id="o2")
        await world.hear(late)
        await world.published("o2", stock=5)
        await world.hear(late)
        assert await ledger(world) == [("acc-ctc1", "sold-out")]
        (event,) = await world.events(AcceptanceRefused)
        assert (event["reason"], event["goal"], event["contact_id"]) == ("sold-out", "fibre", "ctc1")
        answer = await world.accept(offer_id="o2", acceptance_id="acc-ctc1")
        assert (answer.status_code, answer.json()["type"]) == (409, "sold-out")

    @pytest.mark.parametrize(
        ("parts", "reason"),
        [
            ({"offer_id": "nope"}, "unknown-offer"),
            ({"offer_id": "adults"}, "not-eligible"),
            ({"customer_id": "stranger"}, "not-eligible"),
        ],
    )
    async def test_what_cannot_be_honoured_is_refused_with_the_reason(
        self, world: World, parts: dict[str, Any], reason: str
    ) -> None:
        await world.published("adults", eligibility=ADULT)
        await world.hear(world.responded(**parts))
        (event,) = await world.events(AcceptanceRefused)
        assert (event["reason"], event["acceptance_id"]) == (reason, "acc-ctc1")

    async def test_an_unknown_offer_without_a_goal_is_refused_all_the_same(self, world: World) -> None:
        await world.hear(world.responded(offer_id="nope", goal=None))
        assert [event["goal"] for event in await world.events(AcceptanceRefused)] == ["unknown"]

    async def test_the_last_piece_goes_to_the_first_of_a_batch(self, world: World) -> None:
        await world.published("o2", stock=1)
        await world.hear(
            world.responded(offer_id="o2", customer_id="c2", contact_id="ctc2"), world.responded(offer_id="o2")
        )
        assert await ledger(world) == [("acc-ctc1", "sold-out"), ("acc-ctc2", "accepted")]
        assert (await world.announced())[-1][2] is True

    async def test_an_offer_read_in_a_transaction_that_failed_is_read_again(self, world: World) -> None:
        await world.published("o2", stock=1)
        handler = contacts_handler(ParsedOffers(), world.clock)
        first = world.envelope(world.responded(offer_id="o2"))
        second = world.envelope(world.responded(offer_id="o2", customer_id="c2", contact_id="ctc2"))
        async with world.pool.acquire() as conn:
            failing = conn.transaction()
            await failing.start()
            await handler(conn, [first])  # announces the next version: sold out
            await handler(conn, [second])  # reads that version
            await failing.rollback()
        await world.call("POST", "/offers/o2/withdrawal")  # is that version now
        async with transaction(world.pool) as conn:
            await handler(conn, [first])
        assert await ledger(world) == [("acc-ctc1", "offer-expired")]

    async def test_each_event_goes_on_in_the_trace_of_its_message(self, world: World) -> None:
        plain = world.envelope(world.responded())
        trace = f"00-{'a' * 32}-{'b' * 16}-01"
        traced = plain._replace(traceparent=trace)
        await world.process([traced, world.envelope(world.responded(customer_id="c2", contact_id="ctc2"))])
        rows = await world.pool.fetch(
            "select traceparent from outbox_events where topic = 'offers.acceptances' order by id, n"
        )
        assert [row["traceparent"] for row in rows] == [trace, None]

    @pytest.mark.parametrize("missing", ["acceptance_id", "offer_id"])
    async def test_without_its_ids_a_message_is_set_aside(self, world: World, missing: str) -> None:
        parts: dict[str, Any] = {missing: None}
        with pytest.raises(PoisonMessage, match="needs an acceptance_id"):
            await world.hear(world.responded(**parts))
        assert await ledger(world) == []

    async def test_an_acceptance_id_of_somebody_else_is_set_aside(self, world: World) -> None:
        await world.hear(world.responded())
        with pytest.raises(DomainError, match="another customer"):
            await world.hear(world.responded(customer_id="c2", contact_id="ctc2", acceptance_id="acc-ctc1"))
        assert await ledger(world) == [("acc-ctc1", "accepted")]


@pytest.mark.usefixtures("fibre")
class TestOnTheWebAndInACallAtOnce:
    async def test_one_of_them_has_it_and_the_other_hears_so(self, world: World) -> None:
        ids = [f"d{n}" for n in range(20)]
        await world.customers(*ids)
        calls = [world.responded(customer_id=one, contact_id=f"ctc-{one}", channel="call") for one in ids]
        hearing = [asyncio.create_task(world.hear(call)) for call in calls]
        answers = await asyncio.gather(*(world.accept(one) for one in ids))
        await asyncio.gather(*hearing)
        on_the_web = sum(answer.status_code == 201 for answer in answers)
        states = [what for _, what in await ledger(world)]
        assert states.count("accepted") == 20
        assert states.count("already-accepted") == on_the_web
        assert all(answer.status_code == 201 or answer.json()["type"] == "already-accepted" for answer in answers)
        assert (await world.offer())["accepted"] == 20


class TestWebContacts:
    async def test_a_release_delivered_twice_does_not_open_it_again(self, world: World) -> None:
        await world.customers("c1")
        released, closed = world.released(), world.responded("dismissed")
        for message in (released, released, closed, released, closed):
            await world.hear(message)
        (row,) = await world.rows("web_contacts")
        assert row["closed_at"] == NOW
        await world.hear(released, closed, released)
        assert len(await world.rows("web_contacts")) == 1

    async def test_only_those_of_the_web_with_an_offer_are_kept(self, world: World) -> None:
        await world.customers("c1")
        await world.hear(
            world.released(contact_id="a", channel="call"),
            world.released(contact_id="b", offer_id=None),
            world.released(contact_id="c"),
        )
        assert [row["contact_id"] for row in await world.rows("web_contacts")] == ["c"]

    async def test_a_recall_of_what_was_never_seen_is_nothing(self, world: World) -> None:
        facts = {"customer_id": "c1", "contact_id": "x", "seq": 1, "at": NOW, "channel": "web", "reason": "goal_met"}
        await world.hear(ContactRecalled.model_validate(facts))
        assert await world.rows("web_contacts") == []

    async def test_closed_ones_are_forgotten_in_time(self, world: World) -> None:
        await world.customers("c1")
        await world.hear(world.released(contact_id="open"), world.released(), world.responded("dismissed"))
        async with transaction(world.pool) as conn:
            await contacts.purge(conn, NOW)
            assert len(await world.rows("web_contacts")) == 2
        world.move(seconds=1)
        async with transaction(world.pool) as conn:
            await contacts.purge(conn, world.clock.now())
        assert [row["contact_id"] for row in await world.rows("web_contacts")] == ["open"]


class TestCustomers:
    async def test_delivered_twice_or_late_changes_nothing(self, world: World) -> None:
        old, new = customer("c1", 1, language="en"), customer("c1", 2, language="zh-CN")
        for message in (old, new, new, old):
            await world.hear(message)
        (row,) = await world.rows("replica_customers")
        assert (row["version"], row["doc"]["language"]) == (2, "zh-CN")

    async def test_erasure_leaves_nothing_but_ids_in_the_ledger(self, world: World) -> None:
        await world.customers("c1", name="Ada Example", phone="+4930123456")
        await world.published()
        await world.hear(world.released())
        await world.accept(acceptance_id="a1")
        await world.erase("c1")
        assert await world.rows("replica_customers") == []
        assert await world.rows("web_contacts") == []
        (kept,) = await world.rows("acceptances")
        assert (kept["customer_id"], kept["state"]) == ("c1", "accepted")
        assert "Ada" not in repr(kept)

    async def test_contacts_that_come_after_the_erasure_are_not_kept(self, world: World) -> None:
        await world.customers("c1")
        await world.erase("c1")
        await world.hear(world.released())
        assert await world.rows("web_contacts") == []
