// Attempts, keys, problems, pages, events and leases, without a service.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Parser } from "../src/events.ts";
import { ContactRecalled, NotThere, Problem, Rapport, Unreachable } from "../src/index.ts";
import { problemOf } from "../src/problems.ts";
import { USUAL, wait } from "../src/retries.ts";

interface Asked {
  url: string;
  method: string;
  headers: Headers;
  body: unknown;
}

const QUICK = { attempts: 4, first: 0.001, longest: 0.002 };
const LEASE = { contact_id: "ctc_1", customer_id: "c-1" };

/** A client whose service answers in turn, the last answer again and again; and what it was asked. */
function served(...answers: (() => Response)[]): { rapport: Rapport; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    asked.push({ url: String(url), method: init?.method ?? "GET", headers: new Headers(init?.headers), body: init?.body });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === undefined) throw new TypeError("nobody listens");
    return answer();
  };
  return { rapport: new Rapport({ token: "secret", baseUrl: "https://gate/api/", retries: QUICK, fetch }), asked };
}

const json = (value: unknown, status = 200) => (): Response => Response.json(value, { status });
const refusal = (status: number, type: string, headers: Record<string, string> = {}) => (): Response =>
  Response.json({ type, title: type, status, detail: "why" }, { status, headers });
const broken = (): Response => {
  throw new TypeError("fetch failed");
};
const stream = (text: string) => (): Response => new Response(text);
const written = (position: number): string =>
  `event: a.b.v1\nid: p${position}\ndata: ${JSON.stringify({ id: `c.${position}`, type: "a.b.v1", time: "t", data: {} })}\n\n`;

describe("attempts", () => {
  for (const [what, failure] of [
    ["a broken connection", broken],
    ["503", refusal(503, "unavailable")],
    ["429", refusal(429, "too-many-requests", { "Retry-After": "0" })],
    ["the first one still running", refusal(409, "idempotency-key-in-use", { "Retry-After": "0" })],
  ] as const) {
    test(`a write is sent again with the same key and body after ${what}`, async () => {
      const { rapport, asked } = served(failure, failure, json({ items: [] }));
      await rapport.touchpoint.leaseContacts("call", { limit: 1 });
      assert.equal(asked.length, 3);
      assert.equal(new Set(asked.map((each) => each.headers.get("Idempotency-Key"))).size, 1);
      assert.deepEqual(new Set(asked.map((each) => each.body)), new Set(['{"limit":1}']));
    });
  }

  test("each call has a key of its own unless it is given; a read has none", async () => {
    const { rapport, asked } = served(json({ items: [] }));
    await rapport.touchpoint.leaseContacts("call", {});
    await rapport.touchpoint.leaseContacts("call", {}, { idempotencyKey: "mine" });
    await rapport.touchpoint.listBlackouts();
    const keys = asked.map((each) => each.headers.get("Idempotency-Key"));
    assert.match(keys[0] ?? "", /^[0-9a-f-]{36}$/);
    assert.deepEqual(keys.slice(1), ["mine", null]);
  });

  test("end with what was said, or that nothing was", async () => {
    const { rapport, asked } = served(refusal(503, "unavailable"));
    await assert.rejects(rapport.touchpoint.listBlackouts(), (error) => error instanceof Problem && error.status === 503);
    assert.equal(asked.length, QUICK.attempts);
    await assert.rejects(served(broken).rapport.touchpoint.listBlackouts(), Unreachable);
  });

  test("a refusal is not tried again", async () => {
    const { rapport, asked } = served(refusal(409, "sold-out"));
    const accepted = rapport.offers.acceptOffer({ customer_id: "c-1", offer_id: "o", channel: "web" });
    await assert.rejects(accepted, (error) => error instanceof Problem && error.type === "sold-out");
    assert.equal(asked.length, 1);
  });

  test("waits grow, differ, and honour what the service asks for up to a bound", () => {
    for (const [attempt, usual] of [[1, 0.1], [3, 0.4]] as const) {
      for (let turn = 0; turn < 100; turn++) {
        const found = wait(USUAL, attempt, null) ?? 0;
        assert.ok(0.5 * usual <= found && found <= 1.5 * usual);
      }
    }
    assert.equal(wait(USUAL, 5, null), undefined);
    assert.equal(wait(USUAL, 1, "7"), 7);
    assert.equal(wait(USUAL, 1, "61"), undefined);
  });
});

