"""Databases that tests have one after another: each is as new, whatever the test before did to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from rapport.testing.database import Reused
from rapport.testing.infrastructure import Endpoints

MIGRATION = '''
from alembic import op

revision, down_revision = "0001", None

def upgrade() -> None:
    op.execute("""
        create table things (id text primary key, doc jsonb);
        create table parts (thing text not null references things, n bigint generated always as identity);
        create function five() returns trigger language plpgsql as $$ begin return new; end $$;
        create trigger guard before insert on parts for each row execute function five();
        create view seen as select id from things;
    """)
'''


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A tree with the migrations of two services: `plain`, and `seeded`, whose tables are not empty."""
    root = tmp_path_factory.mktemp("tree")
    for service, more in (("plain", ""), ("seeded", "        insert into things (id) values ('a');\n    ")):
        path = root / "services" / service / "migrations" / "0001_first.py"
        path.parent.mkdir(parents=True)
        path.write_text(MIGRATION.replace('    """)', f'{more}    """)'))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAPPORT_HOME", str(root))
        yield root


@pytest.fixture
async def databases(infrastructure: Endpoints, tree: Path) -> AsyncIterator[Reused]:
    databases = Reused(infrastructure.postgres_url, "plain")
    yield databases
    await databases.close()


async def run(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statements)
    await connection.close()


async def value(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def gone(url: str) -> bool:
    try:
        await run(url, "select 1")
    except asyncpg.InvalidCatalogNameError:
        return True
    return False


NUMBERED = "insert into parts (thing) values ('a') returning n"
ROWS = "select (select count(*) from things) + (select count(*) from parts)"


async def test_the_next_has_the_same_without_its_rows(databases: Reused) -> None:
    for _ in range(2):
        async with databases.one() as url:
            assert await value(url, ROWS) == 0
            await run(url, "insert into things (id) values ('a'); insert into parts (thing) values ('a')")
            assert await value(url, NUMBERED) == 2
    async with databases.one() as again:
        assert again == url


@pytest.mark.parametrize(
    "change",
    [
        "create table another (id text)",
        "drop table parts",
        "alter table things add column later text",
        "alter table things alter column doc set not null",
        "alter table things add check (id <> '')",
        "alter table parts disable trigger guard",
        "create index on parts (thing)",
        "create or replace function five() returns trigger language plpgsql as $$ begin return null; end $$",
        "create or replace view seen as select upper(id) as id from things",
    ],
)
async def test_one_that_was_changed_is_replaced(databases: Reused, change: str) -> None:
    async with databases.one() as changed:
        await run(changed, change)
    assert await gone(changed)
    async with databases.one() as url:
        assert url != changed
        await run(url, "insert into things (id) values ('a')")
        assert await value(url, NUMBERED) == 1


async def test_one_that_has_become_large_is_replaced(databases: Reused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapport.testing.database._LARGE", 1)
    async with databases.one() as large:
        pass
    assert await gone(large)


async def test_two_that_are_needed_at_once_are_two(databases: Reused) -> None:
    async with databases.one() as one, databases.one() as other:
        assert one != other
        await run(one, "insert into things (id) values ('a')")
        assert await value(other, ROWS) == 0


async def test_who_still_uses_it_is_cut_off(databases: Reused) -> None:
    async with databases.one() as url:
        forgotten = await asyncpg.connect(url)
        await forgotten.execute("begin; insert into things (id) values ('a')")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await forgotten.execute("commit")
    async with databases.one() as again:
        assert again == url
        assert await value(again, ROWS) == 0


async def test_rows_that_migrations_write_are_there_each_time(infrastructure: Endpoints, tree: Path) -> None:
    databases = Reused(infrastructure.postgres_url, "seeded")
    for _ in range(2):
        async with databases.one() as url:
            assert await value(url, "select count(*) from things") == 1
            await run(url, "delete from things")
        assert await gone(url)


async def test_all_are_gone_in_the_end(databases: Reused) -> None:
    async with databases.one() as url:
        pass
    assert not await gone(url)
    await databases.close()
    assert await gone(url)
