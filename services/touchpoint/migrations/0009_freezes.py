"""Freezes: customers to whom nothing goes until somebody says so."""

from alembic import op

revision = "0009"
down_revision = "0008"

FREEZES = """
-- What stops contacts is in the standings; here stands who opened each freeze, who closed it, and why.
create table freezes (
    freeze_id    text primary key,
    customer_id  text not null,
    rule         text, -- of the policy that asked for it; null: a person did
    contact_id   text, -- after what was said in this contact
    opened_at    timestamptz not null,
    opened_by    text,
    until        timestamptz, -- over by itself from then on
    note         text,
    closed_at    timestamptz,
    closed_by    text,
    closing_note text
);
create index freezes_of_customer on freezes (customer_id);
create index freezes_oldest on freezes (opened_at, freeze_id);
create index freezes_unclosed on freezes (opened_at, freeze_id) where closed_at is null;
"""


def upgrade() -> None:
    """Let customers be left alone until somebody says otherwise."""
    op.execute(FREEZES)


def downgrade() -> None:
    """Nobody can close a freeze any more; those that are open stay in the standings."""
    op.execute("drop table freezes")
