"""Customers are found by the blind index of their phone, which is sealed."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Find phones without reading them."""
    op.execute(
        """
        drop index replica_customers_phone;
        create index replica_customers_phone_index on replica_customers ((doc->>'phone_index'))
            where doc->>'phone_index' is not null;
        """
    )


def downgrade() -> None:
    """Find phones in clear again, where there are any."""
    op.execute(
        """
        drop index replica_customers_phone_index;
        create index replica_customers_phone on replica_customers ((doc->>'phone'));
        """
    )
