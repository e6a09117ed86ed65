"""When policy versions come into force: a list in place of the one row, so that a version can wait for its instant.

What was approved before came into force when it was approved. Taken back, what still waits is no longer approved.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

ACTIVATIONS = """
alter table policy_versions add column from_version integer; -- whose document it repeats

-- When versions come into force. In force at an instant is the newest whose moment has come: the largest
-- (since, number). A row that is cancelled counts for nothing and stays, so that it is known who did what.
create table policy_activations (
    number       bigint generated always as identity primary key, -- the order of the approvals
    policy_id    text not null,
    version      integer not null,
    since        timestamptz not null,
    approved_by  text not null,
    announced    boolean not null default false, -- its event is published
    cancelled_by text,
    cancelled_at timestamptz,
    foreign key (policy_id, version) references policy_versions
);
create unique index policy_activations_once on policy_activations (policy_id, version) where cancelled_at is null;
create index policy_activations_by_time on policy_activations (since desc, number desc) include (policy_id, version)
    where cancelled_at is null;
create index policy_activations_due on policy_activations (since) where not announced and cancelled_at is null;
insert into policy_activations (policy_id, version, since, approved_by, announced)
select policy_id, version, approved_at, approved_by, true from policy_versions
where approved_at is not null order by approved_at, policy_id, version;
drop table policy_in_force;
"""

TAKEN_BACK = """
create table policy_in_force (
    only_one  boolean primary key default true check (only_one),
    policy_id text not null,
    version   integer not null,
    since     timestamptz not null,
    foreign key (policy_id, version) references policy_versions
);
insert into policy_in_force (policy_id, version, since)
select policy_id, version, since from policy_activations where announced order by since desc, number desc limit 1;
update policy_versions v set approved_by = null, approved_at = null from policy_activations a
where a.policy_id = v.policy_id and a.version = v.version and a.cancelled_at is null and not a.announced;
drop table policy_activations;
alter table policy_versions drop column from_version;
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
    select 'message to send', next_try from contacts where state = 'open' and channel in ('sms', 'email')
    union all
    select 'recall', '-infinity' from recalls_due
    union all
    select 'wake', '-infinity' from wakes_due
"""

DUE = (
    DUE_BEFORE
    + """
    union all
    select 'policy to announce', since from policy_activations where not announced and cancelled_at is null
"""
)


def upgrade() -> None:
    """Let versions wait for their instant."""
    op.execute(ACTIVATIONS + DUE)


def downgrade() -> None:
    """Go back to the one row."""
    op.execute(DUE_BEFORE + ";" + TAKEN_BACK)
