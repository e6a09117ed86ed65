// The way to the four pages.

import { h } from "./dom.ts";
import { Page } from "./page.ts";

const page = new Page("index");

page.run(() => [
  h("nav", { class: "menu" }, ...(["branch", "hotline", "dialer", "storefront"] as const).map((screen) =>
    h("a", { href: `${screen}.html` }, h("div", { class: "card" }, h("h3", {}, page.say(screen)),
      h("p", { class: "fact" }, page.say(`index.${screen}`)))))),
]);
