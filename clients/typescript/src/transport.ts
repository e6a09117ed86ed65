// One request: its address, its token, its idempotency key, and as many attempts as it takes.
//
// What always holds: all attempts of a request carry the same body and the same key; a problem that no attempt can
// mend is thrown at once.

import { Problem, problemOf, Unreachable } from "./problems.ts";
import { again, type Retries, sleep, wait } from "./retries.ts";

/** A bearer token, or a function that gives one; it is called for each request, so that it can renew the token. */
export type Token = string | (() => string | Promise<string>);

/** What a write may be told. */
export interface Write {
  /** Makes a retry of your own safe, for example after a restart; otherwise each call has one of its own. */
  idempotencyKey?: string;
  /** The version that is meant: the `ETag` of the document. */
  ifMatch?: string;
}

export interface Told extends Write {
  query?: Record<string, unknown>;
  body?: unknown;
  form?: Record<string, unknown>;
  signal?: AbortSignal;
}

type Fetch = typeof globalThis.fetch;

const ATTEMPT_TIMEOUT = 10_000;

/** A path with its parameters put in. */
export function path(parts: TemplateStringsArray, ...parameters: unknown[]): string {
  return parts.reduce((all, part, number) => all + encodeURIComponent(String(parameters[number - 1])) + part);
}

/** Sends requests to one service. */
export class Transport {
  readonly retries: Retries;
  readonly #address: string;
  readonly #token: Token;
  readonly #fetch: Fetch;

  constructor(address: string, token: Token, retries: Retries, fetch: Fetch) {
    this.#address = address.replace(/\/$/, "");
    this.#token = token;
    this.retries = retries;
    this.#fetch = fetch;
  }

  /** The answer's JSON, its text where it is none, or undefined where it has no body. */
  async call<Answer>(method: string, path: string, told: Told = {}): Promise<Answer> {
    const answer = await this.send(method, path, told);
    const text = await answer.text();
    const isJson = answer.headers.get("content-type")?.includes("json");
    return (text === "" ? undefined : isJson ? JSON.parse(text) : text) as Answer;
  }

  /** The answer itself, for its headers, such as `ETag`. */
  async send(method: string, path: string, told: Told = {}): Promise<Response> {
    const headers: Record<string, string> = { ...told.body === undefined ? {} : { "Content-Type": "application/json" } };
    if (method !== "GET") headers["Idempotency-Key"] = told.idempotencyKey ?? crypto.randomUUID();
    if (told.ifMatch !== undefined) headers["If-Match"] = told.ifMatch;
    const body = told.form ? formOf(told.form) : told.body === undefined ? null : JSON.stringify(told.body);
    for (let attempt = 1; ; attempt++) {
      let pause: number | undefined;
      try {
        const signals = [AbortSignal.timeout(ATTEMPT_TIMEOUT), ...(told.signal ? [told.signal] : [])];
        const answer = await this.open(path, told.query, {
          method, body, headers, signal: AbortSignal.any(signals),
        });
        if (answer.ok) {
          const content = await answer.arrayBuffer(); // here, so that a connection that breaks now is tried again, too
          return new Response(content.byteLength > 0 ? content : null, answer);
        }
        const problem = problemOf(answer.status, await answer.text());
        pause = wait(this.retries, attempt, answer.headers.get("retry-after"));
        if (pause === undefined || !again(answer.status, problem.type)) throw problem;
      } catch (error) {
        if (error instanceof Problem) throw error;
        told.signal?.throwIfAborted();
        pause = wait(this.retries, attempt, null);
        if (pause === undefined) throw new Unreachable(`${this.#address} does not answer`, { cause: error });
      }
      await sleep(pause, told.signal);
    }
  }

  /** One attempt, whatever comes of it; for streams. */
  async open(path: string, query: Record<string, unknown> = {}, init: RequestInit = {}): Promise<Response> {
    const token = typeof this.#token === "string" ? this.#token : await this.#token();
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return await this.#fetch(this.#address + path + (search && `?${search}`), {
      ...init,
      headers: { Authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
    });
  }
}

function formOf(members: Record<string, unknown>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(members)) {
    if (value instanceof Blob) form.set(name, value, name);
    else form.set(name, String(value));
  }
  return form;
}
