"""The mail server: takes every mail that names its contact, and gives receipts for it as the SMS provider does.

250 taken · 451 busy or down, try again · 550 no such mailbox, or a mail that names no contact, for good. SMTP has no
idempotency: the same mail handed over twice is two mails in the customer's inbox, and shows as two here.
"""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

from rapport.testing.simulators.fate import Provider
from rapport.testing.simulators.post import Mode, PostOffice, Verdict

_MESSAGE_ID = re.compile(r"<([A-Za-z0-9._~-]{1,64})@rapport>")
_REFERENCE = re.compile(r"[A-Za-z0-9._~-]{1,64}")

_REFUSALS = {Verdict.BUSY: "451 4.3.2 busy, try again later", Verdict.INVALID: "550 5.1.1 no such mailbox"}


def mail_server(office: PostOffice) -> SMTP:
    """The protocol of one connection; the factory for `loop.create_server`."""
    return SMTP(_Handler(office), hostname="mail.simulator", ident="rapport simulator", enable_SMTPUTF8=True)


class _Handler:
    def __init__(self, office: PostOffice) -> None:
        self._office = office

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)  # decode_data is off
        mail = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
        reference = _reference(mail)
        if reference is None:
            return "550 5.6.0 neither Message-ID nor X-Rapport-Contact names a contact"
        taken = self._office.take(
            Provider.EMAIL, reference, to=", ".join(envelope.rcpt_tos), text=_text(mail), subject=mail["Subject"]
        )
        behaviour = self._office.behaviour[Provider.EMAIL]
        if behaviour.mode is Mode.SLOW:
            await asyncio.sleep(behaviour.delay_s)
        return _REFUSALS[taken] if isinstance(taken, Verdict) else f"250 2.0.0 taken as {taken.message_id}"


def _reference(mail: EmailMessage) -> str | None:
    """The contact's id: the header says it, or else the Message-ID `<id@rapport>`."""
    named = str(mail.get("X-Rapport-Contact", "")).strip()
    if _REFERENCE.fullmatch(named):
        return named
    found = _MESSAGE_ID.fullmatch(str(mail.get("Message-ID", "")).strip())
    return found[1] if found else None


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain", "html"))
    return "" if body is None else str(body.get_content()).replace("\r\n", "\n")
