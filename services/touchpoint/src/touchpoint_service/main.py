"""The touchpoint API: `python -m touchpoint_service.main`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from fastapi import FastAPI

from rapport.contracts.campaign import ContactRequested
from rapport.contracts.touchpoint import TimelineEvent
from rapport.messaging.topics import all_topics
from rapport.web import Api, create_api, serve
from touchpoint_service.api import ROUTERS
from touchpoint_service.catalogue import Catalogue
from touchpoint_service.domain.addresses import networks
from touchpoint_service.freshness import Freshness
from touchpoint_service.handlers.gate import Gate
from touchpoint_service.posting import Addresses
from touchpoint_service.repository.together import PopupsTogether
from touchpoint_service.settings import Settings
from touchpoint_service.stream import Stream


def create_app(settings: Settings) -> Api:
    """The application of these settings."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        catalogue = app.state.catalogue = Catalogue(app.state.pool)
        freshness = Freshness(app.state.pool)
        app.state.gate = Gate(catalogue, timedelta(seconds=settings.recall_answer_seconds), freshness)
        app.state.together = PopupsTogether()
        partitions = {topic.name: topic.partitions for topic in all_topics()}
        app.state.request_partitions = partitions[ContactRequested.topic]
        stream = app.state.stream = Stream(settings, TimelineEvent.topic, partitions[TimelineEvent.topic])
        app.state.leaving.append(stream.leave)
        app.state.webhook_addresses = Addresses(networks(settings.webhook_allowed_networks))
        await catalogue.refresh()
        await freshness.refresh()
        watching = asyncio.gather(catalogue.run(), freshness.run())
        yield
        await stream.aclose()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    return create_api(
        settings,
        title="touchpoint",
        description="Whether a contact may happen now, and everything that did.",
        routers=ROUTERS,
        lifespan=lifespan,
    )


if __name__ == "__main__":
    told = Settings()
    serve(create_app(told), told)
