"""What the offers service is told from outside."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from rapport.settings import ServiceSettings


class Settings(ServiceSettings):
    """Environment: `OFFERS_DATABASE_URL` and the like."""

    model_config = SettingsConfigDict(env_prefix="OFFERS_")

    port: int = Field(default=8102, ge=0, le=65535)
    worker_port: int = Field(default=9102, ge=0, le=65535)

    lanes: int = Field(default=2, ge=1, le=16)
    """Batches of contacts under way at once in a worker: most hold nothing for us and only cost decoding, and one that
    waits for the stock of a popular offer should not hold up the others."""

    public_max_age: int = Field(default=5, ge=0, le=3600)
    """Seconds for which anybody may cache the offers for everybody. So much longer a visitor may see one that has been
    withdrawn or sold out; accepting it is refused all the same."""
