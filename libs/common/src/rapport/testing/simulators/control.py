"""The control port: what was received, what is still due, and how the providers behave. For tests and the demo only."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, Field

from rapport.testing.simulators.fate import Provider
from rapport.testing.simulators.post import Message, Mode, PostOffice


class BehaviourChange(BaseModel):
    """Fields left out stay as they are."""

    channel: Provider | None = None
    """Which provider; both if left out."""
    mode: Mode | None = None
    delay_s: Annotated[float, Field(ge=0, le=300)] | None = None
    failure_share: Annotated[float, Field(ge=0, le=1)] | None = None


def control(office: PostOffice) -> FastAPI:
    """The control interface on the shared books."""
    app = FastAPI(title="Provider simulators", docs_url=None, redoc_url=None)

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/messages")
    async def messages(reference: str | None = None) -> dict[str, Any]:
        """What was taken, and how often each reference was turned away."""
        turned_away = [
            {"channel": provider, "reference": found, "times": times}
            for (provider, found), times in office.refused.items()
            if reference in (None, found)
        ]
        return {"items": [_shown(message) for message in office.messages(reference)], "refused": turned_away}

    @app.get("/idle")
    async def idle(now: AwareDatetime | None = None) -> dict[str, Any]:
        """`due` receipts are not answered though their instant is past; `next_at` is when the next one comes."""
        at = now or office.clock.now()
        upcoming = office.next_at()
        return {"due": office.due(at), "next_at": None if upcoming is None else _instant(upcoming)}

    @app.get("/behaviour")
    async def behaviour() -> dict[str, Any]:
        return {provider: asdict(found) for provider, found in office.behaviour.items()}

    @app.post("/behaviour")
    async def behave(change: BehaviourChange) -> dict[str, Any]:
        wanted = change.model_dump(exclude_none=True, exclude={"channel"})
        for provider in [change.channel] if change.channel else list(Provider):
            office.behaviour[provider] = replace(office.behaviour[provider], **wanted)
        return await behaviour()

    return app


def _shown(message: Message) -> dict[str, Any]:
    receipt = message.receipt
    return {
        "channel": message.provider,
        "reference": message.reference,
        "message_id": message.message_id,
        "to": message.to,
        "subject": message.subject,
        "text": message.text,
        "received_at": _instant(message.received_at),
        "receipt": {
            "outcome_id": receipt.outcome_id,
            "outcome": receipt.outcome,
            "at": _instant(receipt.at),
            "state": receipt.state,
            "attempts": receipt.attempts,
        },
    }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
