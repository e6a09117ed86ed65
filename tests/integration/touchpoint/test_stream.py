"""The stream of events, against a real API process and a real log."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition
from tests.integration.touchpoint.listening import Listener, Writer, api, listening, writing

from rapport.messaging import topics
from rapport.testing.database import fresh_database
from rapport.testing.infrastructure import Endpoints
from rapport.testing.infrastructure.redis import Redis
from rapport.testing.processes import free_port
from touchpoint_service.domain.subscriptions import Wanted, read_position, write_position
from touchpoint_service.settings import Settings
from touchpoint_service.stream import PositionTooOld, Stream, StreamUnavailable, TooManyStreams

RECALLED = "touchpoint.contact.recalled.v1"


@pytest.fixture
async def database(infrastructure: Endpoints) -> AsyncIterator[str]:
    async with fresh_database(infrastructure.postgres_url, "touchpoint") as url:
        await topics.apply(infrastructure.kafka_bootstrap)
        yield url


@pytest.fixture
async def log(infrastructure: Endpoints, database: str) -> AsyncIterator[Writer]:
    async with writing(infrastructure.kafka_bootstrap) as writer:
        yield writer


class TestAProcess:
    async def test_that_is_killed_with_redis_loses_and_doubles_nothing(
        self, infrastructure: Endpoints, database: str, log: Writer, unique: str, tmp_path: Path
    ):
        customers = [f"{unique}-{n}" for n in range(30)]
        redis = Redis(tmp_path)
        own = Endpoints(infrastructure.postgres_url, infrastructure.kafka_bootstrap, redis.start())
        port, sent, told, last = free_port(), [], [], ""
        try:
            for _ in range(2):
                with api(own, database, port) as process:
                    listener = await Listener.connect(port, {}, last)
                    assert listener.status == 200
                    await listener.next()
                    sent += await log.write(customers)
                    # It dies with events on the way: some are told, some are not.
                    for event in await listener.events(17 if last == "" else 40):
                        if event.data["id"].startswith(unique):
                            told.append(event.data["id"])
                        last = event.id
                    process.kill()
                    process.wait()
                    redis.kill()
                    await listener.close()
                sent += await log.write(customers)  # while nobody serves
                redis.start()
            with api(own, database, port):
                async with listening(port, last) as listener:
                    async with asyncio.timeout(20):
                        while len(told) < len(sent):
                            found = await listener.next()
                            assert found is not None
                            if found.event and found.data["id"].startswith(unique):
                                told.append(found.data["id"])
                    sent += await log.write([f"{unique}-end"])
                    assert [e.data["id"] for e in await listener.events(1)] == [f"{unique}-end.1"]
        finally:
            redis.stop()
        assert sorted(told) == sorted(sent[:-1])
        for customer in customers:
            of_one = [int(each.rpartition(".")[2]) for each in told if each.startswith(f"{customer}.")]
            assert of_one == sorted(of_one)

    async def test_tells_each_what_it_asked_for_and_refuses_what_makes_no_sense(
        self, infrastructure: Endpoints, database: str, log, unique: str
    ):
        one, other = f"{unique}-1", f"{unique}-2"
        port = free_port()
        with api(infrastructure, database, port, stream_heartbeat_seconds="0.3"):
            async with (
                listening(port, customer_id=one) as of_one,
                listening(port, types=RECALLED, customer_id=other) as recalls,
                listening(port, org="/north", customer_id=one) as north,
            ):
                await log.write([one, other], place="north/branch-7")
                await log.write([one, other], place="northern/branch-1")
                await log.write([one, other], RECALLED, reason="already_accepted")
                assert [e.data["id"] for e in await of_one.events(3)] == [f"{one}.1", f"{one}.2", f"{one}.3"]
                assert [e.data["id"] for e in await north.events(2)] == [f"{one}.1", f"{one}.3"]
                (found,) = await recalls.events(1)
                assert (found.event, found.data["type"]) == (RECALLED, RECALLED)
                assert found.data["data"]["reason"] == "already_accepted"
                assert found.data["time"] == "2026-03-03T12:00:00.000000Z"
                # Heart-beats move the id on, past what was not asked for.
                before = of_one.last
                await log.write([other] * 5)
                async with asyncio.timeout(10):
                    while of_one.last == before:
                        beat = await of_one.next()
                        assert beat is not None
                        assert beat.event == ""
            async with listening(port, of_one.last, customer_id=other) as again:
                (missed,) = await log.write([other])
                assert [e.data["id"] for e in await again.events(1)] == [missed]
            for query, last, role, status in (
                ({"types": "no.such.type"}, "", "channel_system", 422),
                ({}, "nonsense", "channel_system", 422),
                ({"last_event_id": "nonsense"}, "", "channel_system", 422),
                ({}, write_position([1 << 40] * 12), "channel_system", 410),
                ({}, write_position([0] * 3), "channel_system", 410),
                ({}, "", "storefront", 403),
            ):
                listener = await Listener.connect(port, query, last, role=role)
                assert listener.status == status, (query, last, role)
                await listener.close()

    async def test_cuts_a_slow_reader_who_goes_on_without_a_loss(
        self, infrastructure: Endpoints, database: str, log: Writer, unique: str
    ):
        port = free_port()
        with api(infrastructure, database, port, stream_queue="200", stream_recent="300"):
            async with listening(port, customer_id=unique) as quick:
                slow = await Listener.connect(port, {"customer_id": unique}, buffer=4096)
                reading = asyncio.create_task(quick.events(1500))
                sent = []
                for _ in range(75):
                    sent += await log.write([unique] * 20, note="n" * 4000)
                assert [e.data["id"] for e in await reading] == sent, "a slow reader holds up nobody"
                told = await slow.events(10_000)
                assert told[-1].event == "end"
                assert told[-1].data == {"reason": "slow_reader"}
                assert 0 < len(told) < len(sent)
                await slow.close()
            # What it missed lies far before what the process keeps in memory: it is read from the log.
            async with listening(port, told[-1].id, customer_id=unique) as again:
                rest = await again.events(len(sent) - len(told) + 1)
            assert [e.data["id"] for e in told[:-1] + rest] == sent

    async def test_that_is_asked_to_end_tells_from_where_to_go_on(
        self, infrastructure: Endpoints, database: str, log: Writer, unique: str
    ):
        port = free_port()
        with api(infrastructure, database, port) as process:
            async with listening(port, customer_id=unique) as listener:
                await log.write([unique])
                assert len(await listener.events(1)) == 1
                process.terminate()
                (end,) = await listener.events(1)
                assert (end.event, end.data) == ("end", {"reason": "leaving"})
                async with asyncio.timeout(5):  # it does not wait for readers who would never go
                    await asyncio.to_thread(process.wait)
                assert process.returncode == -signal.SIGTERM
        sent = await log.write([unique])
        with api(infrastructure, database, port):
            async with listening(port, end.id, customer_id=unique) as again:
                assert [e.data["id"] for e in await again.events(1)] == sent


@asynccontextmanager
async def stream_on(infrastructure: Endpoints, topic: str, **settings: Any) -> AsyncIterator[Stream]:
    """A stream in this process, of a topic of its own with two partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=infrastructure.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    told = Settings(
        environment="test",
        database_url="postgresql://nowhere/none",
        kafka_bootstrap=infrastructure.kafka_bootstrap,
        **settings,
    )
    stream = Stream(told, topic, 2)
    try:
        yield stream
    finally:
        await stream.aclose()


