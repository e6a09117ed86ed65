"""How offers are ranked, as the offers service says it."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Keep a replica of the ranking."""
    op.execute("create table replica_rankings (id text primary key, version bigint not null, doc jsonb not null)")


def downgrade() -> None:
    """Rank by the defaults again."""
    op.execute("drop table replica_rankings")
