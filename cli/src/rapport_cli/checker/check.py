"""The whole check: opens the databases and the topics, and asks each question once.

What always holds: it changes nothing, joins no group, and asks no service. It is meant for a system at rest (nothing on
its way, no clock about to move); what is still on its way is itself told as a violation of invariant 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from rapport.db import Connection
from rapport_cli.checker import others, timelines
from rapport_cli.checker.findings import INVARIANTS, Figures, Findings, Progress
from rapport_cli.checker.heard import CUSTOMERS, PLANS, listen
from rapport_cli.checker.logs import KafkaLog, Log
from rapport_cli.checker.streams import snapshots
from rapport_cli.checker.timelines import LAG

SERVICES = ("profile", "offers", "touchpoint", "campaign")


async def check(
    databases: Mapping[str, str], bootstrap: str, *, progress: Progress = lambda *_: None, lag: timedelta = LAG
) -> Findings:
    """Prove the invariants of a system at rest, or show where they do not hold.

    Args:
        databases: the URL of each service's database.
        bootstrap: the brokers.
        progress: is told how far it is.
        lag: how old touchpoint's copy of a customer or plan may have been when it decided.

    Raises:
        KeyError: the database of a service is not given.
        MissingTopic: a topic is not there.
    """
    async with KafkaLog(bootstrap) as log, snapshots({name: databases[name] for name in SERVICES}) as connections:
        return await prove(connections, log, progress=progress, lag=lag)


async def prove(
    databases: Mapping[str, Connection],
    log: Log,
    *,
    progress: Progress = lambda *_: None,
    lag: timedelta = LAG,
) -> Findings:
    """`check` on connections that are in a transaction already, and any log."""
    findings = Findings()
    positions = {service: await others.positions(connection) for service, connection in databases.items()}
    await others.at_rest(databases, log, positions, findings)
    heard = await listen(log, positions["touchpoint"], findings, progress)
    ever = await others.erasures(databases["profile"])
    await timelines.prove(databases["touchpoint"], heard, findings, progress, erasures=ever, lag=lag)
    await others.ledger(databases, findings)
    await others.replicas(databases, findings, progress)
    await others.published(databases, heard, findings)
    await others.erased(databases, ever, heard, findings)
    await others.approvals(databases, findings)
    findings.checked = list(INVARIANTS)
    findings.broken.sort(key=lambda violation: violation.invariant)
    return findings


async def figures(databases: Mapping[str, str], bootstrap: str, *, progress: Progress = lambda *_: None) -> Figures:
    """Only count what was released, over a cap, and after an acceptance; `check` counts the same on its way."""
    findings = Findings()
    wanted = {"touchpoint": databases["touchpoint"]}
    async with KafkaLog(bootstrap) as log, snapshots(wanted) as connections:
        heard = await listen(log, {}, findings, progress, only=(CUSTOMERS, PLANS))
        await timelines.prove(connections["touchpoint"], heard, findings, progress, compare=False)
    return findings.figures