async def told(stream: Stream, after: str, count: int) -> list[str]:
    """What somebody who resumes is told."""
    connection = await stream.open(Wanted(), read_position(after))
    found: list[str] = []
    async with asyncio.timeout(10):
        async for chunk in connection.chunks(1, 60):
            found += [line.split('"')[3] for line in chunk.decode().split("\n") if line.startswith("data: ")]
            if len(found) >= count:
                break
    stream.close(connection)
    return found


class TestAStream:
    async def test_says_that_the_log_is_older_than_the_position(self, infrastructure: Endpoints, unique: str):
        async with (
            stream_on(infrastructure, unique) as stream,
            writing(infrastructure.kafka_bootstrap, unique, 2) as log,
        ):
            sent = await log.write([f"c{n}" for n in range(40)])
            assert sorted(await told(stream, write_position([0, 0]), 40)) == sorted(sent)
            admin = AIOKafkaAdminClient(bootstrap_servers=infrastructure.kafka_bootstrap)
            await admin.start()
            place = TopicPartition(unique, 0)
            await admin.delete_records({place: RecordsToDelete(before_offset=5)})
            await admin.close()
        async with stream_on_again(infrastructure, unique, stream_recent=100) as later:
            with pytest.raises(PositionTooOld):
                await later.open(Wanted(), (4, 0))
            connection = await later.open(Wanted(), (5, 0))
            later.close(connection)

    async def test_tells_an_event_that_was_sent_twice_once(self, infrastructure: Endpoints, unique: str):
        async with (
            stream_on(infrastructure, unique) as stream,
            writing(infrastructure.kafka_bootstrap, unique, 2) as log,
        ):
            sent = await log.write(["a", "b", "a", "b"])
            await log.write(["a", "b"], seq=1)
            await log.write(["a", "b"], seq=2)
            sent += await log.write(["a", "b"], seq=3)
            assert sorted(await told(stream, write_position([0, 0]), 6)) == sorted(sent)

    @pytest.mark.parametrize("recent", [100, 5000])
    async def test_can_be_resumed_anywhere(self, infrastructure: Endpoints, unique: str, recent: int):
        async with (
            stream_on(infrastructure, unique, stream_recent=recent, stream_queue=5000) as stream,
            writing(infrastructure.kafka_bootstrap, unique, 2) as log,
        ):
            connection = await stream.open(Wanted(), None)
            places: list[tuple[str, str]] = []
            reading = connection.chunks(1, 60)
            await anext(reading)
            sent = await log.write([f"c{n % 7}" for n in range(300)])
            async with asyncio.timeout(10):
                while len(places) < len(sent):
                    for block in (await anext(reading)).decode().split("\n\n"):
                        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
                        if "data" in lines:
                            places.append((lines["id"], lines["data"].split('"')[3]))
            stream.close(connection)
            for number in (0, 1, 57, 150, 298):
                rest = [event for _, event in places[number + 1 :]]
                assert sorted(await told(stream, places[number][0], len(rest))) == sorted(rest)

    async def test_ends_for_who_has_listened_long_enough(self, infrastructure: Endpoints, unique: str):
        async with stream_on(infrastructure, unique) as stream:
            connection = await stream.open(Wanted(), None)
            chunks = [chunk.decode() async for chunk in connection.chunks(0.05, 0.2)]
        assert chunks[-1].startswith("event: end\n")
        assert '"lifetime"' in chunks[-1]
        assert all(chunk.startswith(":\nid: ") for chunk in chunks[1:-1])
        assert len(chunks) > 3

    async def test_has_room_for_so_many(self, infrastructure: Endpoints, unique: str):
        async with stream_on(infrastructure, unique, stream_connections=1) as stream:
            connection = await stream.open(Wanted(), None)
            with pytest.raises(TooManyStreams):
                await stream.open(Wanted(), None)
            stream.close(connection)
            await stream.open(Wanted(), None)

    async def test_is_not_there_while_the_broker_is_away(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("touchpoint_service.stream._READY_SECONDS", 0.3)
        told = Settings(
            environment="test", database_url="postgresql://nowhere/none", kafka_bootstrap=f"127.0.0.1:{free_port()}"
        )
        stream = Stream(told, "any", 2)
        with pytest.raises(StreamUnavailable):
            await stream.open(Wanted(), None)
        await stream.aclose()


@asynccontextmanager
async def stream_on_again(infrastructure: Endpoints, topic: str, **settings: Any) -> AsyncIterator[Stream]:
    """Another stream of a topic that exists."""
    told = Settings(
        environment="test",
        database_url="postgresql://nowhere/none",
        kafka_bootstrap=infrastructure.kafka_bootstrap,
        **settings,
    )
    stream = Stream(told, topic, 2)
    try:
        yield stream
    finally:
        await stream.aclose()
