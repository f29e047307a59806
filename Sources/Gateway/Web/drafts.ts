// Drafts of messages, kept over a reload in this tab. They are removed when the sign-in ends.

const key = "jetbridge.drafts";
/** Of the newest drafts; a browser offers about 5 MB. */
const limit = 50;

export class Drafts {
  private readonly texts: Map<string, string>;
  private timer: number | undefined;

  constructor() {
    this.texts = new Map(read());
    addEventListener("pagehide", this.save);
  }

  get(thread: string): string {
    return this.texts.get(thread) ?? "";
  }

  set(thread: string, text: string): void {
    // Deleted first, so that the newest drafts come last.
    this.texts.delete(thread);
    if (text.trim() !== "") this.texts.set(thread, text);
    clearTimeout(this.timer);
    this.timer = setTimeout(this.save, 250);
  }

  clear(): void {
    this.texts.clear();
    this.save();
    removeEventListener("pagehide", this.save);
  }

  private readonly save = (): void => {
    clearTimeout(this.timer);
    try {
      if (this.texts.size === 0) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, JSON.stringify([...this.texts].slice(-limit)));
    } catch {
      // Full or forbidden: the drafts last as long as the page.
    }
  };
}

function read(): [string, string][] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    if (!Array.isArray(stored)) return [];
    return stored.filter((entry): entry is [string, string] =>
      Array.isArray(entry) && typeof entry[0] === "string" && typeof entry[1] === "string");
  } catch {
    return [];
  }
}
