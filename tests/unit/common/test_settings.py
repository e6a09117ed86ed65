from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from rapport.settings import DEVELOPMENT_KEY, SealingSettings, ServiceSettings, home

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


class Sealing(SealingSettings):
    model_config = SettingsConfigDict(env_prefix="SAMPLE_")

    port: int = 8101
    worker_port: int = 9101


def sealing(**given: Any) -> Sealing:
    return Sealing(**{"database_url": "postgresql://db/sample", "jwt_key": SECRET, **given})


class TestSealing:
    def test_works_on_a_developers_machine_without_being_told(self) -> None:
        keys = sealing().keyring()
        assert keys.unseal(keys.seal("text", b""), b"") == "text"

    def test_takes_the_newest_key_first(self) -> None:
        old, both = sealing(sealing_keys="old").keyring(), sealing(sealing_keys="new, old").keyring()
        assert both.unseal(old.seal("text", b""), b"") == "text"
        assert not both.is_newest(old.seal("text", b""))

    @pytest.mark.parametrize("keys", ["", " , ", "same,same"])
    def test_refuses_what_makes_no_key(self, keys: str) -> None:
        with pytest.raises(ValidationError, match="at least one sealing key"):
            sealing(sealing_keys=keys)

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({}, "development key is refused"),
            ({"sealing_keys": SECRET}, "development key is refused"),
            ({"index_key": SECRET}, "development key is refused"),
            ({"sealing_keys": f"{SECRET},{DEVELOPMENT_KEY}", "index_key": SECRET}, "development key is refused"),
            ({"sealing_keys": f"{SECRET},short", "index_key": SECRET}, "at least 32 bytes"),
            ({"sealing_keys": SECRET, "index_key": "short"}, "at least 32 bytes"),
        ],
    )
    def test_production_refuses_weak_keys(self, given: dict[str, str], why: str) -> None:
        with pytest.raises(ValidationError, match=why):
            sealing(environment="production", **given)

    def test_production_accepts_secrets_of_its_own_and_shows_none(self) -> None:
        found = sealing(environment="production", sealing_keys="hush" * 8, index_key="mute" * 8)
        assert not {"hush", "mute"} & {repr(found)[at : at + 4] for at in range(len(repr(found)))}


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
