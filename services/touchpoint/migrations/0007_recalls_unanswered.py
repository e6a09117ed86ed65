"""Recalls that a channel has not answered, until it does, and when it is reminded: in what is due, too.

What was recalled before is not waited for: nobody was told that an answer is expected.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
-- Contacts that were recalled from whoever had them in hand, until it is known whether that came in time.
create table recalls_unanswered (
    contact_id  text primary key,
    customer_id text not null,
    channel     text not null,
    place       text,
    owner       text, -- who had it in hand, where it was somebody
    held        text not null, -- leased, sending or shown
    reason      text not null,
    recalled_at timestamptz not null,
    remind_at   timestamptz not null,
    escalate_at timestamptz not null,
    state       text not null default 'waiting' check (state in ('waiting', 'reminded', 'escalated')),
    due_at      timestamptz generated always as
        (case state when 'waiting' then remind_at when 'reminded' then escalate_at end) stored
);
create index recalls_unanswered_due on recalls_unanswered (due_at) where due_at is not null;
create index recalls_unanswered_oldest on recalls_unanswered (channel, recalled_at, contact_id);
create index recalls_unanswered_customer on recalls_unanswered (customer_id);
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
"""

DUE = (
    DUE_BEFORE
    + """
    union all
    select 'recall without an answer', due_at from recalls_unanswered where due_at is not null
"""
)


def upgrade() -> None:
    """Wait for answers."""
    op.execute(TABLES + DUE)


def downgrade() -> None:
    """Answers that never come are missed by nobody."""
    op.execute(DUE_BEFORE + "; drop table recalls_unanswered;")
