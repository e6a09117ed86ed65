"""docker-compose.yml and its image agree with the code. No engine is needed: the files are read, not run."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from rapport.settings import ServiceSettings

ROOT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
SERVICES = ("profile", "offers", "touchpoint", "campaign")
STORES = {"kafka", "postgres", "redis"}
JOBS = {"topics", *(f"migrate-{service}" for service in SERVICES)}
RUNNING = {f"{service}-{role}" for service in SERVICES for role in ("api", "worker")}


def _settings(service: str) -> type[ServiceSettings]:
    settings: type[ServiceSettings] = importlib.import_module(f"{service}_service.settings").Settings
    return settings


def _service_of(part: str) -> str | None:
    return next((service for service in SERVICES if service in part), None)


class TestCompose:
    def test_has_every_service_with_api_and_worker_apart_and_its_jobs(self) -> None:
        assert set(PARTS) == STORES | JOBS | RUNNING

    @pytest.mark.parametrize("part", PARTS)
    def test_each_part_has_an_image_and_what_we_run_is_built(self, part: str) -> None:
        assert PARTS[part]["image"]
        assert ("build" in PARTS[part]) == (part not in STORES)

    @pytest.mark.parametrize("part", sorted(set(PARTS) - JOBS))
    def test_each_part_that_stays_has_a_health_check(self, part: str) -> None:
        check = PARTS[part]["healthcheck"]
        assert check["test"][0] == "CMD"
        assert {"interval", "timeout", "retries"} <= set(check)

    @pytest.mark.parametrize("part", sorted(RUNNING))
    def test_the_health_check_asks_readiness_on_the_port_of_the_settings(self, part: str) -> None:
        service, role = part.split("-")
        port = _settings(service).model_fields["port" if role == "api" else "worker_port"].default
        assert f"'http://127.0.0.1:{port}/health/ready'" in PARTS[part]["healthcheck"]["test"][-1]
        assert PARTS[part].get("ports", []) == ([f"127.0.0.1:{port}:{port}"] if role == "api" else [])

    @pytest.mark.parametrize("part", sorted(RUNNING))
    def test_a_service_waits_for_stores_migrations_and_topics(self, part: str) -> None:
        conditions = {name: wait["condition"] for name, wait in PARTS[part]["depends_on"].items()}
        done, healthy = "service_completed_successfully", "service_healthy"
        jobs = {f"migrate-{_service_of(part)}": done, "topics": done}
        assert conditions == dict.fromkeys(STORES, healthy) | jobs

    @pytest.mark.parametrize("part", sorted(JOBS))
    def test_a_job_runs_once_after_its_store(self, part: str) -> None:
        store = "kafka" if part == "topics" else "postgres"
        assert PARTS[part]["depends_on"] == {store: {"condition": "service_healthy"}}
        assert PARTS[part]["restart"] == "on-failure"

    @pytest.mark.parametrize("part", sorted(RUNNING))
    def test_a_service_runs_its_own_module(self, part: str) -> None:
        service, role = part.split("-")
        module = f"{service}_service.{'main' if role == 'api' else 'worker'}"
        assert PARTS[part]["command"] == ["python", "-m", module]
        assert (ROOT / "services" / service / "src" / Path(*module.split("."))).with_suffix(".py").exists()

    @pytest.mark.parametrize("part", sorted(part for part in PARTS if _service_of(part)))
    def test_each_environment_name_is_one_of_the_settings(self, part: str) -> None:
        settings = _settings(_service_of(part) or "")
        prefix = settings.model_config["env_prefix"]
        assert set(PARTS[part]["environment"]) <= {f"{prefix}{field}".upper() for field in settings.model_fields}

    @pytest.mark.parametrize("part", sorted(part for part in PARTS if _service_of(part)))
    def test_the_settings_accept_the_environment(self, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in PARTS[part]["environment"].items():
            monkeypatch.setenv(name, _substituted(str(value)))
        service = _service_of(part) or ""
        settings = _settings(service)()
        assert settings.environment == "production"
        assert settings.database_url.endswith(f"@postgres:5432/{service}")

    def test_secrets_come_from_outside_and_are_required(self) -> None:
        for part in PARTS.values():
            for name, value in part.get("environment", {}).items():
                if re.search(r"KEY|PASSWORD", name):
                    assert re.fullmatch(r"\$\{RAPPORT_\w+:\?[^}]+\}", value), name
                if name.endswith("DATABASE_URL"):
                    assert ":${RAPPORT_POSTGRES_PASSWORD:?" in value

    def test_each_service_has_its_database(self) -> None:
        script = (ROOT / "deploy" / "docker" / "databases.sql").read_text()
        assert set(re.findall(r"create database (\w+);", script)) == set(SERVICES)


class TestImage:
    def test_is_built_in_stages_and_does_not_run_as_root(self) -> None:
        assert len(re.findall(r"^FROM ", DOCKERFILE, re.MULTILINE)) == 2
        users = re.findall(r"^USER (\S+)", DOCKERFILE.rsplit("FROM ", 1)[1], re.MULTILINE)
        assert users == ["rapport"]

    def test_installs_what_is_pinned_by_hash(self) -> None:
        for line in DOCKERFILE.replace("\\\n", " ").splitlines():
            for command in line.split("&&"):
                if "pip install" in command:
                    assert "--require-hashes" in command or "--no-index" in command

    def test_copies_only_what_exists_and_is_not_ignored(self) -> None:
        allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
        for line in DOCKERFILE.splitlines():
            if line.startswith("COPY ") and "--from" not in line:
                for source in shlex.split(line)[1:-1]:
                    assert (ROOT / source).exists(), source
                    assert any(source == folder or source.startswith(f"{folder}/") for folder in allowed), source


def _substituted(value: str) -> str:
    """What compose makes of the value when the required variables hold long secrets, each its own."""
    value = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: found[1] + "s" * 40, value)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
