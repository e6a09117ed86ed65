"""The mail server, spoken to as the e-mail sender does."""

from __future__ import annotations

from email.message import EmailMessage

import aiosmtplib
import pytest
from tests.integration.simulators.conftest import SEED, Simulators

from rapport.testing.simulators.fate import Provider, fate


def mail(**headers: str) -> EmailMessage:
    found = EmailMessage()
    found["From"] = "service@bank.example"
    found["To"] = "anna.lindner@example.org"
    found["Subject"] = "Ihr Vertrag · 您的合约"
    for name, value in headers.items():
        found[name.replace("_", "-")] = value
    found.set_content("Guten Tag, 您好\n")
    return found


async def deliver(simulators: Simulators, message: EmailMessage) -> str:
    _, answer = await aiosmtplib.send(message, hostname="127.0.0.1", port=simulators.smtp_port, start_tls=False)
    return answer


class TestReference:
    async def test_is_the_header(self, simulators: Simulators) -> None:
        await deliver(simulators, mail(X_Rapport_Contact=simulators.reference, Message_ID="<other@mail.example>"))
        (found,) = await simulators.received()
        assert (found["channel"], found["to"]) == ("email", "anna.lindner@example.org")
        assert (found["subject"], found["text"]) == ("Ihr Vertrag · 您的合约", "Guten Tag, 您好\n")

    async def test_is_otherwise_the_message_id(self, simulators: Simulators) -> None:
        answer = await deliver(simulators, mail(Message_ID=f"<{simulators.reference}@rapport>"))
        (found,) = await simulators.received()
        assert found["message_id"] in answer

    @pytest.mark.parametrize("headers", [{}, {"Message_ID": "<x@mail.example>"}, {"X_Rapport_Contact": "no contact"}])
    async def test_is_needed(self, simulators: Simulators, headers: dict[str, str]) -> None:
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await deliver(simulators, mail(**headers))
        assert refused.value.code == 550


class TestAnswers:
    async def test_follow_from_seed_and_reference(self, simulators: Simulators) -> None:
        await simulators.behave(failure_share=1.0)
        for reference in [f"{simulators.reference}_{number}" for number in range(12)]:
            course = fate(SEED, Provider.EMAIL, reference, 1.0)
            codes = []
            for _ in range(3):
                try:
                    await deliver(simulators, mail(X_Rapport_Contact=reference))
                    codes.append(250)
                except aiosmtplib.SMTPDataError as refused:
                    codes.append(refused.code)
            assert codes == [451] * course.refusals + [550 if course.invalid else 250] * (3 - course.refusals)

    async def test_down_is_a_refusal_for_now(self, simulators: Simulators) -> None:
        await simulators.behave(channel="email", mode="down")
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await deliver(simulators, mail(X_Rapport_Contact=simulators.reference))
        assert refused.value.code == 451
        assert (await simulators.send()).status_code == 202, "the other provider is up"

    async def test_the_same_mail_twice_is_two_mails(self, simulators: Simulators) -> None:
        for _ in range(2):
            await deliver(simulators, mail(Message_ID=f"<{simulators.reference}@rapport>"))
        assert len(await simulators.received()) == 2

    async def test_gives_a_receipt_like_the_other_provider(self, simulators: Simulators) -> None:
        await deliver(simulators, mail(Message_ID=f"<{simulators.reference}@rapport>"))
        receipt = await simulators.receipt()
        simulators.move_to(receipt["at"])
        await simulators.until_idle()
        (request,) = simulators.receiver.requests
        assert request.path == f"/v1/contacts/{simulators.reference}/outcomes"
        assert request.body["outcomes"][0]["outcome_id"] == receipt["outcome_id"]
