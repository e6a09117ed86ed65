"""The household of a customer, as a column of the replica: its members share budgets, so they are locked together."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Read the household out of each document, and find its members by it."""
    op.execute(
        """
        alter table replica_customers add column household text generated always as (doc->>'household') stored;
        create index replica_customers_household on replica_customers (household) where household is not null;
        """
    )


def downgrade() -> None:
    """Go back to documents alone."""
    op.execute("alter table replica_customers drop column household")
