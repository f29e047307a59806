// The versions of a message, each of which begins a branch of the conversation.

import { announce } from "../announce";
import { Message } from "../api";
import { h } from "../dom";

/** The branch that was chosen last: its arrows get the focus back when it is drawn. */
let chosen: string | null = null;

/**
 * Adds the arrows between versions to a message.
 *
 * @param putFilesBack offers that; null for who may not, and where it is not known what was before
 */
export function showVersions(entry: HTMLElement, message: Message, putFilesBack: (() => void) | null, choose: (branch: string) => void): void {
  const { branch, branches } = message;
  const at = branches.indexOf(branch);
  const words = `Version ${at + 1} of ${branches.length}`;
  const arrow = (sign: string, label: string, to: number): HTMLButtonElement => h("button", {
    type: "button", class: "quiet small", "aria-label": label, title: label, disabled: branches[to] === undefined,
    onclick: () => { chosen = branches[to]; choose(chosen); },
  }, sign);
  const arrows = [arrow("‹", "Previous version", at - 1), arrow("›", "Next version", at + 1)];
  entry.append(h(
    "div", { class: "versions", role: "group", "aria-label": "Versions of this message" },
    arrows[0], h("span", { "aria-label": words, role: "img" }, `${at + 1}/${branches.length}`), arrows[1],
    putFilesBack && h("button", { type: "button", class: "link sends", onclick: putFilesBack }, "Put the files back to this point")));
  if (chosen !== branch) return;
  chosen = null;
  announce(words);
  setTimeout(() => {
    entry.scrollIntoView({ block: "center" });
    arrows.find((arrow) => !arrow.disabled)?.focus();
  });
}
