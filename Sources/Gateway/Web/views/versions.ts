// The versions of a message, each of which begins a branch of the conversation. Loaded when a message has some.

import * as api from "../api";
import { h } from "../dom";
import { Timestamp } from "../time";

interface VersionsDelegate {
  announce(text: string): void;
  /** Another branch is shown. */
  branched(): void;
  failed(error: unknown): void;
  undo(command: string): void;
}

/** The branch that was chosen last: its arrows get the focus back when it is drawn. */
let chosen: string | null = null;

/**
 * Adds the arrows between versions to a message.
 *
 * @param last when what is before it was written; null where that is not known, or the person has no files
 */
export function showVersions(entry: HTMLElement, message: api.Message, thread: string, last: Timestamp | null, delegate: VersionsDelegate): void {
  const { branch, branches } = message;
  const at = branches.indexOf(branch);
  const words = `Version ${at + 1} of ${branches.length}`;
  const choose = async (to: string): Promise<void> => {
    chosen = to;
    try {
      await api.changeThread(thread, { branch: to });
      delegate.branched();
    } catch (error) {
      chosen = null;
      delegate.failed(error);
    }
  };
  const arrow = (sign: string, label: string, to: string | undefined): HTMLButtonElement => h("button", {
    type: "button", class: "quiet small", "aria-label": label, title: label, disabled: to === undefined,
    onclick: () => { if (to !== undefined) void choose(to); },
  }, sign);
  const arrows = [arrow("‹", "Previous version", branches[at - 1]), arrow("›", "Next version", branches[at + 1])];
  entry.append(h(
    "div", { class: "versions", role: "group", "aria-label": "Versions of this message" },
    arrows[0], h("span", { "aria-label": words, role: "img" }, `${at + 1}/${branches.length}`), arrows[1],
    last !== null && h("button", { type: "button", class: "link sends", onclick: () => void putFilesBack(thread, last, delegate) }, "Put the files back to this point")));
  if (chosen !== branch) return;
  chosen = null;
  delegate.announce(words);
  // After the conversation has scrolled to its end.
  setTimeout(() => {
    entry.scrollIntoView({ block: "center" });
    arrows.find((arrow) => !arrow.disabled)?.focus();
  });
}

/** A snapshot is made before something changes the files: the first one after a point has them as they were there. */
async function putFilesBack(thread: string, last: Timestamp, delegate: VersionsDelegate): Promise<void> {
  try {
    const { items } = await api.snapshots(thread);
    const first = items.filter((item) => new Date(item.created_at) >= new Date(last)).pop();
    if (first) delegate.undo(`/undo ${first.id}`);
    else delegate.announce("The files have not changed since then.");
  } catch (error) {
    delegate.failed(error);
  }
}
