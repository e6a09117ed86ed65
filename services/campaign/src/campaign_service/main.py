"""The campaign API: python -m campaign_service.main."""

from __future__ import annotations

from campaign_service.api import router
from campaign_service.settings import Settings
from rapport.web import Api, create_api, serve


def create_app(settings: Settings) -> Api:
    """The API of the campaign service."""
    return create_api(
        settings,
        title="campaign",
        routers=[router],
        description="Plans: whom to contact, for what, in which channels, and whether it worked.",
    )


if __name__ == "__main__":
    told = Settings()
    serve(create_app(told), told)
