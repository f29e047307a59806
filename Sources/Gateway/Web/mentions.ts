// Offers names after `@` in a text field. The host reads the text itself and decides who gets a message about it.

import * as api from "./api";
import { h, replace } from "./dom";
import type { Name } from "./types";

/** In milliseconds. */
const freshness = 60_000;
const most = 6;
let fetched: { at: number; names: Promise<Name[]> } | null = null;
let lists = 0;

/** Those whom this person may know; nobody where the host refuses. */
function known(): Promise<Name[]> {
  if (fetched === null || Date.now() - fetched.at > freshness) fetched = { at: Date.now(), names: api.names().then((page) => page.items, () => []) };
  return fetched.names;
}

/** The list, to be put beside `field`. */
export function offerNames(field: HTMLTextAreaElement): HTMLElement {
  const id = `names-${lists += 1}`;
  const list = h("ul", {
    class: "completions names", id, role: "listbox", tabindex: -1, "aria-label": "People", hidden: true,
    // Scrolling it leaves the focus in the field.
    onmousedown: (event: Event) => event.preventDefault(),
  });
  let shown: Name[] = [];
  let chosen = 0;
  let looks = 0;
  const controls = field.getAttribute("aria-controls");

  /** What is written between the last sign and the caret; null where no name begins. */
  const written = (): string | null =>
    field.selectionStart === field.selectionEnd ? /(?:^|[^\w.+\-@/\\`=&%])@([^\n@]{0,60})$/.exec(field.value.slice(Math.max(0, field.selectionStart - 100), field.selectionStart))?.[1] ?? null : null;

  const close = (): void => {
    looks += 1;
    if (list.hidden) return;
    list.hidden = true;
    field.removeAttribute("aria-activedescendant");
    if (controls === null) field.removeAttribute("aria-controls");
    else field.setAttribute("aria-controls", controls);
  };

  const choose = (index: number): void => {
    chosen = index;
    Array.from(list.children).forEach((row, at) => row.setAttribute("aria-selected", String(at === index)));
    field.setAttribute("aria-activedescendant", `${id}-${index}`);
    list.children[index]?.scrollIntoView({ block: "nearest" });
  };

  const complete = (name: Name): void => {
    const start = field.selectionStart - (written()?.length ?? 0);
    field.setRangeText(`${name.written} `, start, field.selectionStart, "end");
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };

  const look = async (): Promise<void> => {
    const word = written()?.toLowerCase();
    if (word === undefined || word.startsWith(" ")) return close();
    const turn = looks += 1;
    const names = await known();
    if (turn !== looks || document.activeElement !== field) return;
    // A name that is complete needs no choice, even if a longer one begins with it.
    if (names.some((name) => word === `${name.written.toLowerCase()} `)) return close();
    const begins = (name: Name): boolean => name.name.toLowerCase().startsWith(word) || name.name.toLowerCase().split(" ").some((part) => part.startsWith(word));
    shown = names.filter(begins).slice(0, most);
    if (shown.length === 0) return close();
    replace(list, ...shown.map((name, at) => h(
      "li", { id: `${id}-${at}`, role: "option", onpointerdown: (event: Event) => { event.preventDefault(); complete(name); } },
      h("bdi", {}, name.name), name.written !== name.name && h("span", {}, name.written))));
    list.hidden = false;
    field.setAttribute("aria-controls", id);
    choose(0);
  };

  field.addEventListener("input", () => void look());
  field.addEventListener("blur", () => setTimeout(() => { if (document.activeElement !== field) close(); }, 120));
  // Before the field's own: Enter takes a name and sends nothing.
  field.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const name = shown[chosen];
    const isWhole = shown.length === 1 && name?.name.toLowerCase() === written()?.toLowerCase();
    if (step) choose((chosen + step + shown.length) % shown.length);
    else if ((event.key === "Enter" && !event.shiftKey && !isWhole || event.key === "Tab") && name !== undefined) complete(name);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });
  return list;
}
