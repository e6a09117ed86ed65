"""What every service is told from outside, with the reason for each default.

A service subclasses `ServiceSettings` with its own prefix (`TOUCHPOINT_`) and ports. What always holds: settings that
can only be meant for a developer's machine (published keys, a clock that somebody moves) do not start in production.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from rapport.sealing import Keyring

DEVELOPMENT_KEY = "rapport-development-key-not-for-production"
"""Published in this repository: it proves nothing, and only development and test settings accept it."""

Key = Annotated[str, Field(min_length=1)]

_KEY_BYTES = 32  # RFC 7518, section 3.2: an HS256 key is at least as long as the hash


def home() -> Path:
    """The folder that holds `services/` and `deploy/`: RAPPORT_HOME, or the checkout this module lies in.

    Raises:
        FileNotFoundError: neither is such a folder.
    """
    found = Path(os.environ.get("RAPPORT_HOME") or Path(__file__).resolve().parents[4])
    if not (found / "services").is_dir():
        raise FileNotFoundError(f"{found} has no folder `services`: set RAPPORT_HOME to the folder that has it")
    return found


class ServiceSettings(BaseSettings):
    """What all services share. Subclasses set `env_prefix` and give `port` and `worker_port` their defaults."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    environment: Literal["development", "test", "production"] = "development"

    database_url: str = Field(repr=False, pattern="^postgres(ql)?://")
    """No default: to write into the wrong database is worse than not to start."""

    kafka_bootstrap: str = "127.0.0.1:9092"
    redis_url: str = Field(default="redis://127.0.0.1:6379/0", repr=False)

    clock: str = Field(default="system", pattern="^(system|stepped:.+)$")
    """`stepped:<path>` is for a demo or test, whose driver creates and moves the clock."""

    host: str = "127.0.0.1"
    """Not reachable from outside unless asked for; a container sets 0.0.0.0."""

    port: int = Field(ge=0, le=65535)
    worker_port: int = Field(ge=0, le=65535)
    """The worker's own /metrics and /health: it serves nothing else. 0 takes a free port."""

    worker_nice: int = Field(default=10, ge=0, le=19)
    """By how much workers give way to whatever else runs on their machine, as nice(1) has it: APIs serve somebody who
    waits, a worker mostly a backlog. 0: not at all."""

    database_pool: int = Field(default=8, ge=1, le=100)
    """Connections of one process. Eight keep two cores of PostgreSQL busy; four APIs and four workers together stay
    below its default limit of 100."""

    jwt_key: str = Field(default=DEVELOPMENT_KEY, repr=False)
    """Verifies HS256 tokens where there is no `jwks_file`."""

    jwks_file: Path | None = None
    """Public keys of the identity provider. When set, only tokens signed with one of them count, never `jwt_key`."""

    jwt_audience: str = "rapport"

    max_body_bytes: int = Field(default=1 << 20, ge=1024)
    """One mebibyte: a thousand outcomes in one report fit several times over. A route that takes files sets its own."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _refuse_development_in_production(self) -> Self:
        if self.environment != "production":
            return self
        if self.clock != "system":
            raise ValueError("a stepped clock is refused in production")
        if self.jwks_file is None and self.jwt_key == DEVELOPMENT_KEY:
            raise ValueError("the development key is refused in production: set jwks_file, or jwt_key to a secret")
        if self.jwks_file is None and len(self.jwt_key.encode()) < _KEY_BYTES:
            raise ValueError(f"jwt_key must have at least {_KEY_BYTES} bytes in production")
        return self


class SealingSettings(ServiceSettings):
    """What a service is told that stores or shows sealed fields. All services that share them are told the same."""

    sealing_keys: str = Field(default=DEVELOPMENT_KEY, repr=False)
    """Secrets that seal single fields, separated by commas, the newest first. To change the key, put a new one before
    it; take the old one away when nothing is sealed with it any more."""

    index_key: str = Field(default=DEVELOPMENT_KEY, repr=False)
    """The secret of blind indexes. It cannot be changed later: what is indexed already would not be found."""

    def keyring(self) -> Keyring:
        """The keys that these secrets make."""
        return Keyring(self._secrets(), self.index_key)

    def _secrets(self) -> list[str]:
        return [secret for part in self.sealing_keys.split(",") if (secret := part.strip())]

    @model_validator(mode="after")
    def _usable_keys(self) -> Self:
        self.keyring()
        for secret in (*self._secrets(), self.index_key) if self.environment == "production" else ():
            if secret == DEVELOPMENT_KEY:
                raise ValueError("the development key is refused in production: set sealing_keys and index_key")
            if len(secret.encode()) < _KEY_BYTES:
                raise ValueError(f"sealing keys and the index key must have at least {_KEY_BYTES} bytes in production")
        return self


class LinkSettings(ServiceSettings):
    """What a service is told that makes or opens short links. All services that do are told the same."""

    link_keys: Annotated[tuple[Key, ...], NoDecode] = Field(
        default=(DEVELOPMENT_KEY,), repr=False, min_length=1, max_length=5
    )
    """Keys that seal short links, with commas between them. The first seals; the others open what they once sealed, so
    a new key is put in front and the old one leaves after the longest lifetime of a link, 90 days."""

    link_url: str = Field(default="http://127.0.0.1:8102", pattern="^https?://", max_length=100)
    """What a short link begins with, before `/l/`: short, since every character of an SMS costs."""

    @field_validator("link_keys", mode="before")
    @classmethod
    def _listed(cls, told: object) -> object:
        return tuple(told.split(",")) if isinstance(told, str) else told

    @model_validator(mode="after")
    def _refuse_weak_link_keys_in_production(self) -> Self:
        if self.environment == "production":
            refuse_weak("link_keys", self.link_keys)
        return self


def refuse_weak(name: str, keys: Sequence[str]) -> None:
    """Refuse keys that production does not start with.

    Raises:
        ValueError: one is the published development key, or too short.
    """
    if DEVELOPMENT_KEY in keys:
        raise ValueError(f"the development key is refused in production: set {name}")
    if any(len(key.encode()) < _KEY_BYTES for key in keys):
        raise ValueError(f"{name} must have at least {_KEY_BYTES} bytes each in production")
