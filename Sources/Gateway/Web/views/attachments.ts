// Files chosen for the next message, shown as chips. They stay in the browser until the message is sent.

import { announce } from "../announce";
import { h, icon, iconButton, replace } from "../dom";

/** As the server accepts: files for one message, and bytes for each. */
const most = 16;
const largest = 20 * 1024 * 1024;

export class Attachments {
  readonly element = h("div", { class: "attachments" });
  readonly button = iconButton("clip", "Attach files", () => this.chooser.click(), "attach");
  private readonly list = h("ul", { class: "chips", "aria-label": "Files of the message", hidden: true });
  private readonly problem = h("p", { class: "attach-problem", role: "alert", hidden: true });
  private readonly chooser = h("input", { type: "file", multiple: true, hidden: true, "aria-label": "Attach files", onchange: () => this.chosen() });
  private files: File[] = [];

  /** `changed` is called when a file was added or removed; `isOpen` says whether files may be dropped now. */
  constructor(private readonly changed: () => void, private readonly isOpen: () => boolean) {
    this.element.append(this.list, this.problem, this.chooser);
    document.addEventListener("dragover", (event) => this.drag(event));
    document.addEventListener("drop", (event) => this.drop(event));
  }

  get isEmpty(): boolean {
    return this.files.length === 0;
  }

  /** The chosen files, which then belong to the message. */
  take(): File[] {
    const files = this.files;
    this.set([]);
    return files;
  }

  clear(): void {
    this.set([]);
  }

  private chosen(): void {
    this.add(Array.from(this.chooser.files ?? []));
    // Choosing the same file again must be a change.
    this.chooser.value = "";
  }

  private drag(event: DragEvent): void {
    // Elsewhere than in a text field the browser would open the file instead of the page.
    if (!this.holdsFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = this.isOpen() ? "copy" : "none";
  }

  private drop(event: DragEvent): void {
    if (!this.holdsFiles(event)) return;
    event.preventDefault();
    if (this.isOpen()) this.add(Array.from(event.dataTransfer?.files ?? []));
  }

  private holdsFiles(event: DragEvent): boolean {
    return this.element.isConnected && event.dataTransfer?.types.includes("Files") === true;
  }

  private add(added: File[]): void {
    const fitting = added.filter((file) => file.size <= largest);
    // On the server, too, a file replaces one of the same name.
    const kept = this.files.filter((file) => !fitting.some((other) => other.name === file.name));
    const all = [...kept, ...fitting];
    this.set(all.slice(0, most));
    const large = added.find((file) => file.size > largest);
    const text = large ? `“${large.name}” is larger than 20 MiB.` : all.length > most ? `A message can have ${most} files.` : "";
    replace(this.problem, text);
    this.problem.hidden = text === "";
    if (fitting.length > 0) announce(fitting.length === 1 ? `Attached ${fitting[0]?.name}.` : `Attached ${fitting.length} files.`);
  }

  private set(files: File[]): void {
    this.files = files;
    this.problem.hidden = true;
    replace(this.list, ...files.map((file) => this.chip(file)));
    this.list.hidden = files.length === 0;
    this.changed();
  }

  private chip(file: File): HTMLElement {
    const remove = iconButton("close", `Remove ${file.name}`, () => {
      this.set(this.files.filter((other) => other !== file));
      this.button.focus();
    }, "chip-remove");
    return h("li", { class: "chip" }, icon("clip"), h("span", { class: "chip-name", title: file.name }, file.name), remove);
  }
}
