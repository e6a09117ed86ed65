// Elements without a framework.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | boolean | undefined | ((event: never) => void)>;

/** An element with attributes, listeners (`onclick`) and children; what is false or missing is left out. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** A button with its key shown. */
export function button(text: string, key: string, onclick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const shown = key.length === 1 ? key.toUpperCase() : key;
  const keys = key === "" ? {} : { "aria-keyshortcuts": shown, "data-key": key };
  return h("button", { type: "button", onclick, ...keys, ...attributes }, text, key !== "" && h("kbd", {}, shown));
}

/** A local instant as an `<input type="datetime-local">` writes it. */
export function localInput(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
