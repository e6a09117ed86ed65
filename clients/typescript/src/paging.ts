// Lists that come in pages, as iterators over their items.

import type { Transport } from "./transport.ts";

/** Every item; the next page is fetched when the last item of this one is taken. */
export async function* items<Item>(
  transport: Transport, path: string, query: Record<string, unknown>,
): AsyncGenerator<Item> {
  let cursor: string | null = null;
  do {
    const page: { items: Item[]; next_cursor: string | null } = await transport.call("GET", path, {
      query: { ...query, ...(cursor === null ? {} : { cursor }) },
    });
    yield* page.items;
    cursor = page.next_cursor;
  } while (cursor !== null);
}
