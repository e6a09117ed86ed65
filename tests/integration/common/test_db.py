from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from rapport import db
from rapport.testing.database import fresh_database
from rapport.testing.infrastructure import Endpoints

MIGRATIONS = {
    "0001_first.py": '''
revision, down_revision = "0001", None

def upgrade() -> None:
    op.execute("""
        create table things (id text primary key, doc jsonb, plain json);
        comment on table things is 'a :name and a ; stay as they are';
        create function five() returns int language sql as $$ select 5; $$;
    """)

def downgrade() -> None:
    op.execute("drop table things; drop function five")
''',
    "versions/0002_second.py": """
revision, down_revision = "0002", "0001"

def upgrade() -> None:
    op.execute("create table more (id text); select pg_sleep(0.2)")

def downgrade() -> None:
    op.execute("drop table more")
""",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A tree with the migrations of one service, `sample`, in place of the repository's."""
    root = tmp_path_factory.mktemp("tree")
    for name, text in MIGRATIONS.items():
        path = root / "services" / "sample" / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"from alembic import op\n{text}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAPPORT_HOME", str(root))
        yield root


@pytest.fixture
async def empty(infrastructure: Endpoints) -> AsyncIterator[str]:
    async with fresh_database(infrastructure.postgres_url) as url:
        yield url


@pytest.fixture
async def url(infrastructure: Endpoints, tree: Path) -> AsyncIterator[str]:
    async with fresh_database(infrastructure.postgres_url, "sample") as found:
        yield found


@pytest.fixture
async def pool(url: str) -> AsyncIterator[db.Pool]:
    async with await db.connect_pool(url, max_size=4) as found:
        yield found


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}


class TestMigrate:
    async def test_runs_scripts_of_many_statements_as_written(self, empty: str, tree: Path) -> None:
        await db.migrate("sample", empty)
        connection = await asyncpg.connect(empty)
        assert await connection.fetchval("select five()") == 5
        comment = "select obj_description('things'::regclass)"
        assert await connection.fetchval(comment) == "a :name and a ; stay as they are"
        await connection.close()

    async def test_does_nothing_the_second_time(self, empty: str, tree: Path) -> None:
        await db.migrate("sample", empty)
        await db.migrate("sample", empty)
        assert await tables(empty) == {"alembic_version", "things", "more"}

    async def test_is_safe_when_several_start_at_once(self, empty: str, tree: Path) -> None:
        await asyncio.gather(*(db.migrate("sample", empty) for _ in range(4)))
        assert await tables(empty) == {"alembic_version", "things", "more"}

    async def test_stops_where_told_and_goes_back(self, empty: str, tree: Path) -> None:
        await db.migrate("sample", empty, to="0001")
        assert await tables(empty) == {"alembic_version", "things"}
        await db.migrate("sample", empty)
        await db.unmigrate("sample", empty, to="0001")
        assert await tables(empty) == {"alembic_version", "things"}
        await db.unmigrate("sample", empty)
        assert await tables(empty) == {"alembic_version"}

    async def test_happens_fully_or_not_at_all(self, empty: str, tree: Path) -> None:
        broken = tree / "services" / "sample" / "migrations" / "0003_third.py"
        broken.write_text(
            "from alembic import op\n"
            'revision, down_revision = "0003", "0002"\n'
            'def upgrade() -> None: op.execute("create table third (id text); select 1 / 0")\n'
        )
        try:
            with pytest.raises(asyncpg.DivisionByZeroError):
                await db.migrate("sample", empty)
        finally:
            broken.unlink()
        assert await tables(empty) == set()

    async def test_says_where_it_looked_for_migrations(self, empty: str, tree: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"services.nobody.migrations"):
            await db.migrate("nobody", empty)


class TestCommonTables:
    async def test_can_be_created(self, empty: str) -> None:
        connection = await asyncpg.connect(empty)
        await connection.execute(db.COMMON_TABLES)
        await connection.close()
        assert await tables(empty) == {"outbox", "consumer_positions", "idempotency_keys"}


