from __future__ import annotations

import re
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from rapport.ids import Id, new_id

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


class TestNewId:
    def test_is_a_prefix_and_a_version_7_uuid_of_the_instant(self) -> None:
        prefix, digits = new_id("req", AT).split("_")
        parsed = uuid.UUID(digits)
        assert prefix == "req"
        assert re.fullmatch("[0-9a-f]{32}", digits)
        assert parsed.version == 7
        assert parsed.variant == uuid.RFC_4122
        assert parsed.int >> 80 == int(AT.timestamp() * 1000)

    def test_is_an_acceptable_id(self) -> None:
        TypeAdapter(Id).validate_python(new_id("cmp", AT))

    def test_ids_of_one_instant_rise(self) -> None:
        made = [new_id("x", AT) for _ in range(10_000)]
        assert made == sorted(made)
        assert len(set(made)) == len(made)

    def test_ids_of_rising_instants_rise_by_the_microsecond(self) -> None:
        made = [new_id("x", AT + timedelta(microseconds=step)) for step in range(3000)]
        assert made == sorted(made)

    def test_an_earlier_instant_gives_an_earlier_id(self) -> None:
        later = new_id("x", AT)
        assert new_id("x", AT - timedelta(milliseconds=1)) < later

    def test_processes_that_share_an_instant_do_not_meet(self) -> None:
        program = (
            "import os\n"
            "from rapport.clock import EPOCH\n"
            "from rapport.ids import new_id\n"
            "new_id('x', EPOCH)\n"  # so that both inherit the same state
            "parent = os.fork()\n"
            "if parent: os.waitpid(parent, 0)\n"
            "print('\\n'.join(new_id('x', EPOCH) for _ in range(1000)), flush=True)\n"
        )
        made = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        ).stdout.split()
        assert len(set(made)) == len(made) == 2000

    def test_refuses_an_instant_before_1970(self) -> None:
        with pytest.raises(ValueError, match="1970"):
            new_id("x", datetime(1969, 12, 31, tzinfo=UTC))


class TestId:
    @pytest.mark.parametrize("text", ["a", "A-1._~", "x" * 64])
    def test_accepts_what_needs_no_escaping_in_a_url(self, text: str) -> None:
        assert TypeAdapter(Id).validate_python(text) == text

    @pytest.mark.parametrize("text", ["", "x" * 65, "a b", "a/b", "é", "a\n", "a%20"])
    def test_refuses_the_rest(self, text: str) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter(Id).validate_python(text)
