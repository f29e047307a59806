// The tab "Snapshots": states of the workspace that can be restored.

import * as api from "../api";
import { Child, h, iconButton } from "../dom";
import { timeElement } from "../views/entries";
import { LoadedView } from "./loaded";

export class SnapshotsView extends LoadedView {
  constructor(private readonly send: (text: string) => void) {
    super("Snapshots", "No snapshots. One is taken before each command that may change something.");
  }

  protected actions(): Child[] {
    // Called by the base class's constructor: `send` is read later.
    return [h("button", { type: "button", class: "quiet small sends", onclick: () => this.send("/snapshot") }, "Take a snapshot")];
  }

  protected async load(thread: string): Promise<Child[] | null> {
    const { items } = await api.snapshots(thread);
    return items.length === 0 ? null : [h("ul", { class: "snapshots" }, ...items.map((snapshot) => this.row(snapshot)))];
  }

  private row(snapshot: api.Snapshot): HTMLElement {
    return h(
      "li", { class: "snapshot" },
      h("code", { class: "snapshot-id" }, snapshot.id), h("span", { class: "snapshot-reason" }, snapshot.reason), timeElement(snapshot.created_at),
      h("button", { type: "button", class: "quiet small sends", "aria-label": `Restore snapshot ${snapshot.id}`, onclick: () => this.confirm(snapshot) }, "Restore…"));
  }

  private confirm(snapshot: api.Snapshot): void {
    const dialog: HTMLDialogElement = h(
      "dialog", { class: "help", "aria-labelledby": "restoring-title", onclose: () => dialog.remove() },
      h("header", {}, h("h2", { id: "restoring-title" }, "Restore this snapshot?"), iconButton("close", "Close", () => dialog.close())),
      h("p", {}, "The files of the workspace become what they were in snapshot ", h("code", {}, snapshot.id), ". Commits stay."),
      h("div", { class: "choices" },
        h("button", { type: "button", class: "quiet", autofocus: true, onclick: () => dialog.close() }, "Cancel"),
        h("button", { type: "button", class: "primary", onclick: () => { dialog.close(); this.send(`/undo ${snapshot.id}`); } }, "Restore")));
    document.body.appendChild(dialog);
    dialog.showModal();
  }
}
