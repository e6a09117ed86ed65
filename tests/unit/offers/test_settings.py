"""What production does not start with."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from offers_service.settings import Settings
from rapport.settings import DEVELOPMENT_KEY

FIRST, SECOND, THIRD = ("k" * 32, "l" * 32, "m" * 32)
GOOD = {"jwt_key": FIRST, "link_keys": (FIRST, SECOND), "claim_key": THIRD}


def settings(**parts: Any) -> Settings:
    return Settings(environment="production", database_url="postgresql://nowhere/none", **GOOD | parts)


def test_production_starts_with_keys_of_its_own() -> None:
    assert settings().link_keys == (FIRST, SECOND)


@pytest.mark.parametrize(
    "parts",
    [
        {"link_keys": (DEVELOPMENT_KEY,)},
        {"link_keys": (FIRST, DEVELOPMENT_KEY)},
        {"link_keys": ("short",)},
        {"link_keys": ()},
        {"claim_key": DEVELOPMENT_KEY},
        {"claim_key": "short"},
        {"claim_key": SECOND},
    ],
)
def test_production_refuses(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**parts)


def test_keys_come_from_the_environment_as_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFERS_LINK_KEYS", f"{FIRST},{SECOND}")
    found = Settings(database_url="postgresql://nowhere/none")
    assert found.link_keys == (FIRST, SECOND)
    assert FIRST not in repr(found)
