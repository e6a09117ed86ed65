"""Sends what no channel fetches: SMS through an HTTP provider, e-mail through SMTP.

A message is marked `sending` in one transaction, handed to the provider outside of any, and marked `sent` in another. A
crash in between sends it again under the same id, which the provider uses to tell a repetition. A recall that comes
while the provider has it is answered `too_late`, and the contact counts.

A provider that fails, or asks for peace, is left alone for a while (`domain/circuit.py`); the other channels go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import httpx2
import structlog

from rapport.clock import Clock, from_micros, to_micros
from rapport.contracts.channel import OutcomeReported
from rapport.contracts.offers import OfferChanged
from rapport.contracts.vocabulary import Outcome
from rapport.db import Connection, Pool, transaction
from rapport.links import address, link_of, seal_id
from rapport.messaging.retry import is_transient
from rapport.phones import clear_phone
from rapport.ranking import prepared
from rapport.sealing import Unreadable
from touchpoint_service.domain.circuit import Circuit
from touchpoint_service.domain.windows import SECOND
from touchpoint_service.handlers.gate import Gate
from touchpoint_service.handlers.leases import hand_out
from touchpoint_service.handlers.outcomes import Report, report_outcomes
from touchpoint_service.handlers.recalls import take_answers
from touchpoint_service.repository import capacities, queues
from touchpoint_service.repository.policies import policy_in_force
from touchpoint_service.repository.work import Work
from touchpoint_service.settings import Settings

PAGE = 100
HOLD_SECONDS = 60
"""After this long a message whose sender has died is sent again."""
BACKOFF_SECONDS = (10, 60, 300, 900)
"""Between tries; after the last one the contact has failed."""
IDLE_SECONDS = 0.05
MAX_WAIT_SECONDS = 3600
"""Longer than that no provider is left alone, whatever it asks."""

_log = structlog.get_logger()
Send = Callable[[str, Mapping[str, Any], str], Awaitable[None]]


@dataclass(slots=True, frozen=True)
class _Fate:
    """What became of a message: `sent`, `later` or `failed`; whether the provider was asked, and refused to take it."""

    kind: str
    asked: bool = True
    refused: bool = False
    wait: int | None = None
    """Microseconds for which the provider wants peace."""
    unsure: bool = False
    """No word came back: the provider may have the message."""


_NOT_TAKEN = (
    httpx2.HTTPStatusError,
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    aiosmtplib.SMTPResponseException,
    aiosmtplib.SMTPConnectError,
)
"""After these the provider does not have the message: it said so, or was never reached."""


class Undeliverable(Exception):
    """The provider will never take this message."""


class Sender:
    """Sends the messages of one channel, so that a slow provider holds up no other channel."""

    def __init__(
        self,
        channel: str,
        send: Send,
        pool: Pool,
        clock: Clock,
        gate: Gate,
        offers: Callable[[str], OfferChanged | None],
        link: Callable[[str], str],
    ) -> None:
        """`link` gives the short link that the message of a contact carries."""
        self._channel = channel
        self._send = send
        self._pool = pool
        self._clock = clock
        self._gate = gate
        self._offers = offers
        self._link = link
        self._stopping = False

    def stop(self) -> None:
        """Return from `run` after the messages at hand."""
        self._stopping = True

    async def run(self) -> None:
        """Until stopped. A database that is away is waited for."""
        while not self._stopping:
            try:
                sent = await self.once()
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("sender_waits_for_database", channel=self._channel, error=type(error).__name__)
                await asyncio.sleep(1)
                continue
            if not sent:
                await asyncio.sleep(IDLE_SECONDS)

    async def once(self) -> int:
        """Send one page; how many were tried."""
        now = self._clock.now()
        if not await queues.anything_to_send(self._pool, self._channel, now):
            return 0
        async with transaction(self._pool) as conn:
            limit = await self._may_try(conn)
            policy = await policy_in_force(conn, None, now)
            rows = await hand_out(
                conn,
                policy,
                self._channel,
                now,
                owner="sender",
                seconds=HOLD_SECONDS,
                limit=limit,
                state="sending",
                minutes_old=await self._gate.minutes_old(conn, policy),
            )
        if rows:
            fates = await asyncio.gather(*(self._try(row) for row in rows))
            await self._settle([row for row, fate in zip(rows, fates, strict=True) if fate.kind == "sent"])
            rests = await self._judge(fates)
            for row, fate in zip(rows, fates, strict=True):
                if fate.kind != "sent":
                    await self._go_on(row, fate, now, rests=rests)
        return len(rows)

    async def _go_on(self, row: Any, fate: _Fate, now: datetime, *, rests: bool) -> None:
        """With a message that was not sent: later, or never. One recalled meanwhile was stopped in time, unless the
        provider may have it all the same."""
        if fate.refused and rests:  # the trouble is the provider's, not this message's
            kept = await queues.retry_sending(self._pool, row["contact_id"], now, counted=False)
        elif fate.kind == "later":
            seconds = BACKOFF_SECONDS[row["tries"]]
            kept = await queues.retry_sending(self._pool, row["contact_id"], queues.later(now, seconds))
        else:
            await self._fail(row)
            return
        if not kept:
            await self._answer([row], "too_late" if fate.unsure else "withdrawn")

    async def _may_try(self, conn: Connection) -> int:
        """How many messages the provider may be asked to take; after a rest one, of whichever worker is first."""
        row = await capacities.circuit(conn, self._channel)
        if row is None or not row["opened"]:
            return PAGE
        circuit = _circuit(await capacities.lock_circuit(conn, self._channel))
        allowed = circuit.may_try(to_micros(self._clock.now()))
        if allowed is None:
            return PAGE
        if allowed:
            probing = queues.later(self._clock.now(), HOLD_SECONDS)
            await capacities.set_circuit(conn, self._channel, circuit.failures, circuit.opened, probing)
        return allowed

    async def _judge(self, fates: Sequence[_Fate]) -> bool:
        """What a page of messages says of the provider; whether it rests now."""
        asked = [fate for fate in fates if fate.asked]
        refused = [fate for fate in asked if fate.refused]
        known = await capacities.circuit(self._pool, self._channel)
        if not refused and (known is None or (not known["failures"] and not known["opened"])):
            return False
        waits = [fate.wait for fate in refused if fate.wait is not None]
        now = to_micros(self._clock.now())
        async with transaction(self._pool) as conn:
            before = _circuit(await capacities.lock_circuit(conn, self._channel))
            after = before.after(len(asked) - len(refused), len(refused), now, max(waits, default=None))
            if not asked and before.opened:
                after = before._replace(retry_at=now)  # the one message of the probe never came to the provider
            at = None if after.retry_at is None else from_micros(after.retry_at)
            await capacities.set_circuit(conn, self._channel, after.failures, after.opened, at)
        if after.opened > before.opened:
            _log.warning("provider_rests", channel=self._channel, until=str(at), failures=after.failures)
        return after.opened > before.opened

    async def _try(self, row: Any) -> _Fate:
        document = row["doc"] or {}
        offer = self._offers(row["offer_id"]) if row["offer_id"] else None
        text = wording(offer, self._channel, document, self._link(row["contact_id"]))
        if text is None:
            return _Fate("failed", asked=False)
        try:
            await self._send(row["contact_id"], document, text)
        except Undeliverable:
            return _Fate("failed")
        except Unreadable:
            _log.error("phone_unreadable", customer=row["customer_id"])
            return _Fate("later" if row["tries"] < len(BACKOFF_SECONDS) else "failed", asked=False)
        except (httpx2.HTTPError, aiosmtplib.SMTPException, OSError) as error:
            _log.warning("provider_refused", channel=self._channel, error=type(error).__name__)
            kind = "later" if row["tries"] < len(BACKOFF_SECONDS) else "failed"
            return _Fate(kind, refused=True, wait=_asked_to_wait(error), unsure=not isinstance(error, _NOT_TAKEN))
        return _Fate("sent")

    async def _settle(self, rows: list[Any]) -> None:
        """Mark as sent; those recalled meanwhile were too late to stop."""
        if not rows:
            return
        marked = await queues.finish_sending(self._pool, [row["contact_id"] for row in rows])
        late = [row for row in rows if row["contact_id"] not in marked]
        if late:
            await self._answer(late, "too_late")

    async def _answer(self, rows: list[Any], answer: str) -> None:
        """Say what became of messages that are not ours to send any more, as far as they were recalled."""
        async with transaction(self._pool) as conn:
            work = Work(conn, to_micros(self._clock.now()))
            await work.lock(row["customer_id"] for row in rows)
            contacts = await work.contacts(row["contact_id"] for row in rows)
            await take_answers(work, contacts.values(), answer, "sender")
            await work.flush()

    async def _fail(self, row: Any) -> None:
        now = self._clock.now()
        outcome = OutcomeReported(
            outcome_id=f"{row['contact_id']}.failed",
            customer_id=row["customer_id"],
            contact_id=row["contact_id"],
            outcome=Outcome.FAILED,
            at=now,
        )
        async with transaction(self._pool) as conn:
            work = Work(conn, to_micros(now))
            await work.lock([row["customer_id"]])
            await report_outcomes(work, self._gate, [Report(outcome)])
            await work.flush()


def _circuit(row: Any) -> Circuit:
    return Circuit(row["failures"], row["opened"], to_micros(row["retry_at"]) if row["opened"] else None)


def _asked_to_wait(error: Exception) -> int | None:
    """`Retry-After` in seconds (RFC 9110, section 10.2.3); a date is not understood and counts as a plain refusal."""
    said = error.response.headers.get("Retry-After", "") if isinstance(error, httpx2.HTTPStatusError) else ""
    return min(int(said), MAX_WAIT_SECONDS) * SECOND if said.isdigit() else None


def short_links(settings: Settings) -> Callable[[str], str]:
    """The short link that the message of a contact carries, by the contact's id. Nobody is asked for it: whoever opens
    it knows the contact by then, as it was released before it is sent."""

    def link(contact_id: str) -> str:
        return address(settings.link_url, seal_id(link_of(contact_id), settings.link_keys))

    return link


def wording(offer: OfferChanged | None, channel: str, customer: Mapping[str, Any], link: str) -> str | None:
    """The message in the language that serves the customer best; None where there is nothing to say.

    It is the offer's script for the channel, else its body; an e-mail has the title as its subject. It goes to the
    customer themselves, so it may hold what is personal, and the short link where the text has a place for it.
    """
    if offer is None:
        return None
    ready = prepared(offer)
    said = ready.scripts.said(None, channel, customer, personal=True, link=link)
    if said is None:
        return None
    own = channel in offer.texts[said.language].scripts
    if own and channel == "sms":
        return said.script
    return f"{said.title}. {said.script if own else said.body}".strip()


def sms_sender(settings: Settings, client: httpx2.AsyncClient) -> Send:
    """Sends through the provider's `POST /messages`. Only for that is the phone unsealed."""
    keys = settings.keyring()

    async def send(contact_id: str, customer: Mapping[str, Any], text: str) -> None:
        phone = clear_phone(keys, customer)
        if phone is None:
            raise Undeliverable
        answer = await client.post(
            f"{settings.sms_url}/messages",
            json={"to": phone, "text": text, "reference": contact_id},
            headers={"Idempotency-Key": contact_id},
        )
        if answer.status_code == httpx2.codes.UNPROCESSABLE_CONTENT:
            raise Undeliverable
        answer.raise_for_status()

    return send


def email_sender(settings: Settings) -> Send:
    """Sends through SMTP. `Message-ID` is the contact id, so that a repetition can be told."""

    async def send(contact_id: str, customer: Mapping[str, Any], text: str) -> None:
        if not customer.get("email"):
            raise Undeliverable
        title, _, body = text.partition(". ")
        message = EmailMessage()
        message["From"] = settings.email_from
        message["To"] = customer["email"]
        message["Subject"] = title
        message["Message-ID"] = f"<{contact_id}@rapport>"
        message["X-Rapport-Contact"] = contact_id
        message.set_content(body)
        await aiosmtplib.send(
            message, hostname=settings.smtp_host, port=settings.smtp_port, timeout=10, start_tls=False
        )

    return send
