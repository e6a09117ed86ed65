// The storefront: the offers that a logged-in customer may have, and accepting one.

import { Problem, type offers } from "../../typescript/src/index.ts";
import { button, h } from "./dom.ts";
import { ask } from "./live.ts";
import { clock, Page } from "./page.ts";
import type { Word } from "./words.ts";

type Offer = offers.EligibleOffer;

/** One offer as the page shows it; one that is gone stays for the customer to see why. */
interface Tile {
  offer: Offer;
  state: "open" | "busy" | "accepted" | "dismissed" | "gone";
  changedAt?: number;
  trouble?: string;
}

const GONE = new Set(["sold-out", "already-accepted", "offer-expired", "not-eligible"]);
const LIMIT = 6;

/** The short link through which the customer came: `?offer=…&link=…&claim=…`, as `/l/…` leads here. */
interface Linked {
  offer: string;
  link: string;
}

const page = new Page("storefront");
let linked: Linked | undefined;
let customerId = "";
let tiles: Tile[] | undefined;
let trouble = "";
let following = new AbortController();

async function logIn(id: string): Promise<void> {
  following.abort();
  following = new AbortController();
  customerId = id;
  tiles = undefined;
  trouble = "";
  try {
    await look();
    void ask(page, look, following.signal);
  } catch (error) {
    trouble = page.problem(error);
  }
  page.draw();
}

/** What there is now. The browser sends the entity tag along, so an unchanged list costs next to nothing. */
async function look(): Promise<void> {
  const { signal } = following;
  const query = { channel: "web", limit: LIMIT, lang: page.lang } as const;
  const { items } = await page.rapport.offers.listEligibleOffers(customerId, query);
  if (signal.aborted) return;
  const before = JSON.stringify(tiles);
  const present = new Map(items.map((offer) => [offer.offer_id, offer]));
  const kept = (tiles ?? []).map((tile): Tile => {
    const offer = present.get(tile.offer.offer_id);
    present.delete(tile.offer.offer_id);
    if (offer !== undefined) return { ...tile, offer };
    return tile.state === "open" ? { ...tile, state: "gone", changedAt: clock() } : tile;
  });
  tiles = [...kept, ...[...present.values()].map((offer): Tile => ({ offer, state: "open" }))];
  tiles.sort((one, other) => Number(isLinked(other)) - Number(isLinked(one))); // what the customer came for goes first
  if (JSON.stringify(tiles) !== before) page.draw();
}

function isLinked(tile: Tile): boolean {
  return tile.offer.offer_id === linked?.offer;
}

function change(tile: Tile, to: Partial<Tile>): void {
  tiles = tiles?.map((each) => each.offer.offer_id === tile.offer.offer_id ? { ...each, ...to } : each);
  page.draw();
}

async function accept(tile: Tile): Promise<void> {
  const { offer_id, contact_id } = tile.offer;
  const pressedAt = clock();
  change(tile, { state: "busy" });
  try {
    const credit = isLinked(tile) && linked !== undefined ? { link: linked.link } : { contact_id };
    await page.rapport.offers.acceptOffer({ customer_id: customerId, offer_id, channel: "web", ...credit });
    change(tile, { state: "accepted", changedAt: pressedAt });
    page.announce(page.say("shop.accepted"));
  } catch (error) {
    const isGone = error instanceof Problem && GONE.has(error.type);
    change(tile, { state: isGone ? "gone" : "open", trouble: page.problem(error) });
    page.announce(page.problem(error));
  }
}

async function dismiss(tile: Tile): Promise<void> {
  change(tile, { state: "busy" });
  try {
    if (tile.offer.contact_id !== null) {
      await page.rapport.touchpoint.reportContactOutcomes(tile.offer.contact_id, { outcomes: [{ outcome: "dismissed" }] });
    }
    change(tile, { state: "dismissed" });
  } catch (error) {
    change(tile, { state: "open", trouble: page.problem(error) });
  }
}

function shown(tile: Tile, number: number): HTMLElement {
  const { offer, state } = tile;
  const end = offer.valid_until;
  const busy = state === "busy";
  const foot = state === "accepted" ? h("p", { class: "notice good", role: "status" }, page.say("shop.accepted"))
    : state === "dismissed" ? h("p", { class: "notice" }, page.say("shop.dismissed"))
    : state === "gone" ? h("p", { class: "notice wait", role: "status" }, tile.trouble ?? page.say("shop.gone"))
    : h("div", { class: "actions" },
      button(page.say("shop.accept"), String(number + 1), () => void accept(tile), { class: "first", disabled: busy }),
      button(page.say("shop.dismiss"), "", () => void dismiss(tile), { class: "plain", disabled: busy }));
  return h(
    "article",
    {
      class: `card${state === "gone" ? " gone" : ""}`, "data-offer": offer.offer_id, "data-state": state,
      "data-changed-at": tile.changedAt?.toString(),
    },
    h("h3", {}, offer.title),
    isLinked(tile) && h("p", { class: "fact" }, page.say("shop.linked")),
    h("div", { class: "body" }, offer.image !== null && h("img", { src: offer.image, alt: "" }), h("p", {}, offer.body),
      end !== null && h("p", { class: "fact" }, page.say("shop.until", { date: page.day(end) }))),
    h("div", { class: "stack" }, foot,
      state === "open" && tile.trouble !== undefined && h("p", { class: "notice stop", role: "alert" }, tile.trouble)),
  );
}

function login(): HTMLElement {
  const input = h("input", { id: "who", "data-find": true, "data-autofocus": true, autocomplete: "off", required: true });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void logIn(input.value.trim());
  };
  return h("form", { class: "find panel", onsubmit: submit }, h("label", { class: "text" }, page.say("shop.login"), input),
    h("button", { class: "first" }, page.say("shop.go")));
}

page.run(
  () => [
    ...(tiles === undefined ? [login()] : [h("h3", {}, page.say("shop.hello", { name: customerId }))]),
    ...(trouble === "" ? [] : [h("p", { class: "notice stop", role: "alert" }, trouble)]),
    ...(tiles === undefined ? [] : tiles.length === 0 ? [h("p", { class: "panel empty" }, page.say("shop.none"))]
      : [h("section", { class: "tiles" }, ...tiles.map(shown))]),
  ],
  () => tiles === undefined || tiles.length === 0 ? [] : [["1–6", "shop.accept"] as [string, Word]],
);
document.addEventListener("language", () => void (customerId !== "" && look().catch(() => undefined)));

/** Whom the claim names. This page believes it, for it has no server; a shop's checks signature, audience and end. */
function claimed(claim: string): string {
  const body = claim.split(".")[1] ?? "";
  const { sub } = JSON.parse(atob(body.replace(/-/g, "+").replace(/_/g, "/"))) as { sub: string };
  return sub;
}

const came = new URLSearchParams(location.search);
const [offer, link, claim] = [came.get("offer"), came.get("link"), came.get("claim")];
if (offer !== null && link !== null && claim !== null) {
  linked = { offer, link };
  history.replaceState(null, "", location.pathname + location.hash); // the link is a credential
  void logIn(claimed(claim));
} else {
  const given = page.given.get("customer");
  if (given !== null) void logIn(given);
}
