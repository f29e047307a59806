// A line at the foot of the page that says what was done, with a link; it leaves by itself.

import { announce } from "./announce";
import { Child, h, iconButton, replace } from "./dom";

/** In milliseconds; it stays while somebody points at it or works in it. */
const shownFor = 8_000;
const element = h("div", { class: "toast", hidden: true });
let timer: number | undefined;

export function toast(text: string, ...more: Child[]): void {
  if (!element.isConnected) document.getElementById("main")?.appendChild(element);
  replace(element, h("span", {}, text), ...more, iconButton("close", "Close", () => { element.hidden = true; }, "icon-button small"));
  element.hidden = false;
  announce(text);
  wait();
}

function wait(): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (element.matches(":hover, :focus-within")) wait();
    else element.hidden = true;
  }, shownFor);
}
