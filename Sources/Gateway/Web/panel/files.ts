// The tab "Files": what the workspace contains, by the WAI-ARIA Authoring Practices' pattern "tree view", and a file of it.

import * as api from "../api";
import { Child, h, icon, replace } from "../dom";
import { LoadedView } from "./loaded";
import { preview } from "./preview";
import { size } from "./size";
import { keyOf, Row, Tree } from "./tree";

/** Listings of folders that are fetched for one drawing. */
const mostListings = 20;

export class FilesView extends LoadedView {
  private readonly list = h("ul", { class: "file-tree", role: "tree", "aria-label": "Files of the workspace", onkeydown: (event: KeyboardEvent) => this.key(event) });
  private tree = new Tree();
  private isNew = true;
  /** The row that a tab stop leads to. */
  private current = "";
  /** The file that is shown instead of the tree. */
  private file: Row | null = null;
  private scrollTop = 0;

  constructor() {
    super("Files", "The workspace is empty.");
  }

  show(thread: string | null): void {
    if (thread !== this.thread) {
      this.tree = new Tree();
      this.isNew = true;
      this.file = null;
    }
    super.show(thread);
  }

  protected async load(thread: string): Promise<Child[] | null> {
    const { file, tree } = this;
    if (file) return preview(thread, file, () => this.open(null));
    const { items } = await api.files(thread, "");
    if (items.length === 0 || tree !== this.tree) return null;
    tree.take("", items);
    if (this.isNew) tree.openFirst();
    this.isNew = false;
    await this.loadMissing(thread);
    this.draw();
    return [this.list, tree.isCut && h("p", { class: "panel-empty" }, "Folders with very many entries are listed only in part.")];
  }

  private async loadMissing(thread: string): Promise<void> {
    const { tree } = this;
    const asked = new Set<string>();
    for (;;) {
      // What is missing in a folder is known with its listing.
      const paths = tree.missing.filter((path) => !asked.has(path)).slice(0, mostListings - asked.size);
      if (paths.length === 0) return;
      const pages = await Promise.all(paths.map((path) => api.files(thread, path).catch(() => null)));
      for (const [at, path] of paths.entries()) {
        asked.add(path);
        const page = pages[at];
        if (page) tree.take(path, page.items);
      }
    }
  }

  private draw(): void {
    const rows = this.tree.rows();
    if (!rows.some((row) => row.path === this.current)) this.current = rows[0]?.path ?? "";
    const hadFocus = this.list.contains(document.activeElement);
    replace(this.list, ...rows.map((row) => this.item(row)));
    if (hadFocus) this.at({ path: this.current })?.focus({ preventScroll: true });
  }

  private item(row: Row): HTMLElement {
    const isFolder = row.kind === "folder";
    const element = h(
      "li", {
        class: `file-row is-${row.kind}`, role: "treeitem", "aria-level": row.level, "aria-posinset": row.position, "aria-setsize": row.siblings,
        "aria-expanded": isFolder ? String(row.isOpen) : null, "aria-selected": isFolder ? null : "false", tabindex: row.path === this.current ? 0 : -1, "data-key": keyOf(row),
        onclick: () => this.press(row), onfocus: () => this.rove(row),
      },
      icon(isFolder ? "fold" : "file"), h("span", { class: "file-name" }, row.name),
      !isFolder && row.kind !== "file" && h("span", { class: "badge" }, row.kind),
      row.kind === "file" && row.size !== null && h("span", { class: "file-size" }, size(row.size)));
    element.style.setProperty("--level", String(row.level));
    return element;
  }

  private rove(row: Row): void {
    this.list.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    this.at(row)?.setAttribute("tabindex", "0");
    this.current = row.path;
  }

  private at(row: { path: string }): HTMLElement | null {
    return this.list.querySelector<HTMLElement>(`[data-key="${CSS.escape(keyOf(row))}"]`);
  }

  private press(row: Row): void {
    if (row.kind === "folder") this.setOpen(row, !row.isOpen);
    else if (row.kind === "file") this.open(row);
  }

  private setOpen(row: Row, isOpen: boolean): void {
    this.tree.setOpen(row.path, isOpen);
    this.current = row.path;
    this.draw();
    this.at(row)?.focus();
    if (isOpen && this.tree.missing.length > 0) this.changed();
  }

  /** Shows a file; null for the tree. */
  private open(file: Row | null): void {
    if (file) {
      this.current = file.path;
      this.scrollTop = this.body.scrollTop;
    }
    this.file = file;
    this.fetchTo(file ? 0 : this.scrollTop);
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = this.tree.rows();
    const at = rows.findIndex((row) => row.path === this.current);
    const row = rows[at];
    if (!row) return;
    const go = (next: Row | undefined): void => { if (next) this.at(next)?.focus(); };
    switch (event.key) {
      case "ArrowDown": go(rows[at + 1]); break;
      case "ArrowUp": go(rows[at - 1]); break;
      case "Home": go(rows[0]); break;
      case "End": go(rows[rows.length - 1]); break;
      case "ArrowRight":
        if (row.kind === "folder" && !row.isOpen) this.setOpen(row, true);
        else if (row.kind === "folder" && (rows[at + 1]?.level ?? 0) > row.level) go(rows[at + 1]);
        break;
      case "ArrowLeft":
        if (row.isOpen) this.setOpen(row, false);
        else go(rows.slice(0, at).reverse().find((other) => other.level < row.level));
        break;
      case "Enter":
      case " ": this.press(row); break;
      default: {
        // A letter leads to the next row that begins with it.
        if (event.key.length !== 1) return;
        const letter = event.key.toLowerCase();
        go([...rows.slice(at + 1), ...rows.slice(0, at)].find((other) => other.name.toLowerCase().startsWith(letter)));
      }
    }
    event.preventDefault();
  }
}
