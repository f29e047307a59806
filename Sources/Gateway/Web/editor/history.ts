// The commits of a document: what each changed, what has changed since, and bringing one back.

import { commitPage } from "../api";
import { h, iconButton, replace } from "../dom";
import { withoutNames } from "../panel/difflines";
import { shortTime, Timestamp } from "../time";
import { diffElement } from "../views/difflines";

export interface Version { sha: string; subject: string; author: string; at: number }

const mostLines = 3_000;

export class HistoryDialog {
  private readonly body = h("div", { class: "history-diff", tabindex: 0, role: "region", "aria-label": "What differs" }, h("p", {}, "Choose a commit to see what it changed."));
  private readonly choices = h("fieldset", { class: "editor-views", hidden: true }, h("legend", { class: "off-screen" }, "What differs"),
    ...[["change", "What it changed"], ["since", "What has changed since"]].map(([value, label]) => h("label", {}, h("input", { type: "radio", name: "difference", value, checked: value === "change", onchange: () => this.draw() }), label!)));
  private readonly link = h("a", { target: "_blank", rel: "noopener", hidden: true }, "The whole commit");
  private readonly restore = h("button", { type: "button", class: "primary", disabled: true }, "Restore this version");
  private readonly dialog: HTMLDialogElement;
  private change = "";
  private since = "";

  /** - choose: Asks for a version, which {@link show} gets. */
  constructor(versions: Version[], repository: string, choose: (sha: string) => void) {
    const chosen = (): void => {
      this.link.href = commitPage(repository, list.value);
      choose(list.value);
    };
    const list: HTMLSelectElement = h("select", { size: Math.min(8, Math.max(2, versions.length)), "aria-label": "Commits, newest first", onchange: chosen },
      ...versions.map((version) => h("option", { value: version.sha },
        `${shortTime(new Date(version.at).toISOString() as Timestamp)} · ${version.subject} · ${version.author} (${version.sha.slice(0, 7)})`)));
    this.dialog = h(
      "dialog", { class: "help conflict history", "aria-labelledby": "history-title", onclose: () => this.dialog.remove() },
      h("header", {}, h("h2", { id: "history-title" }, "History"), iconButton("close", "Close", () => this.dialog.close())),
      versions.length === 0 ? h("p", {}, "No commit has this document yet.") : list, h("div", { class: "history-choices" }, this.choices, this.link), this.body,
      h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => this.dialog.close() }, "Close"), this.restore));
    document.body.appendChild(this.dialog);
    this.dialog.showModal();
    if (versions.length === 0) return;
    list.selectedIndex = 0;
    chosen();
  }

  /**
   * - change: What the commit changed in the document.
   * - since: What the newest commit has otherwise.
   */
  show(change: string, since: string, restore: () => void): void {
    [this.change, this.since] = [change, since];
    this.choices.hidden = this.link.hidden = false;
    this.draw();
    this.restore.disabled = false;
    this.restore.onclick = () => { restore(); this.dialog.close(); };
  }

  private draw(): void {
    const isChange = this.choices.querySelector<HTMLInputElement>("input[value=change]")!.checked;
    const diff = isChange ? this.change : this.since;
    const lines = withoutNames(diff.replace(/\n$/, "").split("\n"));
    replace(this.body, diff === "" ? h("p", {}, isChange ? "The commit changed none of its lines." : "The same as the newest commit.") : diffElement(lines.slice(0, mostLines)),
      lines.length > mostLines && h("p", {}, `And ${lines.length - mostLines} more lines.`));
  }
}
