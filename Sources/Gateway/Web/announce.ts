// What a screen reader should say: whole answers and changes of state, never single tokens.

let region: HTMLElement | null = null;

export function setUpAnnouncer(element: HTMLElement): void {
  region = element;
}

export function announce(text: string): void {
  if (!region) return;
  const element = region;
  // Cleared first, so that the same sentence twice is said twice.
  element.textContent = "";
  setTimeout(() => { element.textContent = text; }, 60);
}
