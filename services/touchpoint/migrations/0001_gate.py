"""The gate: standings, requests, contacts, the timeline, policies, and the replicas it reads.

Keys begin with the customer wherever the customer is known, so that the tables can be spread by it.
"""

from alembic import op

from rapport.db import COMMON_TABLES

revision = "0001"
down_revision = None

REPLICAS = """
create table replica_customers (id text primary key, version bigint not null, doc jsonb not null);
create index replica_customers_phone on replica_customers ((doc->>'phone'));
create index replica_customers_account on replica_customers ((doc->>'account'));
create table replica_offers    (id text primary key, version bigint not null, doc jsonb not null);
create table replica_plans     (id text primary key, version bigint not null, doc jsonb not null);
"""

GATE = """
-- What counts for a customer now. Its row lock is taken first on every path, in the order of customer ids.
create table standings (
    customer_id text primary key,
    seq  bigint not null default 0,  -- number of the newest timeline entry
    live integer not null default 0, -- requests that wait
    body json not null default '{}'
) with (fillfactor = 60);

create table requests (
    customer_id text not null,
    request_id  text not null,
    state       text not null, -- live, released, suppressed, expired, withdrawn
    campaign_id text,
    offer_id    text,
    partition   smallint not null, -- of the customer on campaign.requests: whose worker looks after it
    next_look   timestamptz,
    channel     text,
    contact_id  text, -- the newest contact released for it
    because     json,
    body        json not null,
    primary key (request_id, customer_id) -- an id counts once per customer, and is looked for alone
) with (fillfactor = 90);
create index requests_live on requests (customer_id) where state = 'live';
create index requests_due on requests (partition, next_look) where state = 'live';
create index requests_waiting on requests (campaign_id) where state = 'live';

create table contacts (
    customer_id   text not null,
    contact_id    text not null,
    request_id    text not null,
    channel       text not null,
    state         text not null, -- open, leased, sending, sent, shown, closed, recalled, expired
    place         text,
    contact_class smallint not null,
    score         real not null,
    category      text not null,
    purpose       text not null,
    campaign_id   text,
    offer_id      text,
    goal          text,
    released_at   timestamptz not null,
    expires_at    timestamptz not null,
    owner         text, -- who leases it
    leased_until  timestamptz,
    tries         smallint not null default 0,
    next_try      timestamptz, -- not handed out before; always set where we send it ourselves
    primary key (contact_id)
) with (fillfactor = 80);
create index contacts_queue on contacts (channel, contact_class, score desc, contact_id) where state = 'open';
create index contacts_held on contacts (leased_until) where state in ('leased', 'sending');
create index contacts_expiring on contacts (expires_at) where state in ('open', 'shown');
create index contacts_to_send on contacts (next_try) where state = 'open' and channel in ('sms', 'email');

create table timeline (
    customer_id text not null,
    seq         bigint not null,
    at          timestamptz not null,
    type        text not null,
    channel     text,
    contact_id  text,
    request_id  text,
    body        json not null,
    primary key (customer_id, seq)
);

-- Customers whose waiting requests are to be looked at before their time.
create table wakes_due (
    id          bigint generated always as identity primary key,
    customer_id text not null
);

-- Everything that was reported once, so that it counts once.
create table reports (
    customer_id text not null,
    report_id   text not null,
    primary key (customer_id, report_id)
);

-- Contacts that a stopped plan leaves behind, until each is recalled.
create table recalls_due (
    contact_id  text primary key,
    customer_id text not null,
    reason      text not null,
    caused_by   text not null
);
"""

POLICIES = """
create table policies (
    policy_id text primary key,
    draft     json not null,
    author    text not null,
    revision  bigint not null default 1
);
create table policy_versions (
    policy_id    text not null references policies,
    version      integer not null,
    document     json not null,
    author       text not null, -- who wrote the draft that was submitted
    submitted_by text not null,
    submitted_at timestamptz not null,
    approved_by  text,
    approved_at  timestamptz,
    primary key (policy_id, version)
);
create table policy_in_force (
    only_one  boolean primary key default true check (only_one),
    policy_id text not null,
    version   integer not null,
    since     timestamptz not null,
    foreign key (policy_id, version) references policy_versions
);
"""

POPUPS = """
create table popups (
    popup_id    text primary key,
    customer_id text not null,
    at          timestamptz not null,
    place       text,
    agent       text,
    channel     text not null,
    body        json not null
);
create index popups_recent on popups (customer_id, at desc);
"""

DUE = """
create view due_work (kind, due_at) as
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
    select 'wake', '-infinity' from wakes_due;
"""


def upgrade() -> None:
    """Create everything."""
    op.execute(COMMON_TABLES + REPLICAS + GATE + POLICIES + POPUPS + DUE)


def downgrade() -> None:
    """Drop everything."""
    op.execute(
        """
        drop view outbox_events, due_work;
        drop table popups, policy_in_force, policy_versions, policies, wakes_due, recalls_due, reports, timeline,
            contacts,
            requests, standings, replica_plans, replica_offers, replica_customers, idempotency_keys, consumer_positions,
            outbox;
        """
    )
