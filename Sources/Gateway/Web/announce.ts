// Screen reader announcements: finished paragraphs and changes of state, never single tokens.

import { h } from "./dom";

let region: HTMLElement | null = null;

export function setUpAnnouncer(element: HTMLElement): void {
  region = element;
}

/** Removes what was announced, which nobody else should read. */
export function silence(): void {
  region?.replaceChildren();
}

/** Adds a line to the live region, so that lines in quick succession are all read, in order. */
export function announce(text: string): void {
  if (!region || text === "") return;
  const line = h("p", {}, text);
  region.appendChild(line);
  // Read by then; what stays would be found again by people who read the page from top to bottom.
  setTimeout(() => line.remove(), 20_000);
}
