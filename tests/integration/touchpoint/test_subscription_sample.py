"""The consumer that docs/subscriptions.md shows, as it stands there, against the real broker."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.touchpoint.listening import RELEASED, writing

from rapport.messaging import topics
from rapport.testing.infrastructure.kafka import Kafka

PAGE = Path(__file__).resolve().parents[3] / "docs" / "subscriptions.md"
SAMPLE = PAGE.read_text().split("```python\n")[1].split("```")[0]


@pytest.fixture
def bootstrap(tmp_path: Path) -> Iterator[str]:
    """A broker of its own: in the shared one other tests write what is no event, which ends whoever reads it so."""
    broker = Kafka(tmp_path)
    yield broker.start()
    broker.stop()


async def test_the_sample_reads_each_event_once(bootstrap: str, unique: str):
    await topics.apply(bootstrap)
    told = os.environ | {"KAFKA": bootstrap, "GROUP": f"crm.{unique}"}
    async with writing(bootstrap) as log:
        await log.write([unique, unique])
        await log.write([unique], seq=2)
        await log.write([unique], seq=3)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SAMPLE, env=told, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        assert process.stdout is not None
        seen: list[str] = []
        async with asyncio.timeout(30):
            while len(seen) < 3:
                line = (await process.stdout.readline()).decode().strip()
                assert line, "the sample ended"
                if f" {unique} " in line:
                    seen.append(line)
        process.kill()
        await process.wait()
    assert seen == [f"{RELEASED} {unique} {seq}" for seq in (1, 2, 3)]


def test_the_sample_has_twenty_lines():
    assert len([line for line in SAMPLE.split("\n") if line]) <= 20
