// The tab "Files": what the workspace contains.

import * as api from "../api";
import { Child, h, icon } from "../dom";
import { LoadedView } from "./loaded";
import { size } from "./size";

const mostRows = 2000;

export class FilesView extends LoadedView {
  constructor() {
    super("Files", "The workspace is empty.");
  }

  protected async load(thread: string): Promise<Child[] | null> {
    const { items } = await api.files(thread);
    if (items.length === 0) return null;
    const left = items.length - mostRows;
    return [
      h("ul", { class: "workspace-files" }, ...items.slice(0, mostRows).map((file) => this.row(thread, file))),
      left > 0 && h("p", { class: "panel-empty" }, `And ${left} more.`),
    ];
  }

  private row(thread: string, file: api.WorkspaceFile): HTMLElement {
    const at = file.path.lastIndexOf("/") + 1;
    const isFile = file.kind === "file";
    return h(
      "li", { class: "workspace-file" },
      h("code", {}, at > 0 && h("span", { class: "file-folder" }, file.path.slice(0, at)), file.path.slice(at)),
      !isFile && h("span", { class: "badge" }, file.kind),
      h("span", { class: "file-size" }, isFile && file.size !== null ? size(file.size) : ""),
      isFile && h("a", {
        class: "icon-button small", href: api.fileAddress(thread, file.path), download: file.path.slice(at), "aria-label": `Download ${file.path}`, title: "Download",
      }, icon("down")));
  }
}
