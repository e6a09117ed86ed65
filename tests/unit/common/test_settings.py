from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from rapport.settings import DEVELOPMENT_KEY, ServiceSettings, home

SECRET = "s" * 32


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SAMPLE_")

    port: int = 8101
    worker_port: int = 9101


def settings(**given: Any) -> Settings:
    return Settings(**{"database_url": "postgresql://db/sample", **given})


class TestServiceSettings:
    def test_come_from_the_environment_with_the_service_prefix(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SAMPLE_DATABASE_URL", "postgresql://db/other")
        monkeypatch.setenv("SAMPLE_PORT", "1234")
        monkeypatch.setenv("PORT", "1")
        found = Settings()
        assert (found.database_url, found.port) == ("postgresql://db/other", 1234)

    def test_need_a_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SAMPLE_DATABASE_URL", raising=False)
        with pytest.raises(ValidationError, match="database_url"):
            Settings()

    def test_show_no_secret_when_printed(self) -> None:
        shown = repr(
            settings(database_url="postgresql://me:hush@db/x", redis_url="redis://:hush@r", jwt_key="hush" * 9)
        )
        assert "hush" not in shown


class TestProduction:
    def test_refuses_the_development_key(self) -> None:
        with pytest.raises(ValidationError, match="development key is refused"):
            settings(environment="production")

    def test_refuses_a_stepped_clock(self) -> None:
        with pytest.raises(ValidationError, match="stepped clock is refused"):
            settings(environment="production", jwt_key=SECRET, clock="stepped:/tmp/clock")

    def test_refuses_a_short_key(self) -> None:
        with pytest.raises(ValidationError, match="at least 32 bytes"):
            settings(environment="production", jwt_key="short")

    def test_accepts_a_secret_of_its_own(self) -> None:
        assert settings(environment="production", jwt_key=SECRET).jwt_key == SECRET

    def test_needs_no_secret_with_public_keys(self) -> None:
        assert settings(environment="production", jwks_file="keys.json").jwks_file == Path("keys.json")

    @pytest.mark.parametrize("environment", ["development", "test"])
    def test_is_the_only_environment_that_refuses(self, environment: str) -> None:
        found = settings(environment=environment, clock="stepped:somewhere")
        assert found.jwt_key == DEVELOPMENT_KEY


class TestHome:
    def test_is_the_checkout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("RAPPORT_HOME", raising=False)
        assert (home() / "libs" / "common").is_dir()

    def test_is_where_the_environment_says(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "services").mkdir()
        monkeypatch.setenv("RAPPORT_HOME", str(tmp_path))
        assert home() == tmp_path

    def test_says_what_to_set_when_the_tree_is_elsewhere(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("RAPPORT_HOME", str(tmp_path))
        with pytest.raises(FileNotFoundError, match="RAPPORT_HOME"):
            home()
