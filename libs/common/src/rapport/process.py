"""Runs a worker process: its parts side by side, until it is told to stop or one of them fails.

What always holds:
- SIGTERM and SIGINT let every part finish what it has at hand; the process then exits 0;
- a part that fails stops the others, says so in the log, and the process exits 1: whoever supervises it starts it
  again. There is no half-alive worker;
- /health/live, /health/ready and /metrics answer on `worker_port` for as long as the process lives.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

import uvloop

from rapport.garbage import collect_garbage_rarely
from rapport.settings import ServiceSettings
from rapport.telemetry import Ready, StatusServer, configure_logging, get_logger

S = TypeVar("S", bound=ServiceSettings)
_log = get_logger()
_ALIVE = 2_000_000
"""More than the customers that a worker remembers and the batches in hand are together: what is remembered is no
garbage, and looking through half a million objects of it in search of some takes 0.15 s each time."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a worker does all the time. `run` returns after `stop`, or raises."""

    kind: str
    """What `--only` selects it by, such as `consumers` or `relay`."""
    run: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class Worker:
    """The parts of a worker, and what it needs to be ready."""

    parts: Sequence[Part]
    ready: Ready


CreateWorker = Callable[[S, frozenset[str]], AbstractAsyncContextManager[Worker]]
"""Opens what the worker of these settings and kinds needs, and closes it at the end."""


async def run_parts(parts: Sequence[Part], stopping: asyncio.Event) -> None:
    """Run the parts until `stopping` is set, then let each finish.

    Raises:
        Exception: what the first part that failed raised; the others have been stopped.
    """
    tasks = {asyncio.ensure_future(part.run()): part for part in parts}
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait({*tasks, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    for task, part in tasks.items():
        if not task.done():
            pending = part.stop()
            if pending is not None:
                await pending
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for part, result in zip(parts, results, strict=True):
        if isinstance(result, BaseException):
            _log.critical("part_failed", part=part.kind, error=type(result).__name__, exc_info=result)
    failed = next((r for r in results if isinstance(r, BaseException)), None)
    if failed is not None:
        raise failed


async def _run(service: str, settings: S, kinds: frozenset[str], create: CreateWorker[S]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with create(settings, kinds) as worker:
        collect_garbage_rarely(_ALIVE)
        parts = [part for part in worker.parts if part.kind in kinds]
        async with StatusServer(host=settings.host, port=settings.worker_port, ready=worker.ready) as status:
            _log.info("worker_started", service=service, kinds=sorted(kinds), port=status.port)
            await run_parts(parts, stopping)
    _log.info("worker_stopped", service=service)


def worker_main(
    service: str,
    settings: Callable[[], S],
    create: CreateWorker[S],
    kinds: Collection[str],
    args: Sequence[str] | None = None,
) -> None:
    """Runs `python -m <service>_service.worker [--only KIND ...]`. Exits 0 when stopped, 1 when a part failed."""
    program = f"python -m {service}_service.worker"
    parser = argparse.ArgumentParser(prog=program, description=f"The worker of {service}.")
    parser.add_argument("--only", nargs="+", choices=sorted(kinds), help="run only these parts; all when left out")
    chosen = parser.parse_args(args).only
    told = settings()
    configure_logging(service, level=told.log_level, messages=told.environment == "development")
    os.nice(told.worker_nice)
    try:
        uvloop.run(_run(service, told, frozenset(chosen or kinds), create))
    except Exception:  # noqa: BLE001 - logged where it happened
        sys.exit(1)
