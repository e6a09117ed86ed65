"""What the profile service is told from outside."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from rapport.settings import SealingSettings


class Settings(SealingSettings):
    """Environment: `PROFILE_DATABASE_URL` and the like."""

    model_config = SettingsConfigDict(env_prefix="PROFILE_", frozen=True, extra="ignore")

    port: int = 8101
    worker_port: int = 9101

    import_piece_rows: int = Field(default=1000, ge=1, le=20_000)
    """Rows of one transaction: enough that its fixed costs vanish, few enough that nobody waits long for its locks."""

    import_poll_seconds: float = Field(default=0.2, gt=0)
    """How soon an idle worker sees a new file. Nobody watches an import by the millisecond."""
