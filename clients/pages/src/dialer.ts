// The dialer desk: fetch a call, report what came of it, be told at once when it is taken back.

import { ContactRecalled, type Task, type touchpoint } from "../../typescript/src/index.ts";
import { button, h, localInput } from "./dom.ts";
import { follow } from "./live.ts";
import { clock, Page } from "./page.ts";
import type { Word } from "./words.ts";

type Outcome = "accepted" | "interested" | "call_back" | "no_answer" | "busy" | "refused";

const OUTCOMES: [Outcome, string][] = [
  ["accepted", "a"], ["interested", "i"], ["call_back", "c"], ["no_answer", "x"], ["busy", "b"], ["refused", "r"],
];
const RECALLED = "touchpoint.contact.recalled.v1";
const SECONDS = 60;

const page = new Page("dialer");
let task: Task | undefined;
let where: string | undefined;
let changedAt: number | undefined;
let answered = false;
let asksWhen = false;
let busy = false;
let done = "";
let trouble = "";
let following = new AbortController();

/** Do one thing at a time, and show what went wrong. */
async function attempt(what: () => Promise<void>): Promise<void> {
  if (busy) return;
  busy = true;
  trouble = "";
  page.draw();
  try {
    await what();
  } catch (error) {
    trouble = page.problem(error);
    page.announce(trouble);
  }
  busy = false;
  page.draw();
}

async function fetchNext(): Promise<void> {
  await put();
  done = "";
  const place = page.given.get("place");
  const found = await page.rapport.lease("call", { seconds: SECONDS, ...(place === null ? {} : { place }) });
  if (found === undefined) {
    done = page.say("call.none");
    return;
  }
  task = found;
  where = changedAt = undefined;
  answered = asksWhen = false;
  found.signal.addEventListener("abort", () => {
    changedAt = clock();
    page.announce(page.say(found.recalled ? "call.gone" : "call.lost"));
    page.draw();
  });
  following = new AbortController();
  const interest = {
    customerId: found.contact.customer_id,
    types: [RECALLED],
    event: ({ data }: { data: Record<string, unknown> }) => {
      if (data["contact_id"] !== found.contactId) return;
      where = typeof data["accepted_in"] === "string" ? data["accepted_in"] : undefined;
      void found.renew(); // says so, which ends it
    },
    look: () => found.renew(),
  };
  void follow(page, interest, AbortSignal.any([following.signal, found.signal]));
}

/** Let go of the call in hand. */
async function put(): Promise<void> {
  const held = task;
  task = undefined;
  following.abort();
  page.status = "idle";
  await held?.giveBack();
}

async function report(outcome: Outcome, at?: string): Promise<void> {
  if (outcome === "call_back" && at === undefined) {
    asksWhen = true;
    return;
  }
  const pressedAt = clock();
  const body: touchpoint.OutcomeIn = { outcome, ...(at === undefined ? {} : { call_back_at: at }) };
  await task?.report(body);
  done = page.say("call.reported", { outcome: page.say(`call.${outcome}`) });
  page.announce(done);
  changedAt = pressedAt;
  await put();
}

async function answerRecall(answer: "withdrawn" | "too_late"): Promise<void> {
  await task?.answerRecall(answer);
  answered = true;
}

async function giveBack(): Promise<void> {
  await put();
  done = page.say("call.given_back");
}

function inHand(held: Task): HTMLElement {
  const { customer, offer, offer_id, leased_until, contact_class } = held.contact;
  const gone = held.signal.aborted;
  return h(
    "article",
    {
      class: `card${gone ? " gone" : ""}`, "data-contact": held.contactId, "data-state": gone ? "gone" : "open",
      "data-changed-at": changedAt?.toString(),
    },
    h("div", { class: "who" }, h("strong", {}, customer.name ?? held.contact.customer_id),
      h("span", {}, customer.phone ?? ""), h("span", { class: "fact" }, contact_class),
      h("span", { class: "fact" }, customer.language),
      !gone && h("span", { class: "fact" }, page.say("call.until", { time: page.time(leased_until) }))),
    h("h3", {}, offer?.title ?? offer_id ?? ""),
    !!offer?.script && h("blockquote", { "aria-label": page.say("script") }, offer.script),
    gone ? takenBack(held) : asksWhen ? when() : h(
      "div", { class: "actions" },
      ...OUTCOMES.map(([each, key]) =>
        button(page.say(`call.${each}`), key, () => void attempt(() => report(each)), {
          class: each === "accepted" ? "first" : "", disabled: busy,
        })),
      button(page.say("call.give_back"), "z", () => void attempt(giveBack), { class: "plain", disabled: busy }),
    ),
  );
}

function takenBack(held: Task): HTMLElement {
  if (!(held.signal.reason instanceof ContactRecalled)) {
    return h("p", { class: "notice wait", role: "alert" }, page.say("call.lost"));
  }
  const why = where === undefined ? page.say("gone.why")
    : page.say("gone.where", { where: page.say(`where.${where}` as Word) });
  return h(
    "div", { class: "stack" },
    h("p", { class: "notice stop", role: "alert" }, h("strong", {}, page.say("call.gone")), why),
    answered ? h("p", { class: "fact" }, page.say("gone.answered")) : h(
      "div", { class: "actions" },
      button(page.say("call.unsaid"), "w", () => void attempt(() => answerRecall("withdrawn")), { class: "first" }),
      button(page.say("call.said"), "t", () => void attempt(() => answerRecall("too_late"))),
    ),
  );
}

function when(): HTMLElement {
  const input = h("input", {
    id: "when", type: "datetime-local", "data-autofocus": true, value: localInput(new Date(Date.now() + 2 * 3_600_000)),
  });
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    void attempt(() => report("call_back", new Date(input.value).toISOString()));
  };
  const cancel = (): void => {
    asksWhen = false;
    page.draw();
  };
  return h("form", { class: "find", onsubmit: save }, h("label", {}, page.say("later.when"), input),
    h("button", { class: "first" }, page.say("later.save")), button(page.say("cancel"), "", cancel));
}

/** The keys that do something to the call in hand. */
function keysOf(held: Task): [string, Word][] {
  if (!held.signal.aborted) {
    return asksWhen ? [] : [...OUTCOMES.map(([each, key]): [string, Word] => [key.toUpperCase(), `call.${each}`]),
      ["Z", "call.give_back"]];
  }
  const recalled = held.signal.reason instanceof ContactRecalled && !answered;
  return recalled ? [["W", "call.unsaid"], ["T", "call.said"]] : [];
}

page.run(
  () => [
    h("section", { class: "actions" },
      button(page.say("call.fetch"), "f", () => void attempt(fetchNext), { class: "first", disabled: busy })),
    ...(trouble === "" ? [] : [h("p", { class: "notice stop", role: "alert" }, trouble)]),
    ...(done === "" ? [] : [h("p", { class: "notice", id: "done", "data-changed-at": changedAt?.toString() }, done)]),
    task !== undefined ? inHand(task) : h("p", { class: "empty" }, done === "" ? page.say("call.start") : ""),
  ],
  () => [
    ["F", "call.fetch"],
    ...(task === undefined ? [] : keysOf(task)),
  ],
);
