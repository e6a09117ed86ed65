"""The offers API as a process of its own."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection

import httpx2
from tests.integration.offers.world import authorization

from rapport.testing.processes import LOOPBACK, ManagedProcess


@dataclass
class ApiProcess:
    """One process of the API."""

    process: ManagedProcess
    port: int
    environment: dict[str, str]

    def start(self) -> None:
        self.process.start([sys.executable, "-m", "offers_service.main"], environment=self.environment)
        self.process.wait_ready(self._ready, 60)

    def _ready(self) -> bool:
        connection = HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    async def accept(self, http: httpx2.AsyncClient, customer_id: str, **parts: str) -> str:
        """What the customer is told: the acceptance id, the type of the problem, or that nobody answers."""
        body = {"customer_id": customer_id, "offer_id": "o1", "channel": "web"} | parts
        try:
            answer = await http.post(
                f"http://{LOOPBACK}:{self.port}/v1/acceptances", json=body, headers=authorization("storefront")
            )
        except httpx2.HTTPError:
            return "no answer"
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return "no answer"
        found: str = answer.json()["acceptance_id"] if answer.is_success else answer.json()["type"]
        return found
