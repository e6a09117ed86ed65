// Events as they happen: server-sent events, read for as long as you like.
//
// What always holds: when the connection ends, for whatever reason, the reader connects again and goes on after the
// last event that it handed out; nothing is left out, and nothing comes twice.

import { Problem, problemOf, Unreachable } from "./problems.ts";
import { again, sleep, wait } from "./retries.ts";
import type { Transport } from "./transport.ts";

/** Something that happened to a customer. */
export interface Event {
  /** Where it stands in the stream: hand it in as `lastEventId` to go on after it, days later too. */
  position: string;
  id: string;
  /** Such as `touchpoint.contact.released.v1`. */
  type: string;
  time: string;
  data: Record<string, unknown>;
}

/** Which events: all that a filter does not name. */
export interface EventFilter {
  types?: readonly string[];
  customerId?: string;
  org?: string;
  /** Go on after this position; without it, from now on. */
  lastEventId?: string;
  /** Ends the reading. */
  signal?: AbortSignal;
  /** Called whenever a connection stands: what happened before is then to be asked for once. */
  onConnected?: () => void;
}

interface Block {
  id: string;
  event: string;
  /** Undefined for a heart-beat, which only moves the position on. */
  data: string | undefined;
}

const SILENCE = 60_000; // without a byte, heart-beats included, a connection is taken for dead

/** Each event as it comes, until the loop is left or the signal ends it. */
export async function* events(transport: Transport, filter: EventFilter): AsyncGenerator<Event> {
  let position = filter.lastEventId;
  let failures = 0;
  while (!filter.signal?.aborted) {
    let pause: number | undefined = transport.retries.first;
    try {
      for await (const block of connection(transport, filter, position)) {
        failures = 0;
        position = block.id || position;
        if (block.event === "end") break;
        if (block.data === undefined) continue;
        const said = JSON.parse(block.data);
        yield { position: block.id, id: said.id, type: said.type ?? block.event, time: said.time, data: said.data };
      }
    } catch (error) {
      if (filter.signal?.aborted) return;
      if (error instanceof Problem && !again(error.status, error.type)) throw error;
      failures += 1;
      pause = wait(transport.retries, failures, null);
      if (pause === undefined) throw new Unreachable("the stream of events does not come back", { cause: error });
    }
    await sleep(pause, filter.signal).catch(() => undefined);
  }
}

async function* connection(
  transport: Transport, filter: EventFilter, position: string | undefined,
): AsyncGenerator<Block> {
  const dead = new AbortController();
  let watch = setTimeout(() => dead.abort(), SILENCE);
  const signal = AbortSignal.any([dead.signal, ...(filter.signal ? [filter.signal] : [])]);
  const query = { types: filter.types?.join(",") || undefined, customer_id: filter.customerId, org: filter.org };
  const resume: Record<string, string> = position === undefined ? {} : { "Last-Event-ID": position };
  try {
    const answer = await transport.open("/v1/events", query, {
      headers: { Accept: "text/event-stream", ...resume }, cache: "no-store", signal,
    });
    if (!answer.ok || answer.body === null) throw problemOf(answer.status, await answer.text());
    filter.onConnected?.();
    const parser = new Parser();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(() => dead.abort(), SILENCE);
      yield* parser.feed(value);
    }
  } finally {
    clearTimeout(watch);
    dead.abort();
  }
}

/** Text of a stream to blocks, as the HTML standard has it (9.2.6). */
export class Parser {
  #rest = "";
  #lastId = "";
  #id: string | undefined;
  #event = "";
  #data: string[] = [];

  /** Take what has come; each block that it completes and that has data or a position. */
  *feed(chunk: string): Generator<Block> {
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/); // a CR at the end may be half of a CRLF
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== "") {
        this.#take(line);
        continue;
      }
      const moved = this.#id !== undefined && this.#id !== this.#lastId;
      this.#lastId = this.#id ?? this.#lastId;
      const data = this.#data.length > 0 ? this.#data.join("\n") : undefined;
      if (data !== undefined || moved) yield { id: this.#lastId, event: this.#event || "message", data };
      this.#event = "";
      this.#data = [];
    }
  }

  #take(line: string): void {
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon); // a comment has no name
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }
}
