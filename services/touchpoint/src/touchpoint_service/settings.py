"""Settings of the touchpoint service: environment variables that begin with TOUCHPOINT_."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from rapport.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the touchpoint service is told from outside."""

    model_config = SettingsConfigDict(env_prefix="TOUCHPOINT_")

    port: int = Field(default=8103, ge=0, le=65535)
    worker_port: int = Field(default=9103, ge=0, le=65535)

    batch: int = Field(default=1000, ge=1, le=10_000)
    """Requests decided in one transaction: enough to spread the cost of a commit, few enough that an acceptance that
    waits for the same customers waits for milliseconds."""

    lanes: int = Field(default=2, ge=1, le=16)
    """Transactions of requests under way at once in a worker: while PostgreSQL writes one, Python decides the next."""

    what_if_processes: int = Field(default=2, ge=1, le=32)
    """Processes of low priority that replay a what-if: what they take, nobody else wanted."""

    what_if_part: int = Field(default=1000, ge=1, le=100_000)
    """Customers of a what-if that are replayed at a time: a few seconds of work, which is what a death costs."""

    sms_url: str = "http://127.0.0.1:8201"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=8202, ge=1, le=65535)
    email_from: str = "offers@example.com"
