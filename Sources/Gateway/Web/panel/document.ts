// A document of a feature: rendered, or what differs between two of its versions.

import * as api from "../api";
import { Child, h, icon } from "../dom";
import { MarkdownView } from "../markdown/view";
import { shortTime } from "../time";
import { diffElement } from "../views/difflines";
import { withoutNames } from "./difflines";

/** On the page. */
const mostLines = 5000;

export class DocumentView {
  private path: string | null = null;
  /** The versions that are compared; null shows the document itself. */
  private from: string | null = null;
  private to: string | null = null;
  private readonly text = new MarkdownView();

  constructor(private readonly changed: () => void) {}

  get isOpen(): boolean {
    return this.path !== null;
  }

  open(path: string): void {
    this.close();
    this.path = path;
    this.changed();
  }

  close(): void {
    this.path = this.from = this.to = null;
    this.text.clear();
  }

  async load(thread: string, feature: api.Feature): Promise<Child[]> {
    const path = this.path ?? "";
    const head = this.head(thread, path, feature);
    let document: api.FeatureText;
    try {
      document = await api.featureText(thread, path);
    } catch (error) {
      return [head, h("p", { class: "panel-problem", role: "alert" }, api.explain(error))];
    }
    const controls = document.versions.length > 1 && this.controls(document);
    if (this.from !== null) return [head, controls, ...(await this.difference(thread, path, document))];
    this.text.update(document.text, true);
    return [head, controls, this.text.element];
  }

  private head(thread: string, path: string, feature: api.Feature): HTMLElement {
    const url = feature.documents.find((document) => document.path === path)?.url;
    return h(
      "header", { class: "spec-head spec-document-head" },
      h("button", { type: "button", class: "quiet small", "data-key": "back", onclick: () => { this.close(); this.changed(); } }, icon("back"), "Feature"),
      h("h2", {}, h("code", {}, path)), h("span", { class: "spacer" }),
      (path.startsWith("specs/") || path.startsWith("docs/")) && h("a", { class: "viewer-link", href: api.editorAddress(thread, path) }, "Edit"),
      url !== undefined && h("a", { class: "viewer-link", href: url, target: "_blank", rel: "noopener" }, "Open in viewer"));
  }

  private controls(document: api.FeatureText): HTMLElement {
    const name = (version: api.FeatureVersion): string => `${shortTime(version.at)} · ${version.subject} · ${version.author} (${version.sha.slice(0, 7)})`;
    const to = this.to ?? document.versions[0]!.sha;
    return h(
      "div", { class: "spec-versions" },
      h("label", {}, "Changes since ",
        h("select", { "data-key": "from", onchange: (event: Event) => this.compare((event.target as HTMLSelectElement).value || null, this.to) },
          h("option", { value: "", selected: this.from === null }, "none: show the document"),
          ...document.versions.map((version) => h("option", { value: version.sha, selected: version.sha === this.from }, name(version))))),
      this.from !== null && h("label", {}, "up to ",
        h("select", { "data-key": "to", onchange: (event: Event) => this.compare(this.from, (event.target as HTMLSelectElement).value) },
          ...document.versions.map((version) => h("option", { value: version.sha, selected: version.sha === to }, name(version))))),
      document.is_cut && h("p", { class: "panel-empty" }, "Older versions are in the repository."));
  }

  private compare(from: string | null, to: string | null): void {
    this.from = from;
    this.to = from === null ? null : to;
    this.changed();
  }

  private async difference(thread: string, path: string, document: api.FeatureText): Promise<Child[]> {
    const { diff } = await api.featureDiff(thread, path, this.from!, this.to ?? document.versions[0]!.sha);
    if (diff === "") return [h("p", { class: "panel-empty" }, "No difference.")];
    const lines = withoutNames(diff.replace(/\n$/, "").split("\n"));
    return [
      diffElement(lines.slice(0, mostLines)),
      lines.length > mostLines && h("p", { class: "panel-empty" }, `And ${lines.length - mostLines} more lines.`),
    ];
  }
}
