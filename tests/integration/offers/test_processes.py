"""The offers API as processes: two at once, and one that is killed under load."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx2
import pytest
from tests.integration.offers.api_process import ApiProcess
from tests.integration.offers.world import World

from rapport.contracts.offers import OfferAccepted

pytestmark = pytest.mark.slow


async def test_five_hundred_at_once_for_fifty_pieces_over_two_processes(
    world: World, apis: list[ApiProcess], http: httpx2.AsyncClient
) -> None:
    ids = [f"c{n}" for n in range(500)]
    await world.customers(*ids)
    await world.published(stock=50)
    told = Counter(await asyncio.gather(*(apis[number % 2].accept(http, one) for number, one in enumerate(ids))))
    assert told.pop("sold-out") == 450
    assert set(told.values()) == {1}
    ledger = {row["acceptance_id"] for row in await world.rows("acceptances")}
    assert told.keys() == ledger
    assert {event["acceptance_id"] for event in await world.events(OfferAccepted)} == ledger
    assert (await world.offer())["accepted"] == len(ledger) == 50


async def test_a_kill_under_load_leaves_stock_ledger_and_events_in_step(
    world: World, apis: list[ApiProcess], http: httpx2.AsyncClient
) -> None:
    ids = [f"c{n}" for n in range(4000)]
    await world.customers(*ids)
    await world.published(stock=3000)
    queue = iter(ids)
    told: dict[str, list[str]] = {}
    over = asyncio.Event()

    async def visitors(number: int) -> None:
        """One customer after the other; who gets no answer asks the other process."""
        while not over.is_set() and (one := next(queue, None)):
            heard = told[one] = [await apis[number % 2].accept(http, one)]
            while heard[-1] == "no answer":
                number += 1
                heard.append(await apis[number % 2].accept(http, one))

    load = [asyncio.create_task(visitors(number)) for number in range(16)]
    for victim in apis:
        seen = len(told)
        while len(told) < seen + 50:
            await asyncio.sleep(0.001)
        await asyncio.to_thread(victim.process.kill)
        await asyncio.to_thread(victim.start)
    over.set()
    await asyncio.gather(*load)

    assert any("no answer" in heard for heard in told.values())
    confirmed = {word for heard in told.values() for word in heard if word.startswith("acc_")}
    repeated = {one for one, heard in told.items() if heard[-1] == "already-accepted"}
    rows = [row for row in await world.rows("acceptances") if row["state"] == "accepted"]
    ledger = {row["acceptance_id"] for row in rows}
    assert confirmed <= ledger
    assert {row["customer_id"] for row in rows if row["acceptance_id"] not in confirmed} == repeated
    assert (await world.offer())["accepted"] == len(ledger)
    assert {event["acceptance_id"] for event in await world.events(OfferAccepted)} == ledger
