"""How a service listens."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
import uvicorn

from rapport.settings import ServiceSettings
from rapport.web.app import create_api, serve


class TestServe:
    def test_never_hangs_up_on_an_idle_client_before_the_client_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        told: dict[str, Any] = {}

        def run(server: uvicorn.Server) -> None:
            told["timeout_keep_alive"] = server.config.timeout_keep_alive
            server.started = True

        monkeypatch.setattr(uvicorn.Server, "run", run)
        settings = ServiceSettings(environment="test", database_url="postgresql://nowhere/none", port=0, worker_port=0)
        serve(create_api(settings, title="test", routers=[]), settings)
        keeps = httpx2.Limits().keepalive_expiry
        assert keeps is not None
        assert told["timeout_keep_alive"] > 60 > keeps