class TestCreateDatabase:
    async def test_may_be_asked_twice(self, infrastructure: Endpoints, unique: str) -> None:
        made = await asyncio.gather(*(db.create_database(infrastructure.postgres_url, unique) for _ in range(3)))
        assert set(made) == {db.with_database(infrastructure.postgres_url, unique)}
        connection = await asyncpg.connect(infrastructure.postgres_url)
        await connection.execute(f"drop database {unique}")
        await connection.close()

    async def test_sorts_text_by_code_point(self, empty: str) -> None:
        connection = await asyncpg.connect(empty)
        found = await connection.fetchval("select array_agg(x order by x) from unnest(array['b', 'a', 'B', 'é']) x")
        await connection.close()
        assert found == ["B", "a", "b", "é"]

    @pytest.mark.parametrize("name", ["", "Upper", "a-b", 'a"; drop', "1a", "a" * 64])
    async def test_refuses_a_name_that_would_need_quoting(self, infrastructure: Endpoints, name: str) -> None:
        with pytest.raises(ValueError, match="no name for a database"):
            await db.create_database(infrastructure.postgres_url, name)


class TestFreshDatabase:
    async def test_has_the_tables_and_nothing_of_its_neighbour(self, infrastructure: Endpoints, tree: Path) -> None:
        async with (
            fresh_database(infrastructure.postgres_url, "sample") as one,
            fresh_database(infrastructure.postgres_url, "sample") as other,
        ):
            connection = await asyncpg.connect(one)
            await connection.execute("insert into things (id) values ('a')")
            await connection.close()
            connection = await asyncpg.connect(other)
            assert await connection.fetchval("select count(*) from things") == 0
            await connection.close()

    async def test_is_gone_afterwards(self, infrastructure: Endpoints) -> None:
        async with fresh_database(infrastructure.postgres_url) as url:
            pass
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await asyncpg.connect(url)


DOCUMENT = {"name": "Müller 你好", "tags": [1, 2.5, None, True], "deep": {"a": {}}}


class TestJson:
    @pytest.mark.parametrize("column", ["doc", "plain"])
    @pytest.mark.parametrize(
        "written",
        [DOCUMENT, db._json_bytes(DOCUMENT), db._json_bytes(DOCUMENT).decode()],
        ids=["object", "bytes", "str"],
    )
    async def test_is_read_as_objects_however_it_was_written(self, pool: db.Pool, column: str, written: Any) -> None:
        async with db.transaction(pool) as connection:
            await connection.execute(f"insert into things (id, {column}) values ('inserted', $1)", written)
            await connection.copy_records_to_table("things", records=[("copied", written)], columns=["id", column])
            rows = await connection.fetch(f"select id, {column} as found from things")
        assert {row["id"]: row["found"] for row in rows} == {"inserted": DOCUMENT, "copied": DOCUMENT}

    async def test_that_is_none_is_null(self, pool: db.Pool) -> None:
        async with db.transaction(pool) as connection:
            await connection.copy_records_to_table("things", records=[("a", None)], columns=["id", "doc"])
            assert await connection.fetchval("select doc is null from things")

    async def test_text_that_is_no_json_is_refused(self, pool: db.Pool) -> None:
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            async with db.transaction(pool) as connection:
                await connection.execute("insert into things (id, doc) values ('a', $1)", "not json")


class TestTransaction:
    async def test_commits_at_the_end(self, pool: db.Pool) -> None:
        async with db.transaction(pool) as connection:
            await connection.execute("insert into things (id) values ('a')")
        assert await pool.fetchval("select count(*) from things") == 1

    async def test_rolls_back_when_an_exception_passes(self, pool: db.Pool) -> None:
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with db.transaction(pool) as connection:
                await connection.execute("insert into things (id) values ('a'); select 1 / 0")
        assert await pool.fetchval("select count(*) from things") == 0

    async def test_is_read_committed(self, pool: db.Pool) -> None:
        async with db.transaction(pool) as connection:
            assert await connection.fetchval("show transaction_isolation") == "read committed"

    async def test_a_transaction_somebody_left_open_is_not_handed_on(self, url: str) -> None:
        async with await db.connect_pool(url, max_size=1) as pool:
            async with pool.acquire() as connection:
                await connection.execute("begin; insert into things (id) values ('a')")
            async with pool.acquire() as connection:
                assert not connection.is_in_transaction()
                assert await connection.fetchval("select count(*) from things") == 0


