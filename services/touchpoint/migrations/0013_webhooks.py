"""Webhooks: who is told what by HTTP, what is on its way to them, and what is sent again."""

from alembic import op

revision = "0013"
down_revision = "0012"

WEBHOOKS = """
create table webhooks (
    webhook_id    text primary key,
    url           text not null,
    description   text not null,
    types         text[], -- null: all
    customer_id   text,
    org           text,
    ordered       boolean not null, -- a customer's next event waits for the one before it
    state         text not null check (state in ('active', 'paused', 'disabled')),
    secrets       json not null, -- sealed, newest first; the older ones with the instant until which they sign
    revision      bigint not null default 1,
    created_by    text not null,
    created_at    timestamptz not null,
    failures      integer not null default 0, -- in a row
    failing_since timestamptz,
    disabled_at   timestamptz,
    disabled_why  text
);

create table webhook_replays (
    replay_id   text primary key,
    webhook_id  text not null references webhooks on delete cascade,
    asked_by    text not null,
    created_at  timestamptz not null,
    kind        text not null check (kind in ('time', 'ids', 'dead_letters')),
    since       timestamptz not null,
    until       timestamptz not null, -- excluded
    event_ids   text[],
    reached     timestamptz not null, -- everything before it is queued
    span        interval not null, -- how much of the time to look at next
    queued      bigint not null default 0,
    finished_at timestamptz,
    cancelled   boolean not null default false,
    looked_at   timestamptz -- by the server's clock: they take turns
);
create index webhook_replays_of_webhook on webhook_replays (webhook_id, created_at desc, replay_id desc);
create unique index webhook_replays_unfinished on webhook_replays (webhook_id) where finished_at is null;

-- An event on its way to a webhook. What it says stands on the timeline; only a ping brings its own body.
create table webhook_deliveries (
    number      bigint generated always as identity primary key,
    webhook_id  text not null references webhooks on delete cascade,
    event_id    text not null,
    customer_id text,
    seq         bigint,
    type        text not null,
    replay_id   text not null default '',
    body        text,
    state       text not null default 'due' check (state in ('due', 'delivered', 'dead')),
    queued_at   timestamptz not null,
    attempts    smallint not null default 0,
    next_try    timestamptz not null, -- of one that is being sent: when it counts as not sent
    lease       uuid, -- of who is sending it
    last_status smallint,
    last_error  text,
    finished_at timestamptz,
    unique (webhook_id, event_id, replay_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_try) where state = 'due';
create index webhook_deliveries_in_order on webhook_deliveries (webhook_id, customer_id, number) where state = 'due';
create index webhook_deliveries_pings on webhook_deliveries (next_try) where state = 'due' and customer_id is null;
create index webhook_deliveries_done on webhook_deliveries (finished_at) where state <> 'due';
create index webhook_deliveries_customer on webhook_deliveries (customer_id);
create index webhook_deliveries_of_webhook on webhook_deliveries (webhook_id, number);

-- The timeline grows at its end, so that this costs next to nothing: a line for a hundred pages.
create index timeline_at on timeline using brin (at) with (autosummarize = on);
"""

# Whatever else is due by then stays in the view: it is taken as it is, and given one part more.
DUE = """
do $$ begin
    execute 'create or replace view due_work (kind, due_at) as '
        || rtrim(pg_get_viewdef('due_work'::regclass), '; ')
        || ' union all select ''webhook delivery'', d.next_try from webhook_deliveries d'
        || ' join webhooks w using (webhook_id) where d.state = ''due'' and w.state = ''active'''
        || ' union all select ''webhook replay'', created_at from webhook_replays where finished_at is null';
end $$;
"""
DUE_BEFORE = """
do $$
declare
    whole text := pg_get_viewdef('due_work'::regclass);
    ours integer := position('''webhook delivery''' in whole);
    before text := substr(whole, 1, ours - 1);
begin
    before := regexp_replace(before, '\\s*union all\\s+select\\s*$', '', 'i');
    execute 'create or replace view due_work (kind, due_at) as ' || before;
end $$;
"""


def upgrade() -> None:
    """Tell others by HTTP."""
    op.execute(WEBHOOKS + DUE)


def downgrade() -> None:
    """Whoever was told by HTTP has to read Kafka, or the stream."""
    op.execute(DUE_BEFORE + "drop index timeline_at; drop table webhook_deliveries, webhook_replays, webhooks;")
