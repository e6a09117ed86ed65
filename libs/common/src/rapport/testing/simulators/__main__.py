"""Runs the simulators: three ports in one event loop, ended by SIGTERM or SIGINT.

Prints one line of JSON with the ports once all of them are open; a port of 0 takes any that is free.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
import uvloop
from fastapi import FastAPI

from rapport.clock import open_clock
from rapport.testing.simulators.control import control
from rapport.testing.simulators.fate import Provider
from rapport.testing.simulators.post import Behaviour, PostOffice
from rapport.testing.simulators.receipts import Courier
from rapport.testing.simulators.sms import sms_provider
from rapport.testing.simulators.smtp import mail_server
from rapport.web.app import KEEP_ALIVE_SECONDS


class _Server(uvicorn.Server):
    """One of two HTTP servers in the process: signals belong to the process, not to either of them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rapport.testing.simulators", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--sms-port", type=int, default=0)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--clock", default="system", help="system, or stepped:<path>")
    parser.add_argument("--seed", type=int, default=1, help="decides the fate of every message")
    parser.add_argument("--failure-share", type=float, default=0.0, help="share of messages that meet a difficulty")
    parser.add_argument("--tells-late", default="no", help="yes: that a number does not exist is in the receipt")
    parser.add_argument("--touchpoint-url", required=True, help="where receipts go")
    parser.add_argument(
        "--token",
        default=os.environ.get("RAPPORT_SIMULATORS_TOKEN", ""),
        help="bearer token of a channel system; default: RAPPORT_SIMULATORS_TOKEN, which no process list shows",
    )
    return parser.parse_args(arguments)


def _listen(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), backlog=512)


def _http(app: FastAPI) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=2,
        )
    )


async def serve(options: argparse.Namespace) -> None:
    """Run until a signal ends it.

    Raises:
        OSError: a port is taken.
    """
    office = PostOffice(open_clock(options.clock), options.seed)
    for provider in Provider:
        office.behaviour[provider] = Behaviour(
            failure_share=options.failure_share, tells_late=options.tells_late == "yes"
        )
    sockets = [_listen(options.host, port) for port in (options.sms_port, options.smtp_port, options.control_port)]
    for_sms, for_mail, for_control = sockets
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(lambda: mail_server(office), sock=for_mail)
    servers = {_http(sms_provider(office)): for_sms, _http(control(office)): for_control}
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    ports = [each.getsockname()[1] for each in sockets]
    async with asyncio.TaskGroup() as group:
        courier = group.create_task(Courier(office, options.touchpoint_url, options.token).run())
        for server, bound in servers.items():
            group.create_task(server.serve(sockets=[bound]))
        sys.stdout.write(json.dumps(dict(zip(("sms_port", "smtp_port", "control_port"), ports, strict=True))) + "\n")
        sys.stdout.flush()
        await ended.wait()
        courier.cancel()
        mail.close()
        for server in servers:
            server.should_exit = True


def main(arguments: Sequence[str] | None = None) -> None:
    """The process."""
    uvloop.run(serve(_options(arguments)))


if __name__ == "__main__":
    main()
