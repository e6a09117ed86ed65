// The client against running services; a test of the whole system runs it and says where they are.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem, Rapport } from "../src/index.ts";

const given = JSON.parse(process.env["RAPPORT_GIVEN"] ?? "{}");
const as = (who: "branch" | "dialer" | "system"): Rapport => new Rapport({ token: given[who], urls: given.urls });

test("a task in hand is taken back when the customer accepts at a branch", async () => {
  const branch = as("branch");
  await using task = await as("dialer").lease("call", { seconds: 10 });
  assert.ok(task);
  assert.equal(task.contact.customer_id, given.customer);
  const popup = await branch.touchpoint.openPopup({ customer_id: given.customer, channel: "branch" });
  assert.equal(popup.offers[0]?.offer_id, given.offer);
  const answers = [{ offer_id: given.offer, answer: "accepted" as const }];
  await branch.touchpoint.answerPopupOffers(popup.popup_id, { answers });
  await task.renew();
  assert.ok(task.recalled);
  await task.answerRecall("withdrawn");
  const kinds: unknown[] = [];
  for await (const entry of branch.touchpoint.iterTimeline(given.customer, { limit: 3 })) kinds.push(entry["kind"]);
  assert.equal(kinds.filter((kind) => kind === "contact.recalled").length, 3);
});

test("a refusal is a problem with its type", async () => {
  const asked = as("branch").offers.listEligibleOffers(given.customer);
  await assert.rejects(asked, (error) => error instanceof Problem && error.type === "forbidden");
});
