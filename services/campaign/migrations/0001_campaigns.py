"""Plans, the audience of each, every contact asked for, and the replicas that audiences and checks read."""

from alembic import op

from rapport.db import COMMON_TABLES

revision = "0001"
down_revision = None

REPLICAS = """
create table replica_customers (id text primary key, version bigint not null, doc jsonb not null);
create table replica_offers    (id text primary key, version bigint not null, doc jsonb not null);
"""

PLANS = """
create table campaigns (
    campaign_id  text primary key,
    version      bigint not null default 1, -- rises with every edit and every change of state; the ETag
    state        text not null default 'draft'
        check (state in ('draft', 'submitted', 'approved', 'running', 'paused', 'stopped', 'finished')),
    plan         jsonb not null,            -- the document as written
    name         text not null,
    goal         text not null,
    ends_at      timestamptz not null,      -- the schedule's end, when every request expires
    authors      text[] not null,           -- everyone who wrote or submitted this plan
    approved_by  text,
    created_at   timestamptz not null,
    changed_at   timestamptz not null,
    started_at   timestamptz,
    resolved_at  timestamptz,               -- when the audience was taken; acceptances count from here
    targets      integer not null default 0, -- members that are not in the control group
    asked        integer not null default 0, -- how many of them have had their turn
    next_wave_at timestamptz,               -- null: not started, or nobody is left
    check (state <> 'approved' or approved_by is not null)
) with (fillfactor = 70);
"""

EXECUTION = """
-- Who belongs to a campaign. Taken once; afterwards only acceptances are noted here.
create table audience (
    customer_id   text not null,
    campaign_id   text not null,
    control       boolean not null,
    ordinal       integer,             -- place in the queue of waves, from 0; the control group has none
    acceptance_id text,                -- what met the goal, if anything did
    accepted_at   timestamptz,
    accepted_in   text,
    revoked       boolean not null default false,
    primary key (customer_id, campaign_id),
    check (control = (ordinal is null))
) with (fillfactor = 90);
create unique index audience_queue on audience (campaign_id, ordinal);

-- Every contact asked for, or about to be. What changes often is in no index, so that rows are updated in place.
create table attempts (
    customer_id  text not null,
    request_id   text not null,
    campaign_id  text not null,
    line         smallint not null,
    attempt      smallint not null,    -- from 1
    counted      smallint not null,    -- how many attempts of the line count up to here; a wished call-back does not
    not_before   timestamptz,
    requested_at timestamptz,          -- null: planned, goes out with the next page
    status       text not null default 'requested'
        check (status in ('requested', 'deferred', 'released', 'recalled', 'suppressed', 'expired', 'withdrawn')),
    seq          bigint not null default 0, -- number of the newest timeline entry that was taken in
    channel      text,                 -- of the newest release
    released     boolean not null default false,
    delivered    boolean not null default false,
    outcomes     text[] not null default '{}',
    primary key (customer_id, request_id)
) with (fillfactor = 80);
create index attempts_of_campaign on attempts (campaign_id);
create index attempts_planned on attempts (campaign_id, request_id) where requested_at is null;
"""

DUE = """
-- What the worker has to do: it looks here, and so does whoever waits until all is quiet.
create view due_work (kind, due_at, campaign_id) as
    select 'end of campaign', ends_at, campaign_id from campaigns where state in ('running', 'paused')
    union all
    select case when resolved_at is null then 'audience' else 'wave' end, next_wave_at, campaign_id
    from campaigns where state = 'running' and next_wave_at < ends_at
    union all
    select 'next attempt', started_at, campaign_id
    from campaigns c where state = 'running' and exists (
        select from attempts a where a.campaign_id = c.campaign_id and a.requested_at is null);
"""


def upgrade() -> None:
    """Create everything."""
    op.execute(COMMON_TABLES + REPLICAS + PLANS + EXECUTION + DUE)


def downgrade() -> None:
    """Drop everything."""
    op.execute(
        """
        drop view outbox_events, due_work;
        drop table attempts, audience, campaigns, replica_offers, replica_customers, idempotency_keys,
            consumer_positions, outbox;
        """
    )
