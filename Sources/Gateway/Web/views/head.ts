// The head of a conversation: the model and the repository that it uses, and what can be done with the whole of it.

import * as api from "../api";
import { Child, h, icon, replace } from "../dom";
import { Menu, MenuItem } from "./menu";
import { Surroundings } from "./welcome";

export interface HeadDelegate {
  /** Runs a command in the conversation, as if it had been typed. */
  command(text: string): void;
  rename(): void;
  archive(isArchived: boolean): void;
  pin(isPinned: boolean): void;
  share(): void;
  /** Prints the whole conversation. */
  print(): void;
  remove(): void;
}

export class Head {
  readonly facts = h("div", { class: "head-facts" });
  readonly menu: HTMLElement;
  private readonly archived = h("span", { class: "badge", hidden: true }, "Archived");
  private readonly model: Choice;
  private readonly repository: Choice;
  private models: Promise<api.Page<api.Model>> | null = null;
  private repositories: api.Repository[] = [];
  private readonly listing: Promise<unknown>;
  private personas: api.Persona[] = [];
  private defaultModel: string | null = null;
  private thread: api.Thread | null = null;
  private hasThread = false;
  private id = "";
  private readonly seesAll: boolean;

  constructor(me: api.Me, private readonly delegate: HeadDelegate) {
    this.seesAll = me.role === "owner";
    this.model = new Choice("Model", () => this.modelItems());
    this.repository = new Choice("Repository", () => this.repositoryItems());
    // `repo` is a command for members; guests do not see repositories.
    this.repository.mayChoose = me.role !== "guest";
    const menu = new Menu("Conversation menu", "icon-button", [icon("more")], () => this.actions());
    this.menu = menu.element;
    replace(this.facts, this.archived, this.model.element, this.repository.element);
    this.listing = this.load();
  }

  /** What a new conversation has. */
  async surroundings(): Promise<Surroundings> {
    // A provider that cannot be asked now is a real one.
    const isRehearsal = await this.list().then((page) => page.items.find((model) => model.default)?.provider === "rehearsal", () => false);
    await this.listing;
    const repository = this.repositories[0]?.name;
    if (isRehearsal || repository === undefined) return { isRehearsal, hasRepository: repository !== undefined, hasSpecs: false, hasTasks: false };
    const nothing = (): { items: never[] } => ({ items: [] });
    const [documents, tasks] = await Promise.all([
      api.allDocuments({ repository, q: "" }).catch(nothing), api.tasks({ repository, state: "open" }, null).catch(nothing),
    ]);
    return { isRehearsal, hasRepository: true, hasSpecs: documents.items.some((document) => document.feature !== null), hasTasks: tasks.items.length > 0 };
  }

  /** `thread` is null until it is known, or while the conversation is new. */
  show(id: string | null, thread: api.Thread | null): void {
    this.hasThread = id !== null;
    this.id = id ?? "";
    this.thread = thread;
    this.menu.hidden = id === null;
    this.archived.hidden = thread?.state !== "archived";
    this.draw();
  }

  /** There is no such conversation: nothing is known of it, and nothing can be done with it. */
  showMissing(): void {
    this.show("", null);
    this.menu.hidden = true;
  }

  private draw(): void {
    const isWritable = this.thread === null || this.thread.can_write;
    const { persona, current } = this;
    // Whose model it is, or that the conversation has another one than usual.
    const isNamed = persona && (!persona.default || (persona.model !== null && !this.thread?.model));
    const model = current && isNamed ? `${persona.name} · ${current}` : current;
    const repository = this.thread?.repository ?? this.repositories[0]?.name ?? null;
    const isKnown = this.thread !== null || !this.hasThread;
    this.model.show(isKnown ? model : null, isWritable);
    this.repository.show(isKnown ? repository : null, isWritable);
  }

  private get persona(): api.Persona | undefined {
    return this.personas.find((persona) => persona.name === this.thread?.persona) ?? this.personas.find((persona) => persona.default);
  }

  /** The model that answers; null until it is known. */
  private get current(): string | null {
    return this.thread?.model ?? this.persona?.model ?? this.defaultModel;
  }

