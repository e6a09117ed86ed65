"""What each decision was made from, kept for a year: facts by month, and the documents that were replaced since.

Entries of before have no facts. The partition `decision_facts_default` takes what falls into a month that nobody has
made ahead, so that a decision never fails for want of one. The months of today are made here, while nobody decides;
later ones by the worker, ahead of their time.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

FACTS = """
-- The facts of up to some dozen customers decided together. `body` is compressed already, so it is stored as it is.
create table decision_facts (
    id   uuid not null,
    at   timestamptz not null,
    body bytea not null,
    primary key (id, at)
) partition by range (at);
alter table decision_facts alter column body set storage external;
create table decision_facts_default partition of decision_facts default;
do $$
declare
    begins timestamp;
begin
    for n in 0..2 loop
        begins := date_trunc('month', now() at time zone 'UTC') + make_interval(months => n);
        execute format(
            'create table %I partition of decision_facts for values from (%L) to (%L)',
            'decision_facts_' || to_char(begins, 'YYYY_MM'),
            begins at time zone 'UTC', (begins + interval '1 month') at time zone 'UTC'
        );
    end loop;
end $$;

-- Of whom facts are in a page though nothing of theirs was decided: other members of a household.
create table decision_fellows (
    customer_id text not null,
    facts_id    uuid not null,
    at          timestamptz not null,
    primary key (customer_id, facts_id)
);
create index decision_fellows_by_time on decision_fellows (at);

alter table timeline add column facts_id uuid; -- of a decision: what it was made from

-- Former versions of the documents that decisions look at. The present ones are in the replicas.
create table customer_documents (
    id          text not null,
    version     bigint not null,
    replaced_at timestamptz not null,
    doc         jsonb not null,
    primary key (id, version, replaced_at)
);
create index customer_documents_by_time on customer_documents (replaced_at);
create table offer_documents (
    id          text not null,
    version     bigint not null,
    replaced_at timestamptz not null,
    doc         jsonb not null,
    primary key (id, version, replaced_at)
);
create index offer_documents_by_time on offer_documents (replaced_at);
"""

TAKEN_BACK = """
drop table customer_documents, offer_documents, decision_facts, decision_fellows;
alter table timeline drop column facts_id;
"""


def upgrade() -> None:
    """Keep facts from now on."""
    op.execute(FACTS)


def downgrade() -> None:
    """Forget them."""
    op.execute(TAKEN_BACK)
