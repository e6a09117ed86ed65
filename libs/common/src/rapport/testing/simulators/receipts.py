"""Brings receipts to the touchpoint service, through its public interface, until it answers.

What always holds: an outage, an overload or a refused token costs time and no receipt; a receipt that the receiver
refuses for good (the contact is unknown, say) is noted as refused and not tried again.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import httpx2
import structlog

from rapport.testing.simulators.post import PostOffice, Receipt, ReceiptState

_log = structlog.get_logger(__name__)

_AT_ONCE = 32
"""Receipts under way at the same time: enough for a stepped month, few beside what the service can take."""
_IDLE = 0.01  # seconds between looks at the clock
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0  # seconds between attempts
_TRY_AGAIN = frozenset({401, 403, 408, 425, 429})
"""Not about the receipt: a token or a rate that someone will put right."""


class Courier:
    """Posts what is due."""

    def __init__(self, office: PostOffice, touchpoint_url: str, token: str) -> None:
        self._office = office
        self._base = touchpoint_url.rstrip("/")
        self._token = token

    async def run(self) -> None:
        """Work until cancelled."""
        limits = httpx2.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE)
        async with (
            httpx2.AsyncClient(limits=limits, timeout=10.0, trust_env=False) as client,
            asyncio.TaskGroup() as group,
        ):
            places = asyncio.Semaphore(_AT_ONCE)
            while True:
                await places.acquire()
                found = self._office.begin(1)
                if not found:
                    places.release()
                    await asyncio.sleep(_IDLE)
                    continue
                group.create_task(self._deliver(client, found[0])).add_done_callback(lambda _: places.release())

    async def _deliver(self, client: httpx2.AsyncClient, receipt: Receipt) -> None:
        pause = _FIRST_PAUSE
        while (state := await self._attempt(client, receipt)) is ReceiptState.WAITING:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        self._office.finish(receipt, state)

    async def _attempt(self, client: httpx2.AsyncClient, receipt: Receipt) -> ReceiptState:
        receipt.attempts += 1
        url = receipt.callback or f"{self._base}/v1/contacts/{quote(receipt.reference, safe='')}/outcomes"
        outcome = {
            "outcome_id": receipt.outcome_id,
            "outcome": receipt.outcome,
            "at": receipt.at.isoformat().replace("+00:00", "Z"),
        }
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": receipt.outcome_id}
        try:
            answer = await client.post(url, json={"outcomes": [outcome]}, headers=headers)
        except httpx2.RequestError:
            return ReceiptState.WAITING
        if answer.is_success:
            return ReceiptState.TAKEN
        if answer.is_server_error or answer.status_code in _TRY_AGAIN:
            return ReceiptState.WAITING
        _log.warning("receipt_refused", contact_id=receipt.reference, status=answer.status_code)
        return ReceiptState.REFUSED
