"""Quotas under the stock, revocation and fulfilment with their reasons, what billing reads, and short links."""

from alembic import op

revision = "0003"
down_revision = "0002"

LEDGER = """
alter table acceptances
    add column unit text,                    -- of whoever took the acceptance, such as /north/branch-7; null: not told
    add column agent text,                   -- who is credited with it
    add column link_id text,                 -- the short link through which it came
    add column revocable_until timestamptz,  -- as the offer had it at that time; null: until it is fulfilled
    add column revoked_because text check (revoked_because in ('withdrawn', 'not-delivered')),
    add column note text;                    -- why it could not be delivered

-- In the order in which lists and exports are read. Instants in them never change once they are set.
create index acceptances_by_time on acceptances (at, acceptance_id);
create index acceptances_of_customer on acceptances (customer_id, at, acceptance_id);
create index acceptances_of_offer on acceptances (offer_id, at, acceptance_id);
create index acceptances_by_revocation on acceptances (revoked_at, acceptance_id) where revoked_at is not null;
create index acceptances_fulfilled on acceptances (fulfilled_at, acceptance_id) where fulfilled_at is not null;

-- How many stand accepted per channel and unit ('' is one that is not told), so that a quota can be counted without
-- reading the ledger, also one that is set later. Written under the lock of the offer's stock row.
create table acceptance_counts (
    offer_id text not null references stock,
    channel  text not null,
    unit     text not null,
    accepted integer not null check (accepted >= 0),
    primary key (offer_id, channel, unit)
) with (fillfactor = 50);
insert into acceptance_counts
    select offer_id, channel, '', count(*) from acceptances where state = 'accepted' group by offer_id, channel;
"""

LINKS = """
-- Who erases a customer erases their links.
create table links (
    number      bigint generated always as identity primary key,  -- what the token holds, beside its seal
    link_id     text not null unique,
    customer_id text not null references replica_customers on delete cascade,
    offer_id    text not null,
    contact_id  text,                  -- the contact that sent it
    agent       text not null,
    unit        text not null,
    channel     text not null,         -- by which it was sent
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    opened_at   timestamptz,           -- the first time
    opens       integer not null default 0
) with (fillfactor = 80);
create index links_of_customer on links (customer_id);
create index links_expired on links (expires_at);
"""


def upgrade() -> None:
    """Add columns, counts and links."""
    op.execute(LEDGER + LINKS)


def downgrade() -> None:
    """Take them away again."""
    op.execute(
        """
        drop table links, acceptance_counts;
        drop index acceptances_by_time, acceptances_of_customer, acceptances_of_offer, acceptances_by_revocation,
            acceptances_fulfilled;
        alter table acceptances drop column unit, drop column agent, drop column link_id, drop column revocable_until,
            drop column revoked_because, drop column note;
        """
    )
