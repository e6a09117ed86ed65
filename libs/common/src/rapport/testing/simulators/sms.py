"""The SMS provider: `POST /messages`, answered like a provider of the trade.

202 taken · 422 invalid number, for good · 503 busy or down, try again · 409 the key was used for another message.
With an `Idempotency-Key` the same request is one message, however often it comes.
"""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any

from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, HttpUrl

from rapport.contracts.vocabulary import Id
from rapport.testing.simulators.fate import Provider
from rapport.testing.simulators.post import Message, Mode, PostOffice, Verdict

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")

_REFUSALS = {Verdict.BUSY: (503, "busy"), Verdict.INVALID: (422, "invalid_number")}


class Sms(BaseModel):
    """One message."""

    to: str
    text: Annotated[str, Field(min_length=1, max_length=1600)]
    reference: Id
    """The contact's id; receipts name it."""
    callback: HttpUrl | None = None
    """Where the receipt goes, if not to the touchpoint service's outcomes of `reference`."""


def sms_provider(office: PostOffice) -> FastAPI:
    """The provider's HTTP interface on the shared books."""
    app = FastAPI(title="SMS provider simulator", docs_url=None, redoc_url=None, openapi_url=None)
    known: dict[str, tuple[Sms, Message]] = {}

    def answer_to(sms: Sms, key: str | None) -> tuple[int, dict[str, Any]]:
        if key in known:
            first, message = known[key]
            return (202, {"message_id": message.message_id}) if first == sms else (409, {"error": "key_reused"})
        if not _E164.fullmatch(sms.to):
            return 422, {"error": "invalid_number"}
        callback = str(sms.callback) if sms.callback else None
        taken = office.take(Provider.SMS, sms.reference, to=sms.to, text=sms.text, callback=callback)
        if isinstance(taken, Verdict):
            status, error = _REFUSALS[taken]
            return status, {"error": error}
        if key is not None:
            known[key] = sms, taken
        return 202, {"message_id": taken.message_id}

    @app.post("/messages")
    async def send(sms: Sms, idempotency_key: Annotated[str | None, Header()] = None) -> JSONResponse:
        status, body = answer_to(sms, idempotency_key)
        behaviour = office.behaviour[Provider.SMS]
        if behaviour.mode is Mode.SLOW:
            await asyncio.sleep(behaviour.delay_s)
        return JSONResponse(body, status)

    return app
