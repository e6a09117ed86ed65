"""Settings of the campaign service: environment variables that begin with CAMPAIGN_."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from rapport.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the campaign service is told from outside."""

    model_config = SettingsConfigDict(env_prefix="CAMPAIGN_", frozen=True, extra="ignore")

    port: int = Field(default=8104, ge=0, le=65535)
    worker_port: int = Field(default=9104, ge=0, le=65535)

    page: int = Field(default=5000, ge=1, le=100_000)
    """Requests written in one transaction: enough to spread the cost of a commit, few enough that a pause or a stop,
    which waits for the page at hand, is answered within half a second."""
