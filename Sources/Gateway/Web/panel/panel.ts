// The panel beside a conversation: steps, specification, diff, shell, jobs, files and snapshots, by the WAI-ARIA Authoring Practices' pattern "tabs".

import { h, icon, iconButton } from "../dom";
import { DiffView } from "./diff";
import { FilesView } from "./files";
import { JobsView } from "./jobs";
import { LoadedView } from "./loaded";
import { ShellView } from "./shell";
import { SnapshotsView } from "./snapshots";
import { SpecView } from "./spec";
import { StepsView } from "./steps";
import { WorkFollower } from "../views/conversation";
import { Menu } from "../views/menu";

export interface PanelDelegate {
  /** Sends a message into the conversation. */
  send(text: string): void;
  stop(operation: string): void;
  /** It was opened or closed. */
  toggled(isOpen: boolean): void;
}

interface Tab {
  name: string;
  button: HTMLButtonElement;
  content: HTMLElement;
  view: LoadedView | null;
}

export class Panel implements WorkFollower {
  readonly element: HTMLElement;
  /** Opens and closes the panel. */
  readonly toggle: HTMLButtonElement;
  readonly shell: ShellView;
  isOpen = false;
  private readonly steps: StepsView;
  private readonly spec: SpecView;
  private readonly tabs: Tab[];
  private chosen: Tab;
  /** Whether something has happened since the panel was open: then it opens where that is. */
  private hasNews = false;

  constructor(private readonly delegate: PanelDelegate) {
    const send = (text: string): void => this.delegate.send(text);
    this.shell = new ShellView({ send, stop: (key) => this.delegate.stop(key.split(" ")[0]!), ended: () => this.refresh() });
    const diff = new DiffView();
    this.spec = new SpecView(send);
    this.steps = new StepsView({ filesChanged: () => diff.changed(), command: (operation, step) => this.shell.show(`${operation} ${step.id}`, step) });
    const shell = this.tab("Shell", this.shell.element, null);
    this.tabs = [
      this.tab("Steps", this.steps.element, null), this.loaded("Spec", this.spec), this.loaded("Diff", diff), shell, this.loaded("Jobs", new JobsView(send)),
      this.loaded("Files", new FilesView()), this.loaded("Snapshots", new SnapshotsView(send)),
    ];
    this.chosen = shell;
    this.toggle = iconButton("shell", "Shell and workspace", () => this.flip(), "icon-button panel-toggle");
    this.toggle.setAttribute("aria-expanded", "false");
    this.toggle.setAttribute("aria-controls", "panel");
    // Those that are needed seldom are in a menu, and a tab only while they are shown: all together do not fit.
    const seldom = this.tabs.slice(this.tabs.indexOf(shell) + 1);
    for (const tab of seldom) tab.button.classList.add("is-more");
    const more = new Menu("More of the workspace", "tab more-tabs", ["More", icon("fold")], () => seldom.map((tab) => ({
      label: tab.name, run: () => { this.choose(tab); tab.button.focus(); },
    })));
    const list = h("div", { class: "tab-list", role: "tablist", "aria-label": "Workspace", onkeydown: (event: KeyboardEvent) => this.key(event) },
      ...this.tabs.map((tab) => tab.button));
    this.element = h(
      "aside", { class: "panel", id: "panel", "aria-label": "Shell and workspace", hidden: true },
      h("div", { class: "panel-head" }, list, more.element, iconButton("close", "Close the panel", () => this.setOpen(false))), ...this.tabs.map((tab) => tab.content));
    this.draw();
  }

  /** Another conversation is shown; null while it is new. */
  show(thread: string | null): void {
    this.shell.clear();
    this.spec.forget();
    this.hasNews = false;
    this.setThread(thread);
  }

  /** The new conversation has received its id. */
  setThread(thread: string | null): void {
    this.steps.show(thread);
    for (const tab of this.tabs) tab.view?.show(thread);
  }

  /** Guests have no workspace. */
  setAvailable(isAvailable: boolean): void {
    this.toggle.hidden = !isAvailable;
  }

  // Work with tools

  worked(operation: string): void {
    this.hasNews ||= !this.isOpen;
    this.steps.worked(operation);
    this.spec.worked();
  }

  workEnded(operation: string): void {
    this.steps.ended(operation);
    this.spec.changed();
  }

  showSteps(operation: string): void {
    if (this.toggle.hidden) return;
    this.steps.pick(operation);
    this.choose(this.tabs[0]!);
    this.setOpen(true);
  }

  setWritable(isWritable: boolean): void {
    this.element.classList.toggle("is-read-only", !isWritable);
    this.shell.setWritable(isWritable);
  }

  /** Something in the conversation has ended, or changes were missed. */
  refresh(): void {
    this.steps.changed();
    for (const tab of this.tabs) tab.view?.changed();
  }

  setOpen(isOpen: boolean): void {
    if (this.isOpen === isOpen || (isOpen && this.toggle.hidden)) return;
    const hadFocus = this.element.contains(document.activeElement);
    this.isOpen = isOpen;
    this.hasNews = false;
    this.element.hidden = !isOpen;
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    this.draw();
    this.delegate.toggled(isOpen);
    if (isOpen) this.focus();
    else if (hadFocus) this.toggle.focus();
  }

  /** Opens the panel at the tab where the work is, or closes it. */
  flip(): void {
    const [isNews, chosen] = [this.hasNews, this.chosen];
    this.setOpen(!this.isOpen);
    if (!this.isOpen) return;
    const go = (name: string): void => {
      if (this.isOpen && this.chosen === chosen) {
        this.choose(this.tabs.find((tab) => tab.name === name)!);
        this.focus();
      }
    };
    if (this.shell.isRunning) go("Shell");
    else if (isNews) void this.steps.scene().then((scene) => { if (scene !== null) go(scene); });
  }

  private focus(): void {
    // On a touch screen, a field's focus would open the keyboard.
    if (this.chosen.name === "Shell" && !matchMedia("(pointer: coarse)").matches) this.shell.focus();
    else this.chosen.button.focus();
  }

  private loaded(name: string, view: LoadedView): Tab {
    return this.tab(name, view.element, view);
  }

  private tab(name: string, element: HTMLElement, view: LoadedView | null): Tab {
    const id = name.toLowerCase();
    const button = h("button", { type: "button", class: "tab", role: "tab", id: `tab-${id}`, "aria-controls": `tab-panel-${id}`, onclick: () => this.choose(tab) }, name);
    const content = h("div", { class: "tab-panel", role: "tabpanel", id: `tab-panel-${id}`, "aria-labelledby": `tab-${id}` }, element);
    const tab: Tab = { name, button, content, view };
    return tab;
  }

  private choose(tab: Tab): void {
    this.chosen = tab;
    tab.button.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.draw();
  }

  private draw(): void {
    for (const tab of this.tabs) {
      const isChosen = tab === this.chosen;
      tab.button.setAttribute("aria-selected", String(isChosen));
      tab.button.tabIndex = isChosen ? 0 : -1;
      tab.content.hidden = !isChosen;
      tab.view?.setShown(isChosen && this.isOpen);
    }
    this.steps.setShown(this.isOpen);
    if (this.isOpen && this.chosen.name === "Shell") this.shell.shown();
  }

  private key(event: KeyboardEvent): void {
    const at = this.tabs.indexOf(this.chosen);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = this.tabs[(next + this.tabs.length) % this.tabs.length]!;
    this.choose(tab);
    tab.button.focus();
  }
}
