"""Customers, what they consented to, do-not-call phones, and files being imported."""

from alembic import op

from rapport.db import COMMON_TABLES

revision = "0001"
down_revision = None

CUSTOMERS = """
-- The row's lock is taken before anything is written about a known customer, in the order of customer ids.
create table customers (
    customer_id text primary key,
    version     bigint not null,
    doc         jsonb  not null, -- as published on profile.customers
    phone       text   generated always as (doc ->> 'phone') stored
) with (fillfactor = 85);
create index customers_by_phone on customers (phone, customer_id) where phone is not null;

-- That somebody was erased, without saying who: what was said of them before must not bring them back.
create table erasures (
    digest    bytea primary key, -- SHA-256 of the customer id
    version   bigint      not null, -- of the last document; a new one goes on from there
    erased_at timestamptz not null
);

-- Reports taken in: one that comes again counts no more.
create table reports (
    customer_id text        not null,
    report_id   text        not null,
    taken_at    timestamptz not null,
    primary key (customer_id, report_id)
);
create index reports_by_age on reports using brin (taken_at);

-- Every statement with its proof; the newest per channel and purpose is in the document.
create table consents (
    customer_id text        not null,
    channel     text        not null,
    purpose     text        not null,
    at          timestamptz not null,
    granted     boolean     not null,
    source      text        not null,
    proof       text,
    recorded_at timestamptz not null,
    recorded_by text        not null,
    primary key (customer_id, channel, purpose, at, granted)
);

-- Phones on a regulator's list, of customers or not (yet).
create table do_not_call_phones (
    phone    text primary key,
    source   text        not null,
    added_at timestamptz not null
);
"""

IMPORTS = """
create table imports (
    import_id   text primary key,
    mapping     jsonb       not null,
    header      text[]      not null,
    rows_total  bigint      not null,
    rows_read   bigint      not null default 0,
    accepted    bigint      not null default 0,
    rejected    bigint      not null default 0,
    created_by  text        not null,
    created_at  timestamptz not null,
    finished_at timestamptz
);
create index imports_unfinished on imports (created_at, import_id) where finished_at is null;

-- What is still to be read of a file. A piece goes in the transaction that brings in its rows: that is the position.
create table import_pieces (
    import_id  text    not null,
    number     integer not null,
    first_line bigint  not null,
    rows       integer not null,
    data       bytea   not null,
    primary key (import_id, number)
);
alter table import_pieces alter column data set storage external; -- read once: not worth compressing

create table import_rejects (
    import_id text   not null,
    line      bigint not null,
    column_name text not null, -- empty: the row as a whole
    reason    text   not null,
    primary key (import_id, line, column_name)
);

create view due_work (kind, due_at) as
select 'import', created_at from imports where finished_at is null;
"""


def upgrade() -> None:
    """Create everything."""
    op.execute(COMMON_TABLES)
    op.execute(CUSTOMERS)
    op.execute(IMPORTS)


def downgrade() -> None:
    """Drop everything."""
    op.execute(
        """
        drop view outbox_events, due_work;
        drop table import_rejects, import_pieces, imports, do_not_call_phones, consents, reports, erasures, customers,
            idempotency_keys, consumer_positions, outbox;
        """
    )
