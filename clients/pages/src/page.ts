// What the four pages share: token, language, keys, problems, the frame around what a page shows.
//
// What always holds: a page shows what its state says, and is drawn anew whenever that changes; focus and what was
// typed survive it. A key does what the visible, enabled button that shows it does, and nothing while one types.

import { Problem, Rapport, Unreachable } from "../../typescript/src/index.ts";
import { button, h } from "./dom.ts";
import { type Lang, type Word, WORDS } from "./words.ts";

export type Status = "idle" | "live" | "polling" | "broken";
export type Screen = "index" | "branch" | "hotline" | "dialer" | "storefront";

const TOKEN = "rapport-token";
const LANG = "rapport-lang";

/** One page as it runs. */
export class Page {
  readonly rapport: Rapport;
  readonly screen: Screen;
  /** Of the address: `#token=…&customer=…&lang=…`. */
  readonly given: URLSearchParams;
  lang: Lang;
  #draw: () => Node[] = () => [];
  #hints: () => [string, Word][] = () => [];
  #status: Status = "idle";
  readonly #frame = h("div");
  // Never drawn anew: a screen reader hears only what changes in a region that it knows.
  readonly #voice = h("div", { class: "hidden", role: "status", "aria-live": "polite" });

  constructor(screen: Screen) {
    this.screen = screen;
    this.given = new URLSearchParams(location.hash.slice(1));
    const lang = this.given.get("lang") ?? localStorage.getItem(LANG) ?? navigator.language;
    this.lang = lang.startsWith("zh") ? "zh-CN" : "en";
    const token = this.given.get("token");
    if (token !== null) {
      sessionStorage.setItem(`${TOKEN}-${screen}`, token);
      this.given.delete("token"); // not to be left in the history, nor copied with the address
      history.replaceState(null, "", `#${this.given}`);
    }
    this.rapport = new Rapport({ token: () => this.#token ?? "", baseUrl: new URL("api", location.href).href });
    addEventListener("keydown", (event) => this.#onKey(event));
  }

  get #token(): string | null {
    return sessionStorage.getItem(`${TOKEN}-${this.screen}`);
  }

  /** Show what `draw` gives, with the keys of `hints` named at the foot. */
  run(draw: () => Node[], hints: () => [string, Word][] = () => []): void {
    this.#draw = draw;
    this.#hints = hints;
    document.body.replaceChildren(this.#frame, this.#voice);
    this.draw();
  }

  /** A word in the language of the page. */
  say(word: Word, put: Record<string, string> = {}): string {
    return WORDS[this.lang][word].replace(/\{(\w+)\}/g, (_, name: string) => put[name] ?? "");
  }

  /** What went wrong, for people. */
  problem(error: unknown): string {
    if (error instanceof Unreachable) return this.say("problem.unreachable");
    if (!(error instanceof Problem)) return this.say("problem.other", { detail: String(error) });
    const detail = error.errors.map((each) => `${each.pointer} ${each.message}`).join("; ") || error.detail;
    const word = `problem.${error.type}`;
    return this.say(word in WORDS.en ? (word as Word) : "problem.other", { detail: detail || error.title });
  }

  time(at: string | Date): string {
    return new Intl.DateTimeFormat(this.lang, { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
  }

  moment(at: string | Date): string {
    return new Intl.DateTimeFormat(this.lang, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
  }

  day(at: string | Date): string {
    return new Intl.DateTimeFormat(this.lang, { dateStyle: "long" }).format(new Date(at));
  }

  set status(status: Status) {
    if (this.#status === status) return;
    this.#status = status;
    this.draw();
  }

  /** Tell a screen reader. */
  announce(text: string): void {
    this.#voice.textContent = text;
  }

  /** Draw the page as its state is now. */
  draw(): void {
    const focused = whereabouts(document.activeElement);
    const typed = new Map([...document.querySelectorAll<HTMLInputElement>("input[id]")].map((e) => [e.id, e.value]));
    document.documentElement.lang = this.lang;
    document.title = this.screen === "index" ? "Rapport" : `${this.say(this.screen)} · Rapport`;
    const content = this.#token === null && this.screen !== "index" ? [this.#askToken()] : this.#draw();
    const hints = [...this.#hints(), ["G", "keys.language"] as [string, Word]];
    this.#frame.replaceChildren(
      this.#bar(),
      h("main", { class: this.screen === "hotline" || this.screen === "branch" ? "split" : "" }, ...content),
      h("footer", { class: "keys" }, ...hints.map(([key, word]) => h("span", {}, h("kbd", {}, key), this.say(word)))),
    );
    for (const [id, value] of typed) {
      const input = document.getElementById(id);
      if (input instanceof HTMLInputElement) input.value = value;
    }
    const again = focused === undefined ? null : document.querySelector<HTMLElement>(focused);
    (again ?? document.querySelector<HTMLElement>("[data-autofocus]"))?.focus();
  }

  #bar(): HTMLElement {
    const other = (): void => {
      this.lang = this.lang === "en" ? "zh-CN" : "en";
      localStorage.setItem(LANG, this.lang);
      this.draw();
      document.dispatchEvent(new Event("language"));
    };
    return h(
      "header", { class: "bar" },
      h("img", { src: "icon.svg", alt: "" }),
      h("h1", {}, this.say(this.screen)),
      h("span", { class: "grow" }),
      this.screen !== "index" && this.screen !== "storefront" && h("span", { class: `status ${this.#status}` }, this.say(`status.${this.#status}`)),
      button(this.say("other"), "g", other, { id: "language", class: "plain" }),
    );
  }

  #askToken(): HTMLElement {
    const input = h("input", { id: "token", autocomplete: "off", "data-autofocus": true });
    const use = (event: SubmitEvent): void => {
      event.preventDefault();
      sessionStorage.setItem(`${TOKEN}-${this.screen}`, input.value.trim());
      this.draw();
    };
    return h(
      "section", { class: "panel stack wide" },
      h("p", {}, this.say("token.hint")),
      h("form", { class: "find", onsubmit: use }, h("label", { class: "text" }, this.say("token.ask"), input),
        h("button", { class: "first" }, this.say("token.use"))),
    );
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target as HTMLElement;
    const typing = target.matches("input, select, textarea");
    if (event.key === "Escape" && typing) {
      target.blur();
      return;
    }
    if (typing && !(event.key === "/" && target instanceof HTMLInputElement && target.value === "")) return;
    if (event.key === "/") {
      document.querySelector<HTMLElement>("[data-find]")?.focus();
      event.preventDefault();
      return;
    }
    const wanted = `[data-key="${CSS.escape(event.key.toLowerCase())}"]:not(:disabled)`;
    // Of several cards only the chosen one listens: a key pressed twice must not accept the next offer, too.
    const found = [...document.querySelectorAll<HTMLElement>(wanted)].find(
      (each) => each.closest("[aria-current]")?.getAttribute("aria-current") !== "false",
    );
    if (found === undefined) return;
    event.preventDefault();
    found.click();
  }
}

/** How to find an element again once the page is drawn anew: by its id, or as the button with this key of its card. */
function whereabouts(element: Element | null): string | undefined {
  if (element === null || element === document.body) return undefined;
  if (element.id !== "") return `#${CSS.escape(element.id)}`;
  const key = element.getAttribute("data-key");
  if (key === null) return undefined;
  const offer = element.closest("[data-offer]")?.getAttribute("data-offer");
  return `${offer == null ? "" : `[data-offer="${CSS.escape(offer)}"] `}[data-key="${CSS.escape(key)}"]`;
}

/** The page's own clock, the same on all pages of a machine, in milliseconds. */
export function clock(): number {
  return performance.timeOrigin + performance.now();
}
