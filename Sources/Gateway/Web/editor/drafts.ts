// Edits that the host has not stored yet, kept over a reload and while there is no connection. Removed when the sign-in ends.

const prefix = "jetbridge.document ";

export interface DocumentDraft {
  /** The history of edits that the text belongs to. */
  epoch: string;
  /** The text with its history, an update of Yjs in base64. */
  state: string;
}

const key = (thread: string, path: string): string => `${prefix}${thread} ${path}`;

export function load(thread: string, path: string): DocumentDraft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(key(thread, path)) ?? "null") as Partial<DocumentDraft> | null;
    return typeof draft?.epoch === "string" && typeof draft.state === "string" ? { epoch: draft.epoch, state: draft.state } : null;
  } catch {
    return null;
  }
}

/** Whether it is kept: a browser may be full, or forbid it. */
export function store(thread: string, path: string, draft: DocumentDraft | null): boolean {
  try {
    if (draft === null) localStorage.removeItem(key(thread, path));
    else localStorage.setItem(key(thread, path), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function clearAll(): void {
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(prefix)) localStorage.removeItem(name);
  } catch {
    // Nothing was kept.
  }
}
