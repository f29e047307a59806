// What this person has seen of the conversations in this browser: one that has changed since is marked. It is forgotten when
// the sign-in ends.

import { Thread } from "./api";

const key = "jetbridge seen";
/** Of the conversations seen last. */
const limit = 500;

export class Seen {
  /** Numbers of messages, by conversation; that of the newest before anything was noted is at "". */
  private readonly last: Map<string, number>;

  /** @param changed called when another tab has shown a conversation */
  constructor(private readonly changed: () => void) {
    this.last = new Map(read());
    addEventListener("storage", this.heard);
    document.addEventListener("visibilitychange", this.changed);
  }

  /** The newest conversations, which count as seen if nothing was noted before. */
  begin(threads: Thread[]): void {
    if (this.last.has("")) return;
    const message = Math.max(0, ...threads.map(newest));
    // Where nothing was said yet, nothing is stored in the browser either.
    if (message === 0) this.last.set("", 0);
    else this.keep("", message);
  }

  /** Notes that a conversation is shown as it is now. */
  note(thread: Thread): void {
    if (document.visibilityState === "visible" && newest(thread) > (this.last.get(thread.id) ?? 0)) this.keep(thread.id, newest(thread));
  }

  /** Whether there is something new in a conversation of this person, or in one that was looked at here. */
  isNew(thread: Thread): boolean {
    return newest(thread) > (this.last.get(thread.id) ?? (thread.own === false ? Infinity : this.last.get("") ?? Infinity));
  }

  forget(): void {
    removeEventListener("storage", this.heard);
    document.removeEventListener("visibilitychange", this.changed);
    this.last.clear();
    localStorage.removeItem(key);
  }

  private keep(thread: string, message: number): void {
    // Deleted first, so that those seen last come last; the beginning stays.
    this.last.delete(thread);
    this.last.set(thread, message);
    const all = [...this.last];
    try {
      localStorage.setItem(key, JSON.stringify([...all.filter(([id]) => id === ""), ...all.filter(([id]) => id !== "").slice(-limit)]));
    } catch {
      // Full or forbidden: it lasts as long as the page.
    }
  }

  private readonly heard = (event: StorageEvent): void => {
    if (event.key !== key) return;
    for (const [thread, message] of read()) this.last.set(thread, Math.max(message, this.last.get(thread) ?? 0));
    this.changed();
  };
}

const newest = (thread: Thread): number => Number(thread.last_message ?? 0);

function read(): [string, number][] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    if (!Array.isArray(stored)) return [];
    return stored.filter((entry): entry is [string, number] => Array.isArray(entry) && typeof entry[0] === "string" && typeof entry[1] === "number");
  } catch {
    return [];
  }
}
