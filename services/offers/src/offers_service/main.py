"""The offers API: `python -m offers_service.main`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI

from offers_service.api import ROUTERS
from offers_service.handlers.ledger import ParsedOffers
from offers_service.handlers.storefront import Listed
from offers_service.repository import customers
from offers_service.settings import Settings
from rapport.contracts.profile import CustomerUpserted
from rapport.ranking import Weights
from rapport.replica import MemoryReplica
from rapport.web import Api, Guesses, create_api, serve


def create_app(settings: Settings) -> Api:
    """The application. Ready once the catalogue is in memory and the customers are in the database."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.parsed_offers = ParsedOffers()
        app.state.guesses = Guesses(
            settings.redis_url, "link", burst=settings.link_guesses, interval_seconds=settings.link_guess_seconds
        )
        app.state.catalogue = MemoryReplica(app.state.pool, "catalogue", Listed.parse)
        app.state.rankings = MemoryReplica(app.state.pool, "ranking_in_force", Weights.parse)
        following = {asyncio.create_task(each.run()) for each in (app.state.catalogue, app.state.rankings)}
        yield
        for task in following:
            task.cancel()
        await asyncio.wait(following)
        await app.state.guesses.close()

    async def ready() -> Mapping[str, str | None]:
        complete = await customers.is_complete(app.state.pool, CustomerUpserted.topic)
        return {
            "catalogue": None if app.state.catalogue.loaded else "not read yet",
            "ranking": None if app.state.rankings.loaded else "not read yet",
            "customers": None if complete else "catching up",
        }

    app = create_api(
        settings,
        title="offers",
        routers=ROUTERS,
        lifespan=lifespan,
        ready=ready,
        description="What may be offered, in which order, and who accepted it.",
    )
    return app


if __name__ == "__main__":
    told = Settings()
    serve(create_app(told), told)
