// The commits of a document: what each has changed since, and bringing one back.

import { h, iconButton, replace } from "../dom";
import { withoutNames } from "../panel/difflines";
import { shortTime, Timestamp } from "../time";
import { diffElement } from "../views/difflines";

export interface Version { sha: string; subject: string; author: string; at: number }

const mostLines = 3_000;

export class HistoryDialog {
  private readonly body = h("div", { class: "history-diff", tabindex: 0, role: "region", "aria-label": "What differs" }, h("p", {}, "Choose a version to see what has changed since."));
  private readonly restore = h("button", { type: "button", class: "primary", disabled: true }, "Restore this version");
  private readonly dialog: HTMLDialogElement;

  /** - choose: Asks for a version, which {@link show} gets. */
  constructor(versions: Version[], choose: (sha: string) => void) {
    const list: HTMLSelectElement = h("select", { size: Math.min(8, Math.max(2, versions.length)), "aria-label": "Versions", onchange: () => choose(list.value) },
      ...versions.map((version) => h("option", { value: version.sha },
        `${shortTime(new Date(version.at).toISOString() as Timestamp)} · ${version.subject} · ${version.author} (${version.sha.slice(0, 7)})`)));
    this.dialog = h(
      "dialog", { class: "help conflict history", "aria-labelledby": "history-title", onclose: () => this.dialog.remove() },
      h("header", {}, h("h2", { id: "history-title" }, "History"), iconButton("close", "Close", () => this.dialog.close())),
      versions.length === 0 ? h("p", {}, "No commit has this document yet.") : list, this.body,
      h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => this.dialog.close() }, "Close"), this.restore));
    document.body.appendChild(this.dialog);
    this.dialog.showModal();
  }

  show(diff: string, restore: () => void): void {
    const lines = withoutNames(diff.replace(/\n$/, "").split("\n"));
    replace(this.body, diff === "" ? h("p", {}, "The same as the newest commit.") : diffElement(lines.slice(0, mostLines)),
      lines.length > mostLines && h("p", {}, `And ${lines.length - mostLines} more lines.`));
    this.restore.disabled = false;
    this.restore.onclick = () => { restore(); this.dialog.close(); };
  }
}
