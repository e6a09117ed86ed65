"""The processes of a running Rapport: what each is called, runs, is told, and where it says that it is ready."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from rapport.auth import mint_token
from rapport.settings import DEVELOPMENT_KEY, home
from rapport.testing.infrastructure import Endpoints
from rapport.testing.processes import LOOPBACK

SERVICES = ("profile", "offers", "touchpoint", "campaign")
USUAL_PORTS = {
    **{f"{service}-api": 8101 + number for number, service in enumerate(SERVICES)},
    **{f"{service}-worker": 9101 + number for number, service in enumerate(SERVICES)},
    "touchpoint-relay": 9113,
    "pages": 8100,
    "simulators": 8203,
    "simulators-sms": 8201,
    "simulators-smtp": 8202,
}

_BESIDE_THE_RELAY = ("consumers", "senders", "rebuilds", "what-ifs", "webhooks")


@dataclass(frozen=True, slots=True)
class Options:
    """How a system is started."""

    clock: str = "system"
    """`system`, or `stepped:<path>` of a clock that the driver has created."""

    settings: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables of the services, such as TOUCHPOINT_BATCH."""

    relay_apart: bool = True
    """Whether touchpoint's relay is a process of its own: it then works beside the worker on a second core."""

    second_worker: bool = False
    """Whether another worker of touchpoint shares its partitions."""

    simulators: bool = True
    """Whether providers of SMS and e-mail are simulated."""

    pages: bool = False
    """Whether the reference pages are served, with the services behind them."""

    seed: int = 1
    """Decides the fate of every simulated message."""

    failure_share: float = 0.0
    """The share of simulated messages that meet a difficulty."""

    tells_late: bool = False
    """Whether the providers tell in the receipt, and not at once, that a number does not exist: then it has an instant
    of its own, and a run on a stepped clock can be repeated."""

    usual_ports: bool = False
    """Whether to take the documented ports where they are free; otherwise any, so that systems run side by side."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ready_url: str


def database_name(service: str) -> str:
    """The database of a service on the shared server."""
    return f"rapport_{service}"


def part_names(options: Options) -> list[str]:
    """The parts in the order in which they are shown."""
    names = ["simulators"] if options.simulators else []
    for service in SERVICES:
        names += [f"{service}-api", f"{service}-worker"]
    names += ["touchpoint-second"] if options.second_worker else []
    names += ["touchpoint-relay"] if options.relay_apart else []
    return names + (["pages"] if options.pages else [])


def port_names(options: Options) -> list[str]:
    """What needs a port: each part one, the simulators three."""
    return part_names(options) + (["simulators-sms", "simulators-smtp"] if options.simulators else [])


def parts(
    options: Options, endpoints: Endpoints, databases: Mapping[str, str], port: Callable[[str], int]
) -> list[Part]:
    """All parts. `databases` has a URL for each service, `port` tells the port of each of `port_names`."""
    found = [_simulators(options, port)] if options.simulators else []
    for service in SERVICES:
        common = _service_environment(service, options, endpoints, databases[service], port)
        names = [name for name in part_names(options) if name.startswith(f"{service}-")]
        found += [_service_part(name, common, options, port(name)) for name in names]
    return found + ([_pages(port)] if options.pages else [])


def url(port: int) -> str:
    """The base address of an HTTP server of ours."""
    return f"http://{LOOPBACK}:{port}"


def _service_environment(
    service: str, options: Options, endpoints: Endpoints, database: str, port: Callable[[str], int]
) -> dict[str, str]:
    prefix = service.upper()
    told = {
        "DATABASE_URL": database,
        "KAFKA_BOOTSTRAP": endpoints.kafka_bootstrap,
        "REDIS_URL": endpoints.redis_url,
        "CLOCK": options.clock,
        "HOST": LOOPBACK,
        "PORT": str(port(f"{service}-api")),
        "WORKER_PORT": str(port(f"{service}-worker")),
    }
    if service == "touchpoint" and options.simulators:
        told |= {
            "SMS_URL": url(port("simulators-sms")),
            "SMTP_HOST": LOOPBACK,
            "SMTP_PORT": str(port("simulators-smtp")),
        }
    if service in ("offers", "touchpoint"):
        told["LINK_URL"] = url(port("offers-api"))
    if service == "offers" and options.pages:
        told["STOREFRONT_URL"] = f"{url(port('pages'))}/storefront.html"
    return {**os.environ, **{f"{prefix}_{name}": value for name, value in told.items()}, **options.settings}


def _service_part(name: str, common: Mapping[str, str], options: Options, port: int) -> Part:
    service, role = name.split("-")
    module = f"{service}_service.{'main' if role == 'api' else 'worker'}"
    arguments: tuple[str, ...] = ()
    environment = dict(common)
    if role == "relay":
        arguments = ("--only", "relay")
        environment[f"{service.upper()}_WORKER_PORT"] = str(port)
    elif role == "second":
        arguments = ("--only", *_BESIDE_THE_RELAY)
        environment[f"{service.upper()}_WORKER_PORT"] = str(port)
    elif name == "touchpoint-worker" and options.relay_apart:
        arguments = ("--only", *_BESIDE_THE_RELAY)
    return Part(name, (sys.executable, "-m", module, *arguments), environment, f"{url(port)}/health/ready")


def _pages(port: Callable[[str], int]) -> Part:
    services = (word for name in SERVICES for word in ("--service", f"{name}={url(port(f'{name}-api'))}"))
    folder = str(home() / "clients" / "pages" / "dist")
    address = url(port("pages"))
    command = (sys.executable, "-m", "rapport.testing.pages", "--port", str(port("pages")), "--folder", folder)
    return Part("pages", (*command, *services), dict(os.environ), f"{address}/health/ready")


def _simulators(options: Options, port: Callable[[str], int]) -> Part:
    arguments = {
        "sms-port": port("simulators-sms"),
        "smtp-port": port("simulators-smtp"),
        "control-port": port("simulators"),
        "clock": options.clock,
        "seed": options.seed,
        "failure-share": options.failure_share,
        "tells-late": "yes" if options.tells_late else "no",
        "touchpoint-url": url(port("touchpoint-api")),
    }
    words = (word for name, value in arguments.items() for word in (f"--{name}", str(value)))
    token = mint_token(DEVELOPMENT_KEY, roles=["channel_system"], subject="simulators", lifetime=timedelta(days=30))
    environment = {**os.environ, "RAPPORT_SIMULATORS_TOKEN": token}
    command = (sys.executable, "-m", "rapport.testing.simulators", *words)
    return Part("simulators", command, environment, f"{url(port('simulators'))}/health/live")
