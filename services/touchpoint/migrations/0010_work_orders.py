"""Work orders: what one channel asks of another, with what is said about each, and when somebody is to be told."""

from alembic import op

revision = "0010"
down_revision = "0009"

TABLES = """
-- Whose each is, who has it in hand, what was promised, and how it ended. That one is open stands in the standing, too.
create table work_orders (
    work_order_id  text primary key,
    customer_id    text not null,
    kind           text not null,
    priority       smallint not null,
    unit           text not null, -- a path in the organisation: whose queue
    owner          text, -- the person whose it is; null: anybody's of the unit
    subject        text,
    offer_id       text,
    campaign_id    text,
    acceptance_id  text,
    origin_channel text, -- who asked for it: channel, place, unit, agent, contact
    origin_place   text,
    origin_unit    text,
    origin_agent   text,
    origin_contact text,
    opened_at      timestamptz not null,
    opened_by      text,
    respond_by     timestamptz,
    responded_at   timestamptz,
    resolve_by     timestamptz,
    leased_by      text,
    leased_until   timestamptz, -- from then on it is in the queue again
    appointment_at timestamptz,
    escalate_to    text, -- who is told of a promise that was not kept
    escalated_to   text, -- who sees and works it, too, since one was not kept
    escalated_at   timestamptz,
    result         text,
    resolved_at    timestamptz,
    resolved_by    text,
    resolving_note text,
    due_at         timestamptz not null generated always as
        (coalesce(resolve_by, timestamptz '9999-01-01 00:00:00+00')) stored
);
create index work_orders_of_customer on work_orders (customer_id);
create index work_orders_queue on work_orders (priority, due_at, work_order_id) where resolved_at is null;
create index work_orders_by_unit on work_orders (unit text_pattern_ops, priority, due_at, work_order_id);

create table work_order_comments (
    comment_id    text primary key,
    work_order_id text not null,
    customer_id   text not null,
    at            timestamptz not null,
    by            text,
    text          text not null
);
create index work_order_comments_oldest on work_order_comments (work_order_id, at, comment_id);
create index work_order_comments_of_customer on work_order_comments (customer_id);

-- A row rings once: it is deleted in the transaction that tells of it, or once its promise is kept.
create table work_order_alarms (
    work_order_id text not null,
    about         text not null, -- response or resolution
    step          text not null, -- remind or escalate
    customer_id   text not null,
    at            timestamptz not null,
    due_at        timestamptz not null, -- the promise
    primary key (work_order_id, about, step)
);
create index work_order_alarms_due on work_order_alarms (at);
create index work_order_alarms_of_customer on work_order_alarms (customer_id);
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
    union all
    select 'rebuild', created_at from standing_rebuilds where finished_at is null
    union all
    select 'recall without an answer', due_at from recalls_unanswered where due_at is not null
"""

DUE = (
    DUE_BEFORE
    + """
    union all
    select 'alarm of a work order', at from work_order_alarms
"""
)


def upgrade() -> None:
    """Hand over between channels, and keep what is promised."""
    op.execute(TABLES + DUE)


def downgrade() -> None:
    """Open orders stay in the standings, and nobody can close them; no rule of before looks at them."""
    op.execute(DUE_BEFORE + "; drop table work_order_alarms, work_order_comments, work_orders;")
