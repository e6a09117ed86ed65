"""The SMS provider over HTTP: what it takes, refuses and repeats."""

from __future__ import annotations

import httpx2
import pytest
from tests.integration.simulators.conftest import SEED, Simulators

from rapport.testing.simulators.fate import Provider, fate


class TestSend:
    async def test_takes_a_message_and_shows_it_at_the_control_port(self, simulators: Simulators) -> None:
        answer = await simulators.send()
        assert answer.status_code == 202
        (found,) = await simulators.received()
        assert found["message_id"] == answer.json()["message_id"]
        assert (found["channel"], found["to"]) == ("sms", "+493023125014")
        assert found["text"] == "Your contract ends in May."
        assert found["received_at"] == simulators.clock.now().isoformat().replace("+00:00", "Z")
        assert found["receipt"]["state"] == "waiting"

    async def test_takes_a_repeated_key_once(self, simulators: Simulators) -> None:
        first, again = [await simulators.send(key=simulators.reference) for _ in range(2)]
        assert first.json() == again.json()
        assert len(await simulators.received()) == 1

    async def test_refuses_a_key_used_for_another_message(self, simulators: Simulators) -> None:
        await simulators.send(key=simulators.reference)
        assert (await simulators.send(key=simulators.reference, text="Something else")).status_code == 409
        assert len(await simulators.received()) == 1

    async def test_without_a_key_two_requests_are_two_messages(self, simulators: Simulators) -> None:
        first, second = [await simulators.send() for _ in range(2)]
        assert first.json() != second.json()
        assert len(await simulators.received()) == 2

    @pytest.mark.parametrize("number", ["", "030 23125014", "+49", "+0493023125014", "+493023125014\n"])
    async def test_refuses_what_is_no_number(self, simulators: Simulators, number: str) -> None:
        answer = await simulators.send(to=number)
        assert (answer.status_code, answer.json()) == (422, {"error": "invalid_number"})
        assert await simulators.received() == []


class TestFailures:
    async def test_follow_from_seed_and_reference(self, simulators: Simulators) -> None:
        await simulators.behave(failure_share=0.6)
        for reference in [f"{simulators.reference}_{number}" for number in range(40)]:
            course = fate(SEED, Provider.SMS, reference, 0.6)
            answers = [(await simulators.send(reference=reference, key=reference)).status_code for _ in range(3)]
            taken = 422 if course.invalid else 202
            assert answers == [503] * course.refusals + [taken] * (3 - course.refusals), reference
            receipts = [one["receipt"]["outcome"] for one in await simulators.received(reference)]
            assert receipts == ([] if course.invalid else ["delivered" if course.delivered else "failed"])


class TestMode:
    async def test_down_refuses_until_it_is_up_again(self, simulators: Simulators) -> None:
        await simulators.behave(channel="sms", mode="down")
        assert (await simulators.send(key=simulators.reference)).status_code == 503
        refused = (await simulators.control.get("/messages", params={"reference": simulators.reference})).json()[
            "refused"
        ]
        assert refused == [{"channel": "sms", "reference": simulators.reference, "times": 1}]
        await simulators.behave(mode="ok")
        assert (await simulators.send(key=simulators.reference)).status_code == 202

    async def test_slow_takes_at_once_what_it_answers_late(self, simulators: Simulators) -> None:
        await simulators.behave(mode="slow", delay_s=30)
        with pytest.raises(httpx2.ReadTimeout):
            await simulators.sms.post(
                "/messages",
                json={"to": "+493023125014", "text": "Hello", "reference": simulators.reference},
                headers={"Idempotency-Key": simulators.reference},
                timeout=0.3,
            )
        assert len(await simulators.received()) == 1
        await simulators.behave(mode="ok")
        assert (await simulators.send(key=simulators.reference, text="Hello")).status_code == 202
        assert len(await simulators.received()) == 1

    async def test_changes_only_what_and_whom_it_names(self, simulators: Simulators) -> None:
        await simulators.behave(failure_share=0.2)
        found = await simulators.behave(channel="email", mode="slow", delay_s=1.5)
        assert found["sms"] == {"mode": "ok", "delay_s": 0.0, "failure_share": 0.2, "tells_late": False}
        assert found["email"] == {"mode": "slow", "delay_s": 1.5, "failure_share": 0.2, "tells_late": False}

    @pytest.mark.parametrize("wrong", [{"mode": "asleep"}, {"failure_share": 1.5}, {"delay_s": -1}, {"channel": "fax"}])
    async def test_refuses_what_it_does_not_know(self, simulators: Simulators, wrong: dict[str, object]) -> None:
        assert (await simulators.control.post("/behaviour", json=wrong)).status_code == 422
