// Branch counter and hotline desk: find a customer, see the pop-up, record the answers, be told what changes.

import { type Event, NotThere, type touchpoint } from "../../typescript/src/index.ts";
import { button, h, localInput } from "./dom.ts";
import { follow, oneAtATime } from "./live.ts";
import { clock, Page } from "./page.ts";
import type { Word } from "./words.ts";

type Answer = touchpoint.PopupAnswer["answer"];
type Popup = touchpoint.OpenPopupAnswer;

const ANSWERS: [Answer, string][] = [["accepted", "a"], ["interested", "i"], ["later", "l"], ["refused", "r"]];
const KINDS = ["customer_id", "phone", "account"] as const;
type Kind = (typeof KINDS)[number];
const HISTORY = 12;

/** What the page knows of one offer beyond the pop-up. */
interface Standing {
  said?: Answer;
  /** What the ledger said to a yes. */
  sale?: { acceptance_id: string; state: string; text: string };
  asksWhen?: boolean;
  /** Taken back: where it was accepted, as far as that is known. */
  gone?: { where: string | undefined; another: boolean; answered?: boolean };
  changedAt?: number;
  trouble?: string;
  busy?: boolean;
}

/** A short link that was made for the customer, or an SMS that has one, and what came of it. */
interface Sent {
  /** Of a link that the agent sends, or reads out. */
  link?: { link_id: string; url: string };
  /** What the SMS was asked for with, and the contact that it is: null while it waits. */
  sms?: { requestId: string; contactId: string | null; waits?: { until: string; why: string } };
  openedAt?: string;
  acceptedAt?: string;
}

type LinkState = "made" | "sent" | "waits" | "opened" | "accepted";
const TOLD: Record<LinkState, Word> = {
  made: "link.waiting", sent: "sms.sent", waits: "sms.waits", opened: "link.opened", accepted: "link.accepted",
};

