"""The profile API: `python -m profile_service.main`."""

from __future__ import annotations

from profile_service.api import ROUTERS
from profile_service.settings import Settings
from rapport.web import Api, create_api, serve


def create_app(settings: Settings) -> Api:
    """The application."""
    return create_api(
        settings,
        title="profile",
        routers=ROUTERS,
        description="Who the customer is, what they consented to, and when they like to be contacted.",
    )


if __name__ == "__main__":
    told = Settings()
    serve(create_app(told), told)
