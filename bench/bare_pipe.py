"""The bare pipe that the gate is measured against: consume, COPY one row, produce. No logic, no decoding.

python -m bench.bare_pipe BOOTSTRAP DATABASE COUNT OFFSET,OFFSET,…
"""

from __future__ import annotations

import asyncio
import sys

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

IN, OUT = "bench.in", "bench.out"
PARTITIONS = 12
BATCH = 1000


async def pipe(bootstrap: str, database: str, count: int, starts: list[str]) -> None:
    """Move `count` records from IN to OUT, a row each in between; `starts` has each partition's first offset."""
    conn = await asyncpg.connect(database)
    await conn.execute(
        "create table if not exists bare "
        "(partition smallint, at bigint, key text, value bytea, primary key (partition, at))"
    )
    await conn.execute("truncate bare")
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, max_batch_size=512 * 1024)
    await consumer.start()
    await producer.start()
    partitions = [TopicPartition(IN, p) for p in range(PARTITIONS)]
    consumer.assign(partitions)
    for partition in partitions:
        consumer.seek(partition, int(starts[partition.partition]))
    moved = 0
    while moved < count:
        found = await consumer.getmany(timeout_ms=500, max_records=BATCH)
        rows = [(tp.partition, r.offset, r.key.decode(), r.value) for tp, records in found.items() for r in records]
        async with conn.transaction():
            await conn.copy_records_to_table("bare", records=rows)
        acks = [
            await producer.send(OUT, r.value, r.key, partition=tp.partition) for tp, rs in found.items() for r in rs
        ]
        await asyncio.gather(*acks)
        moved += len(rows)
    await consumer.stop()
    await producer.stop()
    await conn.close()


if __name__ == "__main__":
    uvloop.run(pipe(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4].split(",")))
