"""Lists that come in pages, as iterators over their items."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from rapport_client.transport import AsyncTransport, Query, Transport


def items(transport: Transport, path: str, query: Query) -> Iterator[Any]:
    """Every item; the next page is fetched when the last item of this one is taken."""
    cursor: str | None = None
    while True:
        page = transport.call("GET", path, query={**query, "cursor": cursor})
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


async def async_items(transport: AsyncTransport, path: str, query: Query) -> AsyncIterator[Any]:
    """See `items`."""
    cursor: str | None = None
    while True:
        page = await transport.call("GET", path, query={**query, "cursor": cursor})
        for item in page["items"]:
            yield item
        cursor = page["next_cursor"]
        if cursor is None:
            return
