"""Approval and history of offers, the ranking, and what customers have said to offers."""

from alembic import op

revision = "0002"
down_revision = "0001"

APPROVAL = """
alter table offers
    drop constraint offers_state_check,
    add constraint offers_state_check check (state in ('draft', 'submitted', 'approved', 'published', 'withdrawn')),
    add authors text[] not null default '{}',  -- who has edited the content since it was last published
    add submitted_by text,
    add approved_by text;

-- Every step that somebody took; stock that runs out takes none.
create table offer_versions (
    offer_id text not null references offers,
    version  bigint not null,
    state    text not null,
    content  jsonb not null,
    by       text,
    at       timestamptz not null,
    primary key (offer_id, version)
);
"""

RANKING = """
create table rankings (
    id           text primary key,
    version      bigint not null,
    state        text not null check (state in ('draft', 'submitted', 'published')),
    content      jsonb not null,  -- as last edited
    announced    jsonb,           -- the document in force; null until the first approval
    authors      text[] not null default '{}',
    submitted_by text,
    approved_by  text,
    changed_at   timestamptz not null
);

create table ranking_versions (
    ranking_id text not null references rankings,
    version    bigint not null,
    state      text not null,
    content    jsonb not null,
    by         text,
    at         timestamptz not null,
    primary key (ranking_id, version)
);

-- In the shape of a replica, as `catalogue` is.
create view ranking_in_force as
    select id, (announced ->> 'version')::bigint as version, announced as doc, xmin, ctid
    from rankings where announced is not null;
"""

FACTS = """
-- The newest word of a customer on an offer, in whatever channel. Who erases a customer erases it.
create table contact_facts (
    customer_id  text not null references replica_customers on delete cascade,
    offer_id     text not null,
    kind         text not null check (kind in ('refused', 'promised')),
    at           timestamptz not null,
    call_back_at timestamptz,  -- when the customer wants to be called about it
    primary key (customer_id, offer_id)
);
create index contact_facts_last on contact_facts (greatest(at, call_back_at));

create index replica_customers_household on replica_customers ((doc ->> 'household'))
    where doc ->> 'household' is not null;
create index acceptances_revoked on acceptances (customer_id) include (offer_id) where state = 'revoked';
"""


def upgrade() -> None:
    """Add it all."""
    op.execute(APPROVAL + RANKING + FACTS)


def downgrade() -> None:
    """Take it away; what had been submitted or approved is a draft again."""
    op.execute(
        """
        drop index acceptances_revoked, replica_customers_household;
        drop table contact_facts;
        drop view ranking_in_force;
        drop table ranking_versions, rankings, offer_versions;
        update offers set state = 'draft' where state in ('submitted', 'approved');
        alter table offers
            drop column authors, drop column submitted_by, drop column approved_by,
            drop constraint offers_state_check,
            add constraint offers_state_check check (state in ('draft', 'published', 'withdrawn'));
        """
    )
