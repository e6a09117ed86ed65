"""Phones are sealed in the document and found by their blind index; of do-not-call phones only the index is kept.

No release has stored phones otherwise. What lies in clear in a database of before is sealed by the worker, which has
the keys (`handlers/resealing.py`).
"""

from alembic import op

revision = "0002"
down_revision = "0001"

SEALED = """
alter table customers
    drop column phone,
    add column phone_index text generated always as (doc ->> 'phone_index') stored,
    -- Which key has sealed the phone; empty where it lies in clear.
    add column phone_key text generated always as
        (case when doc ->> 'phone' is null then substr(doc ->> 'phone_sealed', 4, 4) else '' end) stored;
create index customers_by_phone on customers (phone_index, customer_id) where phone_index is not null;
create index customers_by_phone_key on customers (phone_key) where phone_key is not null;
alter table do_not_call_phones rename column phone to phone_index;
"""

CLEAR = """
alter table do_not_call_phones rename column phone_index to phone;
alter table customers
    drop column phone_index,
    drop column phone_key,
    add column phone text generated always as (doc ->> 'phone') stored;
create index customers_by_phone on customers (phone, customer_id) where phone is not null;
"""


def upgrade() -> None:
    """Find phones without reading them."""
    op.execute(SEALED)


def downgrade() -> None:
    """Find phones in clear again. Those that are sealed are not found, and stay sealed."""
    op.execute(CLEAR)
