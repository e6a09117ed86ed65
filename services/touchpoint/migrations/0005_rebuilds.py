"""Rebuilding standings from their timelines, as jobs that a worker goes through page by page."""

from alembic import op

revision = "0005"
down_revision = "0004"

REBUILDS = """
create table standing_rebuilds (
    rebuild_id  text primary key,
    everybody   boolean not null,
    dry_run     boolean not null,     -- compare, and write nothing
    created_by  text not null,
    created_at  timestamptz not null,
    total       bigint not null,      -- customers, as counted when it was asked for
    position    text not null default '', -- customers up to this one, in the order of their ids, are done
    compared    bigint not null default 0,
    differing   bigint not null default 0, -- customers
    mended      bigint not null default 0, -- customers
    listed      integer not null default 0, -- rows in standing_differences
    finished_at timestamptz
) with (fillfactor = 50);
create index standing_rebuilds_open on standing_rebuilds (created_at, rebuild_id) where finished_at is null;

-- Whom to look at, where it is not everybody.
create table standing_rebuild_customers (
    rebuild_id  text not null references standing_rebuilds,
    customer_id text not null,
    primary key (rebuild_id, customer_id)
);
create index standing_rebuild_customers_of on standing_rebuild_customers (customer_id);

-- What was found, the first of it.
create table standing_differences (
    rebuild_id  text not null references standing_rebuilds,
    number      integer not null,
    customer_id text not null,
    what        text not null,
    key         text,
    stored      json,
    derived     json,
    mended      boolean not null,
    primary key (rebuild_id, number)
);
create index standing_differences_of on standing_differences (customer_id);
"""

DUE_BEFORE = """
create or replace view due_work (kind, due_at) as
    select 'request', next_look from requests where state = 'live'
    union all
    select 'contact to expire', expires_at from contacts where state in ('open', 'shown')
    union all
    select 'lease to lapse', leased_until from contacts where state = 'leased'
    union all
    select 'message at its provider', '-infinity' from contacts where state = 'sending'
    union all
    select 'message to send', greatest(
        next_try,
        coalesce((select frees_at from capacities k where k.channel = contacts.channel and k.team = ''), '-infinity'),
        coalesce((select retry_at from circuits k where k.channel = contacts.channel), '-infinity')
    ) from contacts where state = 'open' and channel in ('sms', 'email')
    union all
    select 'recall', '-infinity' from recalls_due
    union all
    select 'wake', '-infinity' from wakes_due
    union all
    select 'policy to announce', since from policy_activations where not announced and cancelled_at is null
"""

DUE = (
    DUE_BEFORE
    + """
    union all
    select 'rebuild', created_at from standing_rebuilds where finished_at is null
"""
)


def upgrade() -> None:
    """Let standings be rebuilt."""
    op.execute(REBUILDS + DUE)


def downgrade() -> None:
    """Forget the jobs; what they mended stays mended."""
    op.execute(DUE_BEFORE + "; drop table standing_differences, standing_rebuild_customers, standing_rebuilds")
