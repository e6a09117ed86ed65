"""How many contacts a channel or a team may take, how a provider fares, and both in what is due."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
-- What a channel, or a team within it, may take. `arrival` and `frees_at` say how much of it is spent.
create table capacities (
    channel  text not null,
    team     text not null default '', -- '' is the whole channel
    document json not null,
    author   text not null,
    revision bigint not null default 1,
    arrival  bigint not null default 0, -- theoretical arrival time of the next contact, µs since 1970
    frees_at timestamptz not null default '-infinity', -- when the next contact may be handed over
    primary key (channel, team)
);

-- A provider that fails is left alone for a while.
create table circuits (
    channel  text primary key,
    failures integer not null default 0, -- in a row
    opened   integer not null default 0, -- how often in a row it opened: the longer it rests
    retry_at timestamptz not null default '-infinity'
);
"""

WAITS = """greatest(
        next_try,
        coalesce((select frees_at from capacities k where k.channel = contacts.channel and k.team = ''), '-infinity'),
        coalesce((select retry_at from circuits k where k.channel = contacts.channel), '-infinity')
    )"""

DUE = """
create or replace view due_work (kind, due_at) as
    select 'request', next_look from requests where state = 'live'
    union all
    select 'contact to expire', expires_at from contacts where state in ('open', 'shown')
    union all
    select 'lease to lapse', leased_until from contacts where state = 'leased'
    union all
    select 'message at its provider', '-infinity' from contacts where state = 'sending'
    union all
    select 'message to send', {waits} from contacts where state = 'open' and channel in ('sms', 'email')
    union all
    select 'recall', '-infinity' from recalls_due
    union all
    select 'wake', '-infinity' from wakes_due
    union all
    select 'policy to announce', since from policy_activations where not announced and cancelled_at is null;
"""


def upgrade() -> None:
    """Count what is handed over."""
    op.execute(TABLES + DUE.format(waits=WAITS))


def downgrade() -> None:
    """Hand over as much as is asked for."""
    op.execute(DUE.format(waits="next_try") + "drop table capacities, circuits;")
