"""The catalogue, its stock, the acceptance ledger, and what the storefront needs of customers and contacts."""

from alembic import op

from rapport.db import COMMON_TABLES

revision = "0001"
down_revision = None

CATALOGUE = """
create table offers (
    id         text primary key,
    version    bigint not null,  -- rises by one with every change of anything about the offer
    state      text not null check (state in ('draft', 'published', 'withdrawn')),
    content    jsonb not null,   -- as last edited
    announced  jsonb,            -- the newest document on offers.catalogue; null until the first publication
    changed_at timestamptz not null
);

-- In the shape of a replica, so that it is kept in memory the same way; xmin and ctid tell when a row was rewritten.
create view catalogue as
    select id, (announced ->> 'version')::bigint as version, announced as doc, xmin, ctid
    from offers where announced is not null;

-- Apart from the offers: this row is locked and rewritten with every acceptance.
create table stock (
    offer_id text primary key references offers,
    total    integer check (total >= 0),  -- null: without limit
    accepted integer not null default 0 check (accepted >= 0),
    constraint never_oversold check (accepted <= total)
) with (fillfactor = 50);
"""

LEDGER = """
create table acceptances (
    acceptance_id text primary key,
    customer_id   text not null,
    offer_id      text not null,
    term          text not null,
    goal          text not null,
    category      text,
    channel       text not null,
    contact_id    text,
    at            timestamptz not null,  -- when the customer said yes
    state         text not null check (state in ('accepted', 'refused', 'revoked')),
    reason        text check ((state = 'refused') = (reason is not null)),
    revoked_at    timestamptz,
    fulfilled_at  timestamptz,
    reference     text                   -- of the fulfilment, in the system that did it
) with (fillfactor = 90);
create unique index acceptances_once on acceptances (customer_id, offer_id, term) include (goal)
    where state = 'accepted';
"""

REPLICAS = """
create table replica_customers (id text primary key, version bigint not null, doc jsonb not null);

-- Which replicas have once held all there was. Whoever empties a replica to build it anew empties this first.
create table complete_replicas (topic text primary key, at timestamptz not null);

-- A closed contact stays for a while, so that a release that is delivered twice does not open it again.
-- Who erases a customer erases their contacts.
create table web_contacts (
    customer_id text not null references replica_customers on delete cascade,
    contact_id  text not null,
    offer_id    text not null,
    expires_at  timestamptz,
    closed_at   timestamptz,
    primary key (customer_id, contact_id)
);
create index web_contacts_closed on web_contacts (closed_at) where closed_at is not null;
"""

DUE = """
-- Validity is looked at when it matters; nothing here waits for its hour.
create view due_work (kind, due_at) as select null::text, null::timestamptz where false;
"""


def upgrade() -> None:
    """Create everything."""
    op.execute(COMMON_TABLES + CATALOGUE + LEDGER + REPLICAS + DUE)


def downgrade() -> None:
    """Drop everything."""
    op.execute(
        """
        drop view outbox_events, due_work, catalogue;
        drop table web_contacts, complete_replicas, replica_customers, acceptances, stock, offers,
            idempotency_keys, consumer_positions, outbox;
        """
    )