test("a path is escaped, and what is not given is left out", async () => {
  const { rapport, asked } = served(json({ items: [], next_cursor: null }));
  await rapport.touchpoint.getTimeline("a/b?c", { channel: "call" });
  assert.equal(asked[0]?.url, "https://gate/api/touchpoint/v1/customers/a%2Fb%3Fc/timeline?channel=call");
});

test("all pages are one iterator", async () => {
  const { rapport, asked } = served(
    json({ items: [{ n: 1 }, { n: 2 }], next_cursor: "x" }), json({ items: [{ n: 3 }], next_cursor: null }),
  );
  const found: unknown[] = [];
  for await (const item of rapport.touchpoint.iterTimeline("c-1")) found.push(item["n"]);
  assert.deepEqual(found, [1, 2, 3]);
  assert.match(asked[1]?.url ?? "", /cursor=x/);
});

test("problems say field by field what is wrong, and have a class where one reacts", () => {
  const errors = [{ pointer: "#/phone", message: "too short" }];
  assert.equal(problemOf(422, JSON.stringify({ type: "validation", errors })).message, "422 validation: #/phone: too short");
  assert.ok(problemOf(409, '{"type":"contact-recalled"}') instanceof ContactRecalled);
  assert.ok(problemOf(404, '{"type":"not-found"}') instanceof NotThere);
  assert.equal(problemOf(502, "<html>").detail, "<html>");
});

describe("events", () => {
  test("lines end where the standard says, however the text comes", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const text = ["α", "a\u2028b", "x"].map((data, n) => `id: ${n}${end}data: ${data}${end}${end}`).join("") + "\n";
      for (let cut = 0; cut <= text.length; cut++) {
        const parser = new Parser();
        const blocks = [...parser.feed(text.slice(0, cut)), ...parser.feed(text.slice(cut))];
        assert.deepEqual(blocks.map((block) => block.data), ["α", "a\u2028b", "x"]);
      }
    }
  });

  test("a reader goes on after the last event, or the last heart-beat", async () => {
    const { rapport, asked } = served(
      stream(written(1) + written(2) + ":\nid: p5\n\n"), broken, stream(written(6) + 'event: end\nid: p7\ndata: {}\n\n'),
      stream(written(8)),
    );
    const found: string[] = [];
    for await (const event of rapport.events({ types: ["a.b.v1", "c.d.v1"], customerId: "c-1" })) {
      found.push(event.position);
      if (found.length === 4) break;
    }
    assert.deepEqual(found, ["p1", "p2", "p6", "p8"]);
    assert.deepEqual(asked.map((each) => each.headers.get("Last-Event-ID")), [null, "p5", "p5", "p7"]);
    assert.match(asked[0]?.url ?? "", /types=a.b.v1%2Cc.d.v1&customer_id=c-1$/);
  });

  test("a refusal ends the reading, and so does the signal", async () => {
    const read = async (rapport: Rapport, signal?: AbortSignal): Promise<void> => {
      for await (const _ of rapport.events(signal ? { signal } : {}));
    };
    await assert.rejects(read(served(refusal(403, "forbidden")).rapport), Problem);
    const ended = new AbortController();
    setTimeout(() => ended.abort(), 20);
    await read(served(stream("")).rapport, ended.signal);
  });
});

describe("a task", () => {
  test("is undefined when there is nothing to do, and given back when nothing was reported", async () => {
    assert.equal(await served(json({ items: [] })).rapport.lease("call"), undefined);
    const { rapport, asked } = served(json({ items: [LEASE] }), () => new Response(null, { status: 204 }));
    {
      await using task = await rapport.lease("call");
      assert.equal(task?.contactId, "ctc_1");
    }
    assert.equal(asked.at(-1)?.method, "DELETE");
  });

  test("says that it was recalled, and is then not given back", async () => {
    const { rapport, asked } = served(json({ items: [LEASE] }), refusal(409, "contact-recalled"));
    const task = await rapport.lease("call");
    await task?.renew();
    assert.ok(task?.recalled);
    assert.ok(task.signal.reason instanceof ContactRecalled);
    await task.giveBack();
    assert.equal(asked.length, 2);
  });
});
