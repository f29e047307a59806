// Edits that the host has not stored yet, kept over a reload and while there is no connection. Removed when the sign-in ends.

const prefix = "jetbridge.document ";

export interface DocumentDraft {
  /** Each tab has one of its own: what another one has typed is not in it. */
  key: string;
  /** The history of edits that the text belongs to. */
  epoch: string;
  /** The text with its history, an update of Yjs in base64. */
  state: string;
}

export const key = (thread: string, path: string, tab: number): string => `${prefix}${thread} ${path} ${tab}`;

/** A document's drafts, of this tab and others; a key without a tab is from before tabs had their own. */
export function load(thread: string, path: string): DocumentDraft[] {
  const start = `${prefix}${thread} ${path}`;
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(start) && /^( \d+)?$/.test(key.slice(start.length))).flatMap((key) => read(key) ?? []);
  } catch {
    return [];
  }
}

function read(key: string): DocumentDraft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? "null") as Partial<DocumentDraft> | null;
    return typeof draft?.epoch === "string" && typeof draft.state === "string" ? { key, epoch: draft.epoch, state: draft.state } : null;
  } catch {
    return null;
  }
}

/** Whether it is kept: a browser may be full, or forbid it. */
export function store({ key, epoch, state }: DocumentDraft): boolean {
  try {
    localStorage.setItem(key, JSON.stringify({ epoch, state }));
    return true;
  } catch {
    return false;
  }
}

export function remove(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

/** Removes a draft whose edits the host has, unless its tab has kept others since. */
export function removeIfUnchanged({ key, state }: DocumentDraft): void {
  if (read(key)?.state === state) remove(key);
}

export function clearAll(): void {
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(prefix)) localStorage.removeItem(name);
  } catch {
    // Nothing was kept.
  }
}
