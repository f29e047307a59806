// The tab "Spec": the feature that the conversation works on, with its stages, questions, documents and tasks.

import * as api from "../api";
import { Child, h } from "../dom";
import { AskCard } from "../views/ask";
import { DocumentView } from "./document";
import { LoadedView } from "./loaded";
import { stageList } from "./stages";
import { taskList } from "./tasks";

/** In milliseconds: while a stage works, the feature is fetched no more often than this. */
const restTime = 1500;

export class SpecView extends LoadedView {
  private readonly cards = new Map<string, AskCard>();
  private readonly document = new DocumentView(() => this.changed());
  private readonly specify = new CommandForm("specify", "What do people want?", "Specify", (text) => this.begin(text), true);
  private readonly refine = new CommandForm("refine", "Change the latest document", "Refine", (text) => this.send(`/refine ${text}`), false);
  private timer: number | undefined;
  /** The form for another feature is shown. */
  private isSpecifying = false;

  constructor(private readonly send: (text: string) => void) {
    super("Specification", "No feature yet. Describe what people want with /specify.");
  }

  show(thread: string | null): void {
    this.document.close();
    this.cards.clear();
    this.isSpecifying = false;
    super.show(thread);
  }

  /** Another conversation is shown: what was typed belongs to the one before. */
  forget(): void {
    this.specify.clear();
    this.refine.clear();
  }

  /** A stage has done something: a document or a task may be committed. */
  worked(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.changed();
    }, restTime);
  }

  protected async load(thread: string): Promise<Child[] | null> {
    let feature: api.Feature;
    try {
      feature = await api.feature(thread);
    } catch (error) {
      if (!(error instanceof api.APIError) || error.status !== 404) throw error;
      return [h("p", { class: "panel-empty" }, api.explain(error)), this.specify.element];
    }
    if (this.document.isOpen) return this.document.load(thread, feature);
    const asks = await this.asks(thread);
    return [
      this.heading(feature), this.isSpecifying && this.specify.element, ...asks,
      section("Stages", stageList(feature, { run: (stage) => this.run(stage), open: (path) => this.document.open(path) })),
      feature.documents.some((document) => document.kind === "spec") && this.refine.element,
      feature.questions.length > 0 && section("Open questions", h("ul", { class: "spec-questions" }, ...feature.questions.map((text) => h("li", {}, text)))),
      feature.tasks.length > 0 && section("Tasks", taskList(feature.tasks)),
      section("Documents", this.documents(feature)),
    ];
  }

  private heading(feature: api.Feature): HTMLElement {
    const others = feature.features.length > 1;
    return h(
      "header", { class: "spec-head" },
      h("h2", {}, feature.title ?? feature.feature),
      h("p", { class: "spec-facts" }, h("code", {}, feature.feature), " in ",
        h("a", { href: `/r/${encodeURIComponent(feature.repository)}?branch=${encodeURIComponent(feature.source)}`, target: "_blank", rel: "noopener" }, feature.repository),
        feature.source !== feature.feature && ` on ${feature.source}`),
      others && h("label", { class: "spec-switch sends" }, "Feature ",
        h("select", { "data-key": "feature", onchange: (event: Event) => this.send(`/spec ${(event.target as HTMLSelectElement).value}`) },
          ...feature.features.map((name) => h("option", { value: name, selected: name === feature.feature }, name)))));
  }

  /** Questions that wait for an answer, as cards like those of the conversation. */
  private async asks(thread: string): Promise<HTMLElement[]> {
    const { items } = await api.asks(thread);
    const shown = items.filter((ask) => ask.kind !== "approval");
    for (const id of [...this.cards.keys()]) if (!shown.some((ask) => ask.id === id)) this.cards.delete(id);
    return shown.map((ask) => {
      const card = this.cards.get(ask.id) ?? new AskCard(ask.id, { stale: () => this.changed() });
      this.cards.set(ask.id, card);
      card.open(ask);
      return card.element;
    });
  }

  private run(stage: string): void {
    if (stage !== "specify") return this.send(`/${stage}`);
    this.isSpecifying = true;
    this.body.prepend(this.specify.element);
    this.body.scrollTop = 0;
    this.specify.focus();
  }

  private begin(text: string): void {
    this.isSpecifying = false;
    this.send(`/specify ${text}`);
  }

  private documents(feature: api.Feature): HTMLElement {
    return h("ul", { class: "spec-documents" }, ...feature.documents.map((document) => h(
      "li", {},
      h("button", { type: "button", class: "link spec-document", "data-key": document.path, onclick: () => this.document.open(document.path) },
        document.path.startsWith(`${feature.folder}/`) ? document.path.slice(feature.folder.length + 1) : document.path),
      document.errors > 0 && h("span", { class: "spec-mark is-bad" }, `${document.errors} ${document.errors === 1 ? "error" : "errors"}`),
      document.warnings > 0 && h("span", { class: "spec-mark is-warn" }, `${document.warnings} ${document.warnings === 1 ? "warning" : "warnings"}`),
      h("span", { class: "spacer" }), document.commit !== null && h("code", { class: "spec-hash" }, document.commit.slice(0, 7)))));
  }
}

function section(title: string, content: Node): HTMLElement {
  return h("section", { class: "spec-section", "aria-label": title }, h("h3", {}, title), content);
}

/** A field whose text follows a command. It stays when the feature is drawn again. */
class CommandForm {
  readonly element: HTMLFormElement;
  private readonly field: HTMLTextAreaElement;

  constructor(name: string, label: string, action: string, send: (text: string) => void, isPrimary: boolean) {
    const id = `spec-${name}`;
    this.field = h("textarea", { id, class: "spec-field", rows: isPrimary ? 3 : 1, "data-key": id, onkeydown: (event: KeyboardEvent) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.element.requestSubmit();
      }
    } });
    this.element = h(
      "form", { class: "spec-form sends", onsubmit: (event: Event) => {
        event.preventDefault();
        const text = this.field.value.trim();
        if (text === "") return this.field.focus();
        this.field.value = "";
        send(text);
      } },
      h("label", { for: id }, label), this.field, h("button", { type: "submit", class: isPrimary ? "primary" : "quiet" }, action));
  }

  focus(): void {
    this.field.focus();
  }

  clear(): void {
    this.field.value = "";
  }
}
