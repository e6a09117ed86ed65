"""Plans and their life; the published offers that they may name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaign_service.domain.plan import Plan
from rapport.contracts.campaign import PlanState
from rapport.db import Connection

_HEADER = """campaign_id, version, state, name, goal, ends_at, authors, approved_by, created_at, changed_at, started_at,
    resolved_at, targets, asked, next_wave_at"""


@dataclass(slots=True)
class Campaign:
    """A plan's row without the document. `authors` wrote or submitted the plan as it stands."""

    campaign_id: str
    version: int
    state: PlanState
    name: str
    goal: str
    ends_at: datetime
    authors: list[str]
    approved_by: str | None
    created_at: datetime
    changed_at: datetime
    started_at: datetime | None
    resolved_at: datetime | None
    targets: int
    asked: int
    next_wave_at: datetime | None


async def add(conn: Connection, campaign_id: str, plan: Plan, author: str, now: datetime) -> bool:
    """Store a new plan as a draft; False when the id is taken."""
    done = await conn.fetchval(
        """
        insert into campaigns (campaign_id, plan, name, goal, ends_at, authors, created_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict do nothing returning true
        """,
        campaign_id,
        plan.model_dump_json(),
        plan.name,
        plan.goal,
        plan.schedule.end,
        [author],
        now,
    )
    return bool(done)


async def find(conn: Connection, campaign_id: str, *, lock: bool = False) -> Campaign | None:
    """One campaign; with `lock`, it stays as it is until the transaction ends."""
    row = await conn.fetchrow(
        f"select {_HEADER} from campaigns where campaign_id = $1 {'for no key update' if lock else ''}", campaign_id
    )
    return None if row is None else Campaign(*row)


async def plan_of(conn: Connection, campaign_id: str) -> Plan:
    """The document of a campaign that exists."""
    return Plan.model_validate(await conn.fetchval("select plan from campaigns where campaign_id = $1", campaign_id))


async def page(conn: Connection, after: str, limit: int, state: PlanState | None) -> list[Campaign]:
    """Campaigns whose id comes after `after`, in the order of ids; with `state`, only those in it."""
    rows = await conn.fetch(
        f"select {_HEADER} from campaigns where campaign_id > $1 and ($3::text is null or state = $3) "
        "order by campaign_id limit $2",
        after,
        limit,
        state,
    )
    return [Campaign(*row) for row in rows]


async def save(conn: Connection, campaign: Campaign, plan: Plan | None = None) -> None:
    """Write back a locked campaign, and its document when it was edited."""
    await conn.execute(
        """
        update campaigns set version = $2, state = $3, name = $4, goal = $5, ends_at = $6, authors = $7,
            approved_by = $8, changed_at = $9, started_at = $10, resolved_at = $11, targets = $12, asked = $13,
            next_wave_at = $14, plan = coalesce($15, plan)
        where campaign_id = $1
        """,
        campaign.campaign_id,
        campaign.version,
        campaign.state,
        campaign.name,
        campaign.goal,
        campaign.ends_at,
        campaign.authors,
        campaign.approved_by,
        campaign.changed_at,
        campaign.started_at,
        campaign.resolved_at,
        campaign.targets,
        campaign.asked,
        campaign.next_wave_at,
        None if plan is None else plan.model_dump_json(),
    )


async def offers(conn: Connection, offer_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The documents of those of these offers that the catalogue has."""
    rows = await conn.fetch("select id, doc from replica_offers where id = any($1::text[])", offer_ids)
    return {row["id"]: row["doc"] for row in rows}
