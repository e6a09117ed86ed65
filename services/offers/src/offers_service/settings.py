"""What the offers service is told from outside."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from offers_service.domain.approval import Limits
from rapport.settings import DEVELOPMENT_KEY, Key, LinkSettings, refuse_weak


class Settings(LinkSettings):
    """Environment: `OFFERS_DATABASE_URL` and the like."""

    model_config = SettingsConfigDict(env_prefix="OFFERS_")

    port: int = Field(default=8102, ge=0, le=65535)
    worker_port: int = Field(default=9102, ge=0, le=65535)

    approval_value: Decimal | None = Field(default=Decimal(1000), ge=0)
    """An offer worth more per acceptance is published only with another person's approval. Above what a household
    product usually brings; a bank that sells mortgages raises it."""
    approval_cost: Decimal | None = Field(default=Decimal(200), ge=0)
    """The same for what one acceptance costs: that money leaves the house."""
    approval_stock: int | None = Field(default=10_000, ge=0)
    """The same for how many there are to be given away."""
    approval_unlimited_stock: bool = True
    """Whether an offer without a stock may be published by one person: most tariffs have none."""

    lanes: int = Field(default=2, ge=1, le=16)
    """Batches of contacts under way at once in a worker: most hold nothing for us and only cost decoding, and one that
    waits for the stock of a popular offer should not hold up the others."""

    public_max_age: int = Field(default=5, ge=0, le=3600)
    """Seconds for which anybody may cache the offers for everybody. So much longer a visitor may see one that has been
    withdrawn or sold out; accepting it is refused all the same."""

    link_guesses: int = Field(default=20, ge=1, le=10_000)
    """Wrong links that one address may open at once: more than a household mistypes, and than a company behind one
    address does."""

    link_guess_seconds: float = Field(default=3.0, gt=0, le=3600)
    """After which it may open another wrong one."""

    storefront_url: str = Field(default="http://127.0.0.1:8080/offers", pattern="^https?://")
    """Where an opened link leads."""

    claim_key: Key = Field(default=DEVELOPMENT_KEY, repr=False)
    """Shared with the storefront, which knows by it that a visitor came through a link of ours. Never a key of the
    links themselves: who checks claims need not be able to make links."""

    @property
    def limits(self) -> Limits:
        """Up to which a manager publishes alone."""
        return Limits(self.approval_value, self.approval_cost, self.approval_stock, self.approval_unlimited_stock)

    @model_validator(mode="after")
    def _refuse_a_weak_claim_key_in_production(self) -> Self:
        if self.environment != "production":
            return self
        refuse_weak("claim_key", [self.claim_key])
        if self.claim_key in self.link_keys:
            raise ValueError("claim_key must be none of link_keys: the storefront knows it")
        return self