/** Run the page. */
export function counter(screen: "branch" | "hotline"): void {
  const page = new Page(screen);
  let kind: Kind = "customer_id";
  let popup: Popup | undefined;
  let entries: { at: string; text: string }[] = [];
  let standings = new Map<string, Standing>();
  let links = new Map<string, Sent>();
  let chosen = 0;
  let trouble = "";
  let following = new AbortController();

  async function show(value: string): Promise<void> {
    following.abort();
    following = new AbortController();
    popup = undefined;
    entries = [];
    standings = new Map();
    links = new Map();
    chosen = 0;
    trouble = "";
    page.status = "idle";
    try {
      const found = await page.rapport.touchpoint.openPopup({
        [kind]: value, channel: screen, place: page.given.get("place") ?? null, lang: page.lang,
      } as touchpoint.PopupIn);
      popup = found;
      const warned = found.warnings.map((warning) => warning.text).join(" ");
      page.announce(`${found.greeting.name ?? found.customer_id}. ${warned} ${page.say("offers")}: ${found.offers.length}`);
      const interest = { customerId: found.customer_id, event: onEvent, look };
      void follow(page, interest, following.signal);
      document.querySelector<HTMLElement>("[data-find]")?.blur(); // so that keys are answers now
    } catch (error) {
      trouble = error instanceof NotThere ? page.say("find.none") : page.problem(error);
      page.announce(trouble);
    }
    page.draw();
  }

  function onEvent(event: Event): void {
    if (event.type.startsWith("touchpoint.contact.recalled.")) recalled(event.data);
    void look().catch(() => undefined);
  }

  function recalled(entry: Record<string, unknown>): void {
    for (const offer of popup?.offers ?? []) {
      const standing = standings.get(offer.offer_id) ?? {};
      // A pop-up is one contact, whatever it shows: what belongs to another goal may still be offered.
      if (offer.contact_id !== entry["contact_id"] || offer.goal !== entry["goal"]) continue;
      if (standing.said !== undefined || standing.gone) continue;
      const where = typeof entry["accepted_in"] === "string" ? entry["accepted_in"] : undefined;
      const gone = { where, another: entry["reason"] !== "already_accepted" };
      standings.set(offer.offer_id, { ...standing, gone, changedAt: clock() });
      page.announce(page.say("gone"));
      page.draw();
    }
  }

  /** The ledger's word on a yes that waited for it. */
  function settled(entry: Record<string, unknown>): void {
    const [acceptanceId, state, text] = [entry["acceptance_id"], String(entry["status"]), String(entry["text"])];
    for (const [offerId, standing] of standings) {
      if (standing.sale?.state !== "pending" || standing.sale.acceptance_id !== acceptanceId) continue;
      standings.set(offerId, { ...standing, sale: { ...standing.sale, state, text } });
      page.announce(text);
      page.draw();
    }
  }

  /** The newest entries of the timeline: words for the hotline, recalls that no event told of, and the ledger's word. */
  const look = oneAtATime(async () => {
    if (popup === undefined) return;
    const { signal } = following;
    const found = await page.rapport.touchpoint.getTimeline(popup.customer_id, { limit: HISTORY, lang: page.lang });
    if (signal.aborted) return;
    for (const entry of found.items) {
      if (entry["kind"] === "contact.recalled") recalled(entry);
      if (entry["kind"] === "acceptance.settled") settled(entry);
      followLink(entry);
    }
    const shown = found.items.map((entry) => ({ at: String(entry["at"]), text: String(entry["text"]) }));
    if (JSON.stringify(shown) === JSON.stringify(entries)) return;
    entries = shown;
    page.draw();
  });

  async function answer(offerId: string, said: Answer, at?: string): Promise<void> {
    const standing = standings.get(offerId) ?? {};
    if (popup === undefined || standing.busy) return;
    if (said === "later" && at === undefined) {
      standings.set(offerId, { ...standing, asksWhen: true });
      page.draw();
      document.getElementById(`when-${offerId}`)?.focus();
      return;
    }
    standings.set(offerId, { busy: true });
    page.draw();
    const body = { offer_id: offerId, answer: said, ...(at === undefined ? {} : { call_back_at: at }) };
    const pressedAt = clock();
    try {
      const told = await page.rapport.touchpoint.answerPopupOffers(popup.popup_id, { answers: [body], lang: page.lang });
      const sale: Standing["sale"] = told.answers[0]?.sale;
      standings.set(offerId, { said, changedAt: pressedAt, ...(sale ? { sale } : {}) });
      if (sale?.state === "pending") void look().catch(() => undefined); // its event may have come before the answer
      page.announce(sale?.state === "refused" ? sale.text : page.say(`said.${said}`));
    } catch (error) {
      standings.set(offerId, { trouble: page.problem(error) });
      page.announce(page.problem(error));
    }
    page.draw();
  }

  /** Make a short link that the agent sends, or reads out. This contact is credited. */
  async function makeLink(offer: Popup["offers"][number]): Promise<Sent> {
    const about = { customer_id: popup!.customer_id, offer_id: offer.offer_id, contact_id: offer.contact_id };
    const { link_id, url } = await page.rapport.offers.createLink(about);
    return { link: { link_id, url } };
  }

  /** Send an offer to the customer on the phone. The gate decides; a text says why it may not go. */
  async function sendSms(offer: Popup["offers"][number]): Promise<Sent | string> {
    const asked = { offer_id: offer.offer_id, channel: "sms", lang: page.lang } as const;
    const found = await page.rapport.touchpoint.sendPopupOffer(popup!.popup_id, asked);
    const why = String(found.text ?? "");
    const sms = { requestId: found.request_id, contactId: found.contact_id };
    if (found.state === "deferred") return { sms: { ...sms, waits: { until: String(found.retry_at), why } } };
    return found.contact_id === null ? page.say("sms.refused", { why }) : { sms };
  }

  /** Send an offer in one of these ways, once. */
  async function send(offer: Popup["offers"][number], how: typeof sendSms): Promise<void> {
    if (popup === undefined || links.has(offer.offer_id)) return;
    const { signal } = following;
    links.set(offer.offer_id, {});
    page.draw();
    const sent = await how(offer).catch((error: unknown) => page.problem(error));
    if (signal.aborted) return;
    if (typeof sent === "string") {
      links.delete(offer.offer_id);
      standings.set(offer.offer_id, { ...standings.get(offer.offer_id), trouble: sent });
      page.announce(sent);
    } else {
      links.set(offer.offer_id, sent);
      page.announce(sent.link === undefined ? told(sent) : `${page.say("link.tell")} ${sent.link.url}`);
    }
    page.draw();
  }

  /** How far a link or an SMS has come; undefined while it is asked for. */
  function linkState({ link, sms, openedAt, acceptedAt }: Sent): LinkState | undefined {
    return acceptedAt !== undefined ? "accepted" : openedAt !== undefined ? "opened"
      : sms?.waits !== undefined ? "waits" : sms !== undefined ? "sent" : link && "made";
  }

  /** The same in words. */
  function told(sent: Sent): string {
    const time = sent.acceptedAt ?? sent.openedAt ?? sent.sms?.waits?.until;
    const state = linkState(sent);
    if (state === undefined) return "";
    const why = sent.sms?.waits?.why ?? "";
    return page.say(TOLD[state], { why, ...(time === undefined ? {} : { time: page.time(time) }) });
  }

  /** What an entry of the timeline tells of a link that was made here, or sent. */
  function followLink(entry: Record<string, unknown>): void {
    for (const [offerId, sent] of links) {
      const news = newsOf(offerId, sent, entry);
      if (news === undefined) continue;
      links.set(offerId, news);
      page.announce(told(news));
      page.draw();
    }
  }

  /** A link or an SMS as it is after this entry; undefined where that says nothing of it. */
  function newsOf(offerId: string, sent: Sent, entry: Record<string, unknown>): Sent | undefined {
    const { link, sms } = sent;
    const at = String(entry["at"]);
    if (link === undefined && sms === undefined) return undefined;
    if (sms?.waits !== undefined && entry["request_id"] === sms.requestId && entry["contact_id"] !== undefined)
      return { ...sent, sms: { requestId: sms.requestId, contactId: String(entry["contact_id"]) } };
    const opened = link !== undefined ? entry["outcome_id"] === `${link.link_id}.opened`
      : entry["contact_id"] === sms?.contactId && entry["outcome"] === "opened";
    if (opened && sent.openedAt === undefined) return { ...sent, openedAt: at };
    const accepted = entry["offer_id"] === offerId && entry["status"] === "accepted";
    return accepted && sent.acceptedAt === undefined ? { ...sent, acceptedAt: at } : undefined;
  }

  async function answerRecall(offer: Popup["offers"][number], said: "withdrawn" | "too_late"): Promise<void> {
    const standing = standings.get(offer.offer_id);
    if (standing?.gone === undefined || offer.contact_id === null) return;
    try {
      await page.rapport.touchpoint.answerContactRecall(offer.contact_id, { answer: said });
      for (const other of popup?.offers ?? []) {
        const gone = standings.get(other.offer_id)?.gone;
        if (gone && other.contact_id === offer.contact_id) gone.answered = true;
      }
    } catch (error) {
      standing.trouble = page.problem(error);
    }
    page.draw();
  }

  function find(): HTMLElement {
    const input = h("input", {
      id: "who", "data-find": true, "data-autofocus": popup === undefined, autocomplete: "off", required: true,
      type: kind === "phone" ? "tel" : "text", placeholder: kind === "phone" ? "+49…" : "",
    });
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      void show(input.value.trim());
    };
    const choose = (event: InputEvent): void => {
      kind = (event.target as HTMLSelectElement).value as Kind;
      page.draw();
    };
    const options = KINDS.map((each) =>
      h("option", { value: each, selected: each === kind }, page.say(`find.${each}`)));
    return h(
      "form", { class: "find panel wide", role: "search", onsubmit: submit },
      h("label", {}, page.say("find.by"), h("select", { id: "kind", onchange: choose }, ...options)),
      h("label", { class: "text" }, page.say("find.value"), input),
      h("button", { class: "first" }, page.say("find.go")),
    );
  }

  function card(offer: Popup["offers"][number], number: number): HTMLElement {
    const standing = standings.get(offer.offer_id) ?? {};
    const sent = links.get(offer.offer_id);
    const bought = sent?.acceptedAt !== undefined;
    const choose = (): void => {
      if (chosen === number) return;
      chosen = number;
      page.draw();
    };
    return h(
      "article",
      {
        class: `card${standing.gone ? " gone" : ""}`, "aria-current": chosen === number ? "true" : "false",
        "data-offer": offer.offer_id, "data-state": state(standing, bought),
        "data-changed-at": standing.changedAt?.toString(), onclick: choose,
        "data-link": sent && linkState(sent),
      },
      h("div", {}, h("span", { class: "number", "aria-hidden": "true" }, String(number + 1)),
        h("h3", {}, offer.title ?? offer.offer_id)),
      h("p", { class: "body" }, offer.body),
      h("p", { class: "fact" }, offer.why.text),
      !!offer.script && h("blockquote", { "aria-label": page.say("script") }, offer.script),
      standing.gone ? takenBack(offer, standing) : standing.said ? said(standing.said, standing.sale)
        : !bought && ask(offer, standing),
      linkOf(offer, standing),
      standing.trouble !== undefined && h("p", { class: "notice stop", role: "alert" }, standing.trouble),
    );
  }

  /** On the phone: buttons that send an SMS or make a link, then what came of it. */
  function linkOf(offer: Popup["offers"][number], standing: Standing): HTMLElement | false {
    const sent = links.get(offer.offer_id);
    if (screen !== "hotline" || (sent === undefined && (standing.gone || standing.said === "refused"))) return false;
    const come = sent && linkState(sent);
    if (sent === undefined || come === undefined) {
      const disabled = sent !== undefined;
      return h("div", { class: "actions" },
        button(page.say("sms.send"), "s", () => void send(offer, sendSms), { disabled }),
        button(page.say("link.make"), "k", () => void send(offer, makeLink), { disabled }));
    }
    const { link } = sent;
    const mood = come === "accepted" ? "good" : come === "opened" || come === "waits" ? "wait" : "";
    return h(
      "div", { class: "stack" },
      link !== undefined && h("p", { class: "fact" }, page.say("link.tell"), " ", h("code", { class: "link" }, link.url), " ",
        button(page.say("link.copy"), "", () => void navigator.clipboard.writeText(link.url).catch(() => undefined), { class: "plain" })),
      h("p", { class: `notice ${mood}`, role: "status" }, told(sent)),
    );
  }

  function state({ gone, said, sale }: Standing, bought: boolean): string {
    return gone ? "gone" : sale?.state === "refused" ? "not-to-be-had" : said ?? (bought ? "accepted" : "open");
  }

  function said(answer: Answer, sale: Standing["sale"]): HTMLElement {
    if (sale?.state === "refused") return h("p", { class: "notice stop", role: "alert" }, sale.text);
    if (sale?.state === "pending") return h("p", { class: "notice wait" }, page.say("said.pending"));
    return h("p", { class: `notice ${answer === "accepted" ? "good" : ""}` }, page.say(`said.${answer}`));
  }

  function ask(offer: Popup["offers"][number], standing: Standing): HTMLElement {
    if (standing.asksWhen) return when(offer.offer_id, standing);
    const buttons = ANSWERS.map(([each, key]) =>
      button(page.say(`answer.${each}`), key, () => void answer(offer.offer_id, each), {
        class: each === "accepted" ? "first" : "", disabled: standing.busy ?? false,
      }));
    return h("div", { class: "actions" }, ...buttons);
  }

  function when(offerId: string, standing: Standing): HTMLElement {
    const tomorrow = new Date(Date.now() + 24 * 3_600_000);
    const input = h("input", { id: `when-${offerId}`, type: "datetime-local", value: localInput(tomorrow) });
    const save = (event: SubmitEvent): void => {
      event.preventDefault();
      void answer(offerId, "later", new Date(input.value).toISOString());
    };
    const cancel = (): void => {
      standings.set(offerId, { ...standing, asksWhen: false });
      page.draw();
    };
    return h("form", { class: "find", onsubmit: save }, h("label", {}, page.say("later.when"), input),
      h("button", { class: "first" }, page.say("later.save")), button(page.say("cancel"), "", cancel));
  }

  function takenBack(offer: Popup["offers"][number], standing: Standing): HTMLElement {
    const where = standing.gone?.where;
    const why = where === undefined ? page.say("gone.why")
      : page.say(standing.gone?.another ? "gone.another" : "gone.where", { where: page.say(`where.${where}` as Word) });
    return h(
      "div", { class: "stack" },
      h("p", { class: "notice stop", role: "alert" }, h("strong", {}, page.say("gone")), why),
      standing.gone?.answered ? h("p", { class: "fact" }, page.say("gone.answered")) : h(
        "div", { class: "actions" },
        button(page.say("gone.unsaid"), "w", () => void answerRecall(offer, "withdrawn")),
        button(page.say("gone.said"), "t", () => void answerRecall(offer, "too_late")),
      ),
    );
  }

  function lines(items: { at?: string; text: string }[]): HTMLElement {
    if (items.length === 0) return h("p", { class: "fact" }, page.say("history.none"));
    return h("ul", { class: "lines" }, ...items.map((item) =>
      h("li", {}, item.at !== undefined && h("time", { datetime: item.at }, page.moment(item.at)), item.text)));
  }

  function beside(found: Popup): HTMLElement {
    const orders = (found.work_orders as Record<string, unknown>[]).map((order) => ({
      text: String(order["text"] ?? order["title"] ?? order["work_order_id"]),
    }));
    const notNow = found.not_now.map((each) => ({ text: `${each.offer_id}: ${each.text}` }));
    const promises = found.promises.map((each) => ({ text: each.text }));
    return h(
      "aside", { class: "stack" },
      promises.length > 0 && h("section", { class: "panel stack" }, h("h2", {}, page.say("promises")), lines(promises)),
      screen === "hotline" && h("section", { class: "panel stack", "aria-label": page.say("timeline") },
        h("h2", {}, page.say("timeline")), lines(entries)),
      orders.length > 0 && h("section", { class: "panel stack" }, h("h2", {}, page.say("work_orders")), lines(orders)),
      notNow.length > 0 && h("section", { class: "panel stack" }, h("h2", {}, page.say("not_now")), lines(notNow)),
      screen === "branch" && h("section", { class: "panel stack" }, h("h2", {}, page.say("history")),
        lines(entries.length > 0 ? entries : found.history)),
    );
  }

  /** The keys that do something to the chosen offer. */
  function keysOf(offer: Popup["offers"][number] | undefined): [string, Word][] {
    const standing = standings.get(offer?.offer_id ?? "") ?? {};
    if (offer === undefined || standing.said !== undefined || standing.asksWhen || standing.gone?.answered) return [];
    if (standing.gone) return [["W", "gone.unsaid"], ["T", "gone.said"]];
    return ANSWERS.map(([each, key]) => [key.toUpperCase(), `answer.${each}`]);
  }

  function shown(found: Popup): Node[] {
    const { name, grade, language } = found.greeting;
    const facts = [found.customer_id, grade, language];
    const choose = found.offers.map((_, number) =>
      h("button", {
        class: "hidden", tabindex: "-1", "aria-hidden": "true", "data-key": String(number + 1),
        onclick: () => { chosen = number; page.draw(); },
      }));
    return [
      h("section", { class: "who wide", id: "customer" }, h("strong", {}, name ?? found.customer_id),
        ...facts.filter(Boolean).map((fact) => h("span", { class: "fact" }, String(fact)))),
      ...found.warnings.map((warning) => h("p", { class: "notice wait wide", role: "note" }, warning.text)),
      h("section", { class: "stack", "aria-label": page.say("offers") }, h("h2", {}, page.say("offers")),
        ...found.offers.map(card), ...choose,
        found.offers.length === 0 && h("p", { class: "panel empty" }, page.say("offers.none"))),
      beside(found),
    ];
  }

  page.run(
    () => [
      find(),
      ...(trouble === "" ? [] : [h("p", { class: "notice stop wide", role: "alert" }, trouble)]),
      ...(popup !== undefined ? shown(popup)
        : trouble === "" ? [h("p", { class: "empty wide" }, page.say("find.start"))] : []),
    ],
    () => [
      ["/", "keys.find"],
      ...(popup !== undefined && popup.offers.length > 1 ? [["1–9", "keys.offers"] as [string, Word]] : []),
      ...(popup === undefined ? [] : keysOf(popup.offers[chosen])),
      ...(popup === undefined || screen === "branch" ? [] : [["S", "sms.send"], ["K", "link.make"]] as [string, Word][]),
    ],
  );
  document.addEventListener("language", () => void look().catch(() => undefined));
  const given = page.given.get("customer");
  if (given !== null) void show(given);
}
