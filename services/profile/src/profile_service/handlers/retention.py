"""Forgets what is kept only to know a repetition."""

from __future__ import annotations

from datetime import datetime, timedelta

from profile_service.repository import customers as repository
from rapport.db import Connection
from rapport.web import forget_old_keys

_REPORTS = timedelta(days=45)
"""A dead letter may be replayed for 30 days, and the topic itself keeps a week."""

_AT_ONCE = 10_000


async def forget_repetitions(conn: Connection, now: datetime) -> bool:
    """Forget reports and idempotency keys that are too old to come again; whether there may be more."""
    reports = await repository.forget_reports(conn, now - _REPORTS, most=_AT_ONCE)
    more_keys = await forget_old_keys(conn, now)
    return more_keys or reports == _AT_ONCE
