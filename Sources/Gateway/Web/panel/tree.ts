// The folders and files of a workspace, as far as they are known. Pure.

import type { WorkspaceFile } from "../types";

/** Entries of one listing: the nearest ones are listed, and the others left out. */
const listed = 500;
/** On the page. */
const mostRows = 2000;
/** Rows that a new tree may have with its first folders open. */
const firstRows = 100;

interface Folder {
  path: string;
  folders: Map<string, Folder>;
  files: WorkspaceFile[];
  /** Whether all that is directly in it is known. */
  isWhole: boolean;
}

export interface Row {
  path: string;
  /** Of neighbours that are alone in their folders, such as `a/b/c`. */
  name: string;
  kind: WorkspaceFile["kind"];
  size: number | null;
  /** From 1. */
  level: number;
  position: number;
  siblings: number;
  isOpen: boolean;
}

/** For the focus: the button that leads back from a file has the key of its row, so that the focus goes there and returns. */
export const keyOf = (row: { path: string }): string => `file ${row.path}`;

const folder = (path: string): Folder => ({ path, folders: new Map(), files: [], isWhole: true });
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const inOrder = new Intl.Collator(undefined, { numeric: true }).compare;

export class Tree {
  private root = folder("");
  private readonly open = new Set<string>();

  /** Replaces what is known below a folder, "" for the workspace, by its listing. */
  take(path: string, items: WorkspaceFile[]): void {
    const top = path === "" ? (this.root = folder("")) : this.folderAt(path);
    top.folders.clear();
    top.files = [];
    const start = path === "" ? 0 : path.length + 1;
    let deepest = 0;
    for (const item of items) {
      const names = item.path.slice(start).split("/");
      deepest = Math.max(deepest, names.length);
      if (item.kind !== "folder") {
        this.folderAt(parentOf(item.path)).files.push(item);
      } else {
        this.folderAt(item.path);
      }
    }
    // A full listing ends in the middle of its deepest folders; those two levels higher were listed before.
    const isCut = items.length >= listed;
    const mark = (one: Folder, depth: number): void => {
      one.isWhole = !isCut || depth <= deepest - 2;
      for (const other of one.folders.values()) mark(other, depth + 1);
    };
    mark(top, 0);
  }

  /** Opens the folders of the first level that leave it short. */
  openFirst(): void {
    let left = firstRows - sizeOf(this.root);
    for (const one of [...this.root.folders.values()].map((one) => this.joined(one))) {
      if (!one.isWhole || sizeOf(one) > left) continue;
      left -= sizeOf(one);
      this.setOpen(one.path, true);
    }
  }

  /** With those that are joined with it. */
  setOpen(path: string, isOpen: boolean): void {
    for (let place = path; place !== ""; place = parentOf(place)) {
      if (isOpen) this.open.add(place);
      else if (place === path || onlyIn(this.folderAt(place)) !== null) this.open.delete(place);
      else return;
    }
  }

  /** The last of folders each of which has nothing but the next one. One that somebody opened before that was known stays a row. */
  private joined(one: Folder): Folder {
    const next = onlyIn(one);
    return next === null || (this.open.has(one.path) && !this.open.has(next.path)) ? one : this.joined(next);
  }

  /** Open folders of which something is missing: their own listings may have it. */
  get missing(): string[] {
    return this.rows().filter((row) => row.isOpen && !this.folderAt(row.path).isWhole).map((row) => row.path);
  }

  /** Whether something is missing in what is open, or in the workspace itself. */
  get isCut(): boolean {
    return !this.root.isWhole || this.missing.length > 0 || this.rows().length === mostRows;
  }

  rows(): Row[] {
    const rows: Row[] = [];
    const visit = (parent: Folder, level: number): void => {
      const folders = [...parent.folders.values()].map((one) => this.joined(one)).sort((a, b) => inOrder(a.path, b.path));
      const files = [...parent.files].sort((a, b) => inOrder(a.path, b.path));
      const siblings = folders.length + files.length;
      for (const [at, one] of folders.entries()) {
        if (rows.length > mostRows) return;
        const isOpen = this.open.has(one.path);
        const name = parent.path === "" ? one.path : one.path.slice(parent.path.length + 1);
        rows.push({ path: one.path, name, kind: "folder", size: null, level, position: at + 1, siblings, isOpen });
        if (isOpen) visit(one, level + 1);
      }
      for (const [at, one] of files.entries()) {
        if (rows.length > mostRows) return;
        rows.push({ path: one.path, name: nameOf(one.path), kind: one.kind, size: one.size, level, position: folders.length + at + 1, siblings, isOpen: false });
      }
    };
    visit(this.root, 1);
    return rows.slice(0, mostRows);
  }

  private folderAt(path: string): Folder {
    let place = this.root;
    if (path === "") return place;
    for (const name of path.split("/")) {
      let next = place.folders.get(name);
      if (!next) place.folders.set(name, (next = folder(place.path === "" ? name : `${place.path}/${name}`)));
      place = next;
    }
    return place;
  }
}

const sizeOf = (one: Folder): number => one.folders.size + one.files.length;

/** The only folder in one that has nothing else; null in others. */
const onlyIn = (one: Folder): Folder | null => (one.isWhole && one.files.length === 0 && one.folders.size === 1 ? [...one.folders.values()][0]! : null);
