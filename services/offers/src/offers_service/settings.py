"""What the offers service is told from outside."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from offers_service.domain.approval import Limits
from rapport.settings import DEVELOPMENT_KEY, ServiceSettings

_KEY_BYTES = 32  # as long as the hash

Key = Annotated[str, Field(min_length=1)]


class Settings(ServiceSettings):
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

    link_keys: Annotated[tuple[Key, ...], NoDecode] = Field(
        default=(DEVELOPMENT_KEY,), repr=False, min_length=1, max_length=5
    )
    """Keys that seal short links, with commas between them. The first seals; the others open what they once sealed, so
    a new key is put in front and the old one leaves after the longest lifetime of a link, 90 days."""

    link_url: str = Field(default="http://127.0.0.1:8102", pattern="^https?://")
    """What a short link begins with, before `/l/`: short, since every character of an SMS costs."""

    storefront_url: str = Field(default="http://127.0.0.1:8080/offers", pattern="^https?://")
    """Where an opened link leads."""

    claim_key: Key = Field(default=DEVELOPMENT_KEY, repr=False)
    """Shared with the storefront, which knows by it that a visitor came through a link of ours. Never a key of the
    links themselves: who checks claims need not be able to make links."""

    @property
    def limits(self) -> Limits:
        """Up to which a manager publishes alone."""
        return Limits(self.approval_value, self.approval_cost, self.approval_stock, self.approval_unlimited_stock)

    @field_validator("link_keys", mode="before")
    @classmethod
    def _listed(cls, told: object) -> object:
        return tuple(told.split(",")) if isinstance(told, str) else told

    @model_validator(mode="after")
    def _refuse_weak_keys_in_production(self) -> Self:
        if self.environment != "production":
            return self
        for name, keys in (("link_keys", self.link_keys), ("claim_key", (self.claim_key,))):
            if DEVELOPMENT_KEY in keys:
                raise ValueError(f"the development key is refused in production: set {name}")
            if any(len(key.encode()) < _KEY_BYTES for key in keys):
                raise ValueError(f"{name} must have at least {_KEY_BYTES} bytes each in production")
        if self.claim_key in self.link_keys:
            raise ValueError("claim_key must be none of link_keys: the storefront knows it")
        return self
