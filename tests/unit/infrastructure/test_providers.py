"""Which provider the environment chooses, and which jars are accepted."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rapport.testing.infrastructure import Endpoints, choose, jars
from rapport.testing.infrastructure.docker import Docker
from rapport.testing.infrastructure.embedded import Embedded
from rapport.testing.infrastructure.given import KAFKA, POSTGRES, REDIS, Given

ALL = {POSTGRES: "postgresql://db/admin", KAFKA: "broker:9092", REDIS: "redis://cache/0"}


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ALL, "RAPPORT_INFRA"):
        monkeypatch.delenv(name, raising=False)


class TestChoose:
    def test_takes_embedded_servers_when_nothing_is_said(self, tmp_path: Path) -> None:
        assert isinstance(choose(tmp_path), Embedded)

    def test_takes_the_named_provider(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAPPORT_INFRA", "docker")
        assert isinstance(choose(tmp_path), Docker)

    def test_refuses_a_name_it_does_not_know(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAPPORT_INFRA", "podman")
        with pytest.raises(ValueError, match="podman"):
            choose(tmp_path)

    def test_prefers_given_servers_to_a_named_provider(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in {**ALL, "RAPPORT_INFRA": "docker"}.items():
            monkeypatch.setenv(name, value)
        chosen = choose(tmp_path)
        assert isinstance(chosen, Given)
        assert chosen.start() == Endpoints(ALL[POSTGRES], ALL[KAFKA], ALL[REDIS])

    @pytest.mark.parametrize("forgotten", ALL)
    def test_names_the_endpoint_that_was_forgotten(self, forgotten: str) -> None:
        with pytest.raises(ValueError, match=f"^set {forgotten} too"):
            Given.from_environment({name: value for name, value in ALL.items() if name != forgotten})


class TestJars:
    @pytest.fixture
    def specification(self, tmp_path: Path) -> Path:
        folder = tmp_path / "specification"
        folder.mkdir()
        digest = hashlib.sha256(b"whole").hexdigest()
        entry = f'groupId = "org.example"\nartifactId = "thing"\nversion = "1.0"\nsha256 = "{digest}"\n'
        (folder / "jgo.lock.toml").write_text(f"[[dependencies]]\n{entry}")
        return folder

    def test_downloads_nothing_when_all_are_whole(
        self, specification: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        jar = _place(tmp_path, b"whole")
        monkeypatch.setattr(jars, "_download", lambda *_: pytest.fail("downloads"))
        assert [found.path for found in jars._jars(specification, tmp_path)] == [jar]

    def test_fetches_a_jar_that_was_cut_short_again(
        self, specification: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        jar = _place(tmp_path, b"who")

        def download(*_: Path) -> None:
            assert not jar.exists(), "jgo would take the broken one for whole"
            _place(tmp_path, b"whole")

        monkeypatch.setattr(jars, "_download", download)
        jars._jars(specification, tmp_path)
        assert jar.read_bytes() == b"whole"

    def test_refuses_a_jar_that_is_not_the_locked_one(
        self, specification: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jars, "_download", lambda *_: _place(tmp_path, b"another"))
        with pytest.raises(jars.JarsUnavailable, match=r"thing-1\.0\.jar"):
            jars._jars(specification, tmp_path)

    def test_says_what_to_do_when_nothing_can_be_reached(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        for name in ("https_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        with pytest.raises(jars.JarsUnavailable, match=r"(?s)could not be fetched.*run again.*RAPPORT_POSTGRES_URL"):
            jars.kafka_class_path()


def _place(cache: Path, content: bytes) -> Path:
    jar = cache / "m2" / "org" / "example" / "thing" / "1.0" / "thing-1.0.jar"
    jar.parent.mkdir(parents=True, exist_ok=True)
    jar.write_bytes(content)
    return jar
