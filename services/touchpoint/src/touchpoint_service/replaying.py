"""The process that replays the parts of a what-if: `python -m touchpoint_service.replaying`, started by `what_ifs.py`.

It reads the job and then parts from its standard input, a line of JSON each, and answers each part with a line: what
was counted. When its input ends, because its worker has finished or died, it ends. It writes to no table.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime
from typing import Any

import orjson

from rapport.db import connect
from rapport.garbage import collect_garbage_rarely
from touchpoint_service.domain.what_if_tally import dump
from touchpoint_service.handlers.what_ifs import Replayer

NICENESS = 10
DATABASE = "RAPPORT_REPLAY_DATABASE"
"""Where the URL is told: arguments can be read by everybody on the machine."""
_ALIVE = 500_000


def job_line(job: Any) -> bytes:
    """A job as this process reads it."""
    return orjson.dumps(dict(job)) + b"\n"


def part_line(after: str | None, upto: str | None) -> bytes:
    """A part as this process reads it."""
    return orjson.dumps([after, upto]) + b"\n"


async def _replay(url: str) -> None:
    conn = await connect(url, application_name="touchpoint-what-if")
    try:
        job = orjson.loads(sys.stdin.buffer.readline())
        job |= {name: datetime.fromisoformat(job[name]) for name in ("since", "until")}
        replayer = await Replayer.of(conn, job)
        for line in sys.stdin.buffer:
            after, upto = orjson.loads(line)
            tally = await replayer.part(conn, after, upto)
            sys.stdout.buffer.write(orjson.dumps(dump(tally)) + b"\n")
            sys.stdout.buffer.flush()
    finally:
        await conn.close()


if __name__ == "__main__":
    os.nice(NICENESS)
    collect_garbage_rarely(_ALIVE)
    try:
        asyncio.run(_replay(os.environ[DATABASE]))
    except BrokenPipeError:  # nobody is there to be told
        os._exit(1)
