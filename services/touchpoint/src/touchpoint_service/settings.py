"""Settings of the touchpoint service: environment variables that begin with TOUCHPOINT_."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from rapport.settings import LinkSettings, SealingSettings
from touchpoint_service.domain.addresses import networks

DEVELOPMENT_WEBHOOK_KEY = "rapport-development-webhook-key-not-for-production"
"""Published in this repository: it hides nothing, and production settings refuse it."""

_KEY_BYTES = 32


class Settings(SealingSettings, LinkSettings):
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

    stream_recent: int = Field(default=10_000, ge=100, le=1_000_000)
    """Events that each API process keeps in memory once somebody has opened a stream, about 10 MB: who was cut off for
    less than that is served from it, who was away for longer from Kafka."""

    stream_queue: int = Field(default=5000, ge=2, le=100_000)
    """Events that may wait for one reader before it is cut: a burst passes, who has stopped reading does not stay."""

    stream_connections: int = Field(default=2000, ge=1, le=50_000)
    """Open streams of one process. Twice of what was measured, so that another process can fail."""

    stream_heartbeat_seconds: float = Field(default=15.0, gt=0, le=300)
    """Half of the 30 s after which the most impatient of usual proxies drop a connection on which nothing comes."""

    stream_lifetime_seconds: float = Field(default=3600, gt=0, le=86_400)
    """After that a reader has to come back, with a token that still counts."""

    stream_stall_seconds: float = Field(default=30.0, gt=0, le=600)
    """A reader that takes nothing for so long is let go; its connection may be a dead one."""

    webhook_key: str = Field(default=DEVELOPMENT_WEBHOOK_KEY, repr=False)
    """Seals the secrets of webhooks where they are stored: at least 32 random bytes. With another key none opens."""

    webhook_allowed_networks: str = ""
    """Networks that webhooks may lead into although they are not the internet, as `10.1.0.0/16, fd00::/8`; there plain
    http will do. Whoever may edit webhooks can then have us post into them."""

    webhook_concurrency: int = Field(default=16, ge=1, le=256)
    """Requests under way to one endpoint, from one worker: what a slow endpoint costs us, how fast a quick one is."""

    webhook_timeout_seconds: float = Field(default=15.0, gt=0, le=30)
    """From the connection to the end of the answer; an endpoint takes the event in and works on it later."""

    webhook_kept_days: int = Field(default=7, ge=1, le=366)
    """How long what was delivered can be looked up. Dead letters stay four times as long."""

    sms_url: str = "http://127.0.0.1:8201"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=8202, ge=1, le=65535)
    email_from: str = "offers@example.com"

    @field_validator("webhook_allowed_networks")
    @classmethod
    def _are_networks(cls, told: str) -> str:
        networks(told)
        return told

    @model_validator(mode="after")
    def _refuse_the_published_webhook_key(self) -> Self:
        if self.environment == "production":
            if self.webhook_key == DEVELOPMENT_WEBHOOK_KEY:
                raise ValueError("the development key is refused in production: set webhook_key to a secret")
            if len(self.webhook_key.encode()) < _KEY_BYTES:
                raise ValueError(f"webhook_key must have at least {_KEY_BYTES} bytes in production")
        return self