  /** Ends when it is known which repositories there are. */
  private load(): Promise<unknown> {
    // Where personas cannot be listed, the head names the default model.
    void api.personas().then((page) => { this.personas = page.items; this.draw(); }, () => undefined);
    void this.list().then((page) => {
      this.defaultModel = page.items.find((model) => model.default)?.id ?? null;
      this.draw();
    }, () => undefined);
    if (!this.repository.mayChoose) return Promise.resolve();
    // Where repositories cannot be listed, the head simply does not name one.
    return api.repositories().then((page) => { this.repositories = page.items; this.draw(); }, () => undefined);
  }

  /** The models, kept for the next time unless the provider fails. */
  private list(): Promise<api.Page<api.Model>> {
    this.models ??= api.models().catch((error: unknown) => {
      this.models = null;
      throw new Error(api.explain(error));
    });
    return this.models;
  }

  private async modelItems(): Promise<MenuItem[]> {
    const { persona, current } = this;
    // Members have the command `persona`, like `repo`.
    const hasPersonas = this.repository.mayChoose && this.personas.length > 1;
    const models = (await this.list()).items.map((model): MenuItem => ({
      group: hasPersonas ? "Model" : undefined, label: model.id,
      detail: [model.detail, model.id === persona?.model ? `of the persona ${persona.name}` : model.default && "default"].filter(Boolean).join(" · "),
      isChosen: model.id === current, run: () => this.choose("model", model.id, current),
    }));
    const personas = this.personas.map((choice): MenuItem => ({
      group: "Persona", label: choice.name,
      detail: [choice.summary, choice.model && (this.thread?.model ? `model ${choice.model}, unless one is chosen` : `model ${choice.model}`), choice.default && "default"].filter(Boolean).join(" · "),
      isChosen: choice === persona, run: () => this.choose("persona", choice.name, persona?.name ?? null),
    }));
    return hasPersonas ? [...models, ...personas] : models;
  }

  private repositoryItems(): MenuItem[] {
    const current = this.thread?.repository ?? this.repositories[0]?.name ?? null;
    const choices: MenuItem[] = this.repositories.map((repository) => ({
      label: repository.name, detail: repository.default ? "default" : "", isChosen: repository.name === current,
      run: () => this.choose("repo", repository.name, current),
    }));
    const open = this.repositories.find((repository) => repository.name === current);
    return open ? [...choices, { label: `Open ${open.name}`, detail: "branches and documents", href: open.url }] : choices;
  }

  private choose(command: string, name: string, current: string | null): void {
    if (name !== current) this.delegate.command(`/${command} ${name}`);
  }

  private actions(): MenuItem[] {
    const isArchived = this.thread?.state === "archived";
    // What is shared with somebody is for others to change.
    const mayChange = !this.thread?.shared || this.seesAll;
    const items: (MenuItem | false)[] = [
      mayChange && { label: "Rename…", run: () => this.delegate.rename() },
      mayChange && { label: "Share…", run: () => this.delegate.share() },
      { label: this.thread?.pinned ? "Remove the pin" : "Pin to the top", run: () => this.delegate.pin(!this.thread?.pinned) },
      mayChange && { label: isArchived ? "Bring back from the archive" : "Archive", run: () => this.delegate.archive(!isArchived) },
      { label: "Print…", run: () => this.delegate.print() },
      ...(["markdown", "json"] as const).map((format): MenuItem => ({
        label: format === "json" ? "Export as JSON" : "Export as Markdown", href: api.exportAddress(this.id, format),
      })),
      mayChange && { label: "Delete…", run: () => this.delegate.remove() },
    ];
    return items.filter((item): item is MenuItem => item !== false);
  }
}

/** A value with a menu to choose another one; plain text where it cannot be chosen. */
class Choice {
  readonly element = h("div", { class: "choice", hidden: true });
  mayChoose = true;
  private readonly menu: Menu;
  private readonly text = h("span", { class: "choice-text" });

  constructor(private readonly name: string, items: () => MenuItem[] | Promise<MenuItem[]>) {
    this.menu = new Menu(name, "choice-button", [], items);
    replace(this.element, this.menu.element, this.text);
  }

  show(value: string | null, isWritable: boolean): void {
    this.element.hidden = value === null;
    const label = `${this.name}: ${value ?? ""}`;
    const face: Child[] = [h("span", { class: "choice-name" }, value ?? ""), icon("fold")];
    const isChosen = isWritable && this.mayChoose;
    this.menu.element.hidden = !isChosen;
    this.text.hidden = isChosen;
    this.text.title = label;
    replace(this.text, value ?? "");
    if (this.menu.button.title !== label) this.menu.setFace(label, ...face);
  }
}
