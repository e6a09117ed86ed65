// Knowing what happens: the stream of events, and asking in its place where a token may not read it.

import { type Event, Problem } from "../../typescript/src/index.ts";
import type { Page } from "./page.ts";

const ASK_EVERY = 500; // milliseconds
const AGAIN_AFTER = 3000;

export interface Interest {
  customerId: string;
  types?: string[];
  /** Something happened. */
  event: (event: Event) => void;
  /** Time to look at what there is: once the stream stands, and again and again where there is none. */
  look: () => Promise<void>;
}

/** Follow a customer until the signal ends it. */
export async function follow(page: Page, interest: Interest, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const filter = {
        customerId: interest.customerId,
        ...(interest.types === undefined ? {} : { types: interest.types }),
        signal,
        onConnected: () => {
          page.status = "live";
          void interest.look().catch(() => undefined);
        },
      };
      for await (const event of page.rapport.events(filter)) interest.event(event);
    } catch (error) {
      if (error instanceof Problem && [401, 403, 404].includes(error.status)) {
        await ask(page, interest.look, signal);
        return;
      }
      page.status = "broken";
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
    }
  }
}

/** The same work, never twice at a time: what is asked for meanwhile is done once more afterwards. */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await work();
    } while (again);
  };
  return () => {
    again = running !== undefined;
    running ??= run().finally(() => (running = undefined));
    return running;
  };
}

/** Look again and again until the signal ends it. A page that nobody sees does not ask. */
export async function ask(page: Page, look: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (document.visibilityState === "visible") {
      await look().then(() => (page.status = "polling"), () => (page.status = "broken"));
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
  }
}
