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

    rebuild_page: int = Field(default=100, ge=1, le=10_000)
    """Standings compared with their timelines in one transaction: few enough that the worker's other parts wait for
    some ten milliseconds at most, enough to spread the cost of a commit."""

    rebuild_poll_seconds: float = Field(default=1.0, gt=0)
    """Between two looks for a rebuild that was asked for."""

    facts_days: int = Field(default=366, ge=1, le=3660)
    """How long each decision can be explained from the facts that it was made from: a year, and the day more that a
    leap year has. They go by whole months, so some stay up to a month longer."""

    recall_answer_seconds: float = Field(default=60, gt=0, le=86_400)
    """How long a channel may take to say whether a recall came in time: a dialer says so at once, a person needs a
    moment. Then it is reminded; after five times as long it is escalated."""

    sale_answer_seconds: float = Field(default=2.0, ge=0, le=30)
    """How long the answer to a pop-up waits for the ledger where an offer may be sold out: it mostly takes a tenth of a
    second, and a customer who has said yes is still standing there after two."""

    what_if_processes: int = Field(default=2, ge=1, le=32)
    """Processes of low priority that replay a what-if: what they take, nobody else wanted."""

    what_if_part: int = Field(default=1000, ge=1, le=100_000)
    """Customers of a what-if that are replayed at a time: a few seconds of work, which is what a death costs."""

    sms_url: str = "http://127.0.0.1:8201"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=8202, ge=1, le=65535)
    email_from: str = "offers@example.com"
