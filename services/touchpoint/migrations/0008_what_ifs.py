"""What-ifs: a policy tried on the real past. Each is a job, done in parts, each part a range of customers.

The parts keep what has been counted already, so that a job goes on where it was when its worker dies.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

WHAT_IFS = """
create table what_ifs (
    what_if_id       text primary key,
    policy_id        text not null references policies,
    version          integer, -- null: the draft
    revision         bigint,  -- of the draft
    document         json not null,
    baseline_id      text not null, -- the version in force when it was asked for
    baseline_version integer not null,
    since            timestamptz not null,
    until            timestamptz not null, -- excluded
    planned          json,    -- a campaign laid on top of the past
    asked            json,    -- its customers, once they are known: many, and read by the replay alone
    author           text not null,
    created_at       timestamptz not null,
    state            text not null default 'queued', -- queued, running, done, failed, cancelled
    customers        integer, -- how many there are to look at; null until it is known
    customers_done   integer not null default 0,
    result           json,
    error            text,
    finished_at      timestamptz,
    attempt          integer not null default 0, -- whoever works on it writes only while this is its number
    beat_at          timestamptz, -- by the server's clock: when its worker was last alive
    foreign key (policy_id, version) references policy_versions,
    foreign key (baseline_id, baseline_version) references policy_versions
);
create index what_ifs_of_policy on what_ifs (policy_id, created_at desc, what_if_id desc);
create index what_ifs_unfinished on what_ifs (created_at) where state in ('queued', 'running');

-- Customers after one id and up to another, both null where there is no bound.
create table what_if_parts (
    what_if_id text not null references what_ifs on delete cascade,
    number     integer not null,
    after      text,
    upto       text,
    customers  integer not null,
    tally      json, -- what was counted; null until it is done
    primary key (what_if_id, number)
);
"""


def upgrade() -> None:
    """Let policies be tried."""
    op.execute(WHAT_IFS)


def downgrade() -> None:
    """Forget what was tried."""
    op.execute("drop table what_if_parts, what_ifs")