class TestLocks:
    async def test_a_lock_excludes_others_until_the_transaction_ends(self, pool: db.Pool) -> None:
        async with pool.acquire() as other:
            async with db.transaction(pool) as holder, other.transaction():
                await db.lock(holder, "x")
                assert not await db.try_lock(other, "x")
                assert await db.try_lock(other, "y")
            async with other.transaction():
                assert await db.try_lock(other, "x")

    async def test_a_session_lock_outlasts_transactions_and_ends_with_its_block(self, pool: db.Pool, url: str) -> None:
        holder = await db.connect(url)
        async with db.session_lock(holder, "x"):
            async with holder.transaction():
                pass
            async with db.transaction(pool) as other:
                assert not await db.try_lock(other, "x")
        async with db.transaction(pool) as other:
            assert await db.try_lock(other, "x")
        await holder.close()

    async def test_a_session_lock_ends_with_its_connection(self, pool: db.Pool, url: str) -> None:
        holder = await db.connect(url)
        async with db.session_lock(holder, "x"):
            await holder.close()
            async with db.transaction(pool) as other:
                await asyncio.wait_for(db.lock(other, "x"), 5)


class TestErrors:
    async def test_that_the_same_work_may_not_meet_again_are_transient(self, url: str, pool: db.Pool) -> None:
        for statement in (
            "select pg_terminate_backend(pg_backend_pid())",
            "set statement_timeout = 1; select pg_sleep(9)",
        ):
            connection = await db.connect(url)
            with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is the question
                await connection.execute(statement)
            assert db.is_transient(raised.value), raised.value
            connection.terminate()

    async def test_of_a_broken_connection_are_transient(self, url: str) -> None:
        connection = await db.connect(url)
        await connection.close()
        with pytest.raises(asyncpg.InterfaceError) as raised:
            await connection.fetchval("select 1")
        assert db.is_transient(raised.value)

    def test_of_a_client_whose_connection_broke_within_a_statement_are_transient(self) -> None:
        """Seen when the server was killed after a statement was prepared, before its values were sent."""
        broken = asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")
        assert db.is_transient(broken)
        assert isinstance(broken, db.DRIVER_ERRORS)

    @pytest.mark.parametrize("statement", ["select 1 / 0", "select nothing", "insert into things (id) values (null)"])
    async def test_of_our_own_making_are_not_transient(self, pool: db.Pool, statement: str) -> None:
        with pytest.raises(asyncpg.PostgresError) as raised:
            await pool.execute(statement)
        assert not db.is_transient(raised.value)

    async def test_of_a_value_that_does_not_fit_its_column_are_not_transient(self, pool: db.Pool) -> None:
        with pytest.raises(asyncpg.DataError) as raised:
            await pool.execute("insert into things (id) values ($1)", 5)
        assert not db.is_transient(raised.value)

    @pytest.mark.parametrize(("column", "value"), [("id", "a\x00"), ("doc", {"a": "\x00"}), ("doc", "a\x00")])
    async def test_of_a_character_that_cannot_be_stored_are_told_apart(
        self, pool: db.Pool, column: str, value: Any
    ) -> None:
        statement = (
            "insert into things (id, doc) values ('a', $1)" if column == "doc" else "insert into things values ($1)"
        )
        with pytest.raises(asyncpg.PostgresError) as raised:
            await pool.execute(statement, [value] if column == "doc" and isinstance(value, str) else value)
        assert db.is_unstorable(raised.value)


class TestMissing:
    async def test_is_nothing_when_the_database_answers(self, pool: db.Pool) -> None:
        assert await db.missing(pool) is None

    async def test_is_told_when_it_does_not(self, url: str) -> None:
        pool = await db.connect_pool(url)
        await pool.close()
        assert "does not answer" in str(await db.missing(pool))
