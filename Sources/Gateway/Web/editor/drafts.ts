// What was typed and is not saved, kept over a reload and while there is no connection. Removed when the sign-in ends.

const prefix = "jetbridge.document ";

export interface DocumentDraft {
  /** The commit that was read; null for a new document. */
  base: string | null;
  text: string;
}

const key = (thread: string, path: string): string => `${prefix}${thread} ${path}`;

export function load(thread: string, path: string): DocumentDraft | null {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key(thread, path)) ?? "null");
    const draft = stored as Partial<DocumentDraft> | null;
    return typeof draft?.text === "string" && (draft.base === null || typeof draft.base === "string") ? { base: draft.base, text: draft.text } : null;
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
