"""Receipts reach the touchpoint service at their instant of the shared clock, through whatever befalls it."""

from __future__ import annotations

import asyncio
import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.integration.simulators.conftest import TOKEN, Receiver, Simulators, free_port, run_simulators


class TestReceipt:
    async def test_is_posted_as_an_outcome_of_the_contact(self, simulators: Simulators) -> None:
        await simulators.send()
        receipt = await simulators.receipt()
        simulators.move_to(receipt["at"])
        await simulators.until_idle()
        (request,) = simulators.receiver.requests
        assert request.path == f"/v1/contacts/{simulators.reference}/outcomes"
        expected = {"outcome_id": receipt["outcome_id"], "outcome": "delivered", "at": receipt["at"]}
        assert request.body == {"outcomes": [expected]}
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["idempotency-key"] == receipt["outcome_id"]
        assert (await simulators.receipt())["state"] == "taken"

    async def test_waits_for_its_instant(self, simulators: Simulators) -> None:
        await simulators.send()
        at = (await simulators.receipt())["at"]
        simulators.clock.move_to(datetime.fromisoformat(at) - timedelta(microseconds=1))
        await asyncio.sleep(0.2)
        assert simulators.receiver.requests == []
        idle = (await simulators.control.get("/idle")).json()
        assert idle == {"due": 0, "next_at": at}

    async def test_goes_to_the_callback_if_the_message_names_one(self, simulators: Simulators) -> None:
        elsewhere = Receiver(free_port())
        await elsewhere.open()
        await simulators.send(callback=f"http://127.0.0.1:{elsewhere.port}/receipts?of=me")
        simulators.move_to((await simulators.receipt())["at"])
        await simulators.until_idle()
        await elsewhere.close()
        assert [request.path for request in elsewhere.requests] == ["/receipts?of=me"]
        assert simulators.receiver.requests == []


class TestReceiverInTrouble:
    async def test_gets_the_receipt_when_it_is_up_again(self, simulators: Simulators) -> None:
        await simulators.receiver.close()
        await simulators.send()
        simulators.move_to((await simulators.receipt())["at"])
        await asyncio.sleep(0.3)
        assert await simulators.due() == 1
        await simulators.receiver.open()
        await simulators.until_idle()
        assert len(simulators.receiver.requests) == 1
        assert (await simulators.receipt())["attempts"] > 1

    @pytest.mark.parametrize("status", [500, 503, 429, 401])
    async def test_gets_it_again_until_it_takes_it(self, simulators: Simulators, status: int) -> None:
        simulators.receiver.status = status
        await simulators.send()
        simulators.move_to((await simulators.receipt())["at"])
        await asyncio.sleep(0.3)
        assert await simulators.due() == 1
        simulators.receiver.status = 200
        await simulators.until_idle()
        bodies = [request.body for request in simulators.receiver.requests]
        assert len(bodies) > 1
        assert all(body == bodies[0] for body in bodies), "the same outcome each time, so that it counts once"

    @pytest.mark.parametrize("status", [404, 409, 422])
    async def test_is_not_asked_again_once_it_has_refused(self, simulators: Simulators, status: int) -> None:
        simulators.receiver.status = status
        await simulators.send()
        simulators.move_to((await simulators.receipt())["at"])
        await simulators.until_idle()
        await asyncio.sleep(0.2)
        assert len(simulators.receiver.requests) == 1
        assert (await simulators.receipt())["state"] == "refused"

    async def test_holds_up_no_other_receipt(self, simulators: Simulators) -> None:
        nobody = Receiver(free_port())
        await simulators.send(callback=f"http://127.0.0.1:{nobody.port}/", reference=f"{simulators.reference}_callback")
        await simulators.send()
        simulators.clock.move_to(simulators.clock.now() + timedelta(minutes=5))
        async with asyncio.timeout(10):
            while await simulators.due() > 1:
                await asyncio.sleep(0.01)
        assert [request.path for request in simulators.receiver.requests] == [
            f"/v1/contacts/{simulators.reference}/outcomes"
        ]
        assert await simulators.due() == 1
        await nobody.open()
        await simulators.until_idle()
        await nobody.close()


class TestRun:
    async def test_with_the_same_seed_says_the_same(self, tmp_path: Path) -> None:
        async def outcome(folder: Path) -> list[object]:
            folder.mkdir()
            async with run_simulators(folder) as simulators:
                await simulators.behave(failure_share=0.5)
                for number in range(30):
                    await simulators.send(reference=f"ctc_{number}", key=str(number))
                simulators.clock.move_to(simulators.clock.now() + timedelta(minutes=5))
                await simulators.until_idle()
                found = [(request.path, request.body) for request in simulators.receiver.requests]
                return sorted(found, key=lambda one: str(one))

        first, second = await outcome(tmp_path / "one"), await outcome(tmp_path / "two")
        assert first == second
        assert 5 < len(first) < 30

    async def test_ends_on_a_signal_and_leaves_no_personal_data_in_its_output(self, tmp_path: Path) -> None:
        async with run_simulators(tmp_path) as simulators:
            await simulators.send()
            await simulators.send(to="not a number")
            simulators.receiver.status = 404
            simulators.clock.move_to(simulators.clock.now() + timedelta(minutes=5))
            await simulators.until_idle()
            simulators.process.send_signal(signal.SIGTERM)
            out, err = await asyncio.wait_for(simulators.process.communicate(), 10)
            assert simulators.process.returncode == 0
        assert b"ctc_1" in out + err, "the refused receipt is logged by its contact"
        for secret in (b"3023125014", b"contract ends", b"not a number", TOKEN.encode()):
            assert secret not in out + err
