"""What production settings of touchpoint refuse."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from touchpoint_service.settings import Settings

SAFE: dict[str, Any] = {
    "environment": "production",
    "database_url": "postgresql://db/touchpoint",
    "jwt_key": "j" * 32,
    "webhook_key": "w" * 32,
    "sealing_keys": "s" * 32,
    "index_key": "i" * 32,
    "link_keys": ("l" * 32,),
}


class TestProduction:
    def test_starts_with_secrets_of_its_own(self) -> None:
        assert Settings(**SAFE).webhook_key == "w" * 32

    @pytest.mark.parametrize(
        "changes", [{"webhook_key": "short"}, {"link_keys": ("short",)}, {"webhook_allowed_networks": "10.0.0.0/33"}]
    )
    def test_refuses_what_protects_nothing(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Settings(**SAFE | changes)

    @pytest.mark.parametrize("key", ["webhook_key", "link_keys"])
    def test_refuses_the_published_keys(self, key: str) -> None:
        told = {name: value for name, value in SAFE.items() if name != key}
        with pytest.raises(ValidationError, match="development key"):
            Settings(**told)
