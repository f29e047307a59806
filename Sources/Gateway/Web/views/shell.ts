// The page layout: the list next to the conversation (a drawer on a phone) and the keyboard shortcuts.

import { Me } from "../api";
import { h, icon, iconButton, replace } from "../dom";
import { Panel } from "../panel/panel";
import { setUpToggle } from "../theme";
import { Banner } from "./banner";
import { Head } from "./head";
import { Inbox } from "./inbox";
import { sections } from "./sections";
import { SettingsDelegate } from "./settings";
import { badge } from "./threads";

export interface ShellDelegate extends SettingsDelegate {
  newConversation(): void;
  addDevice(): void;
  signOut(): void;
}

export class Shell {
  readonly element: HTMLElement;
  readonly sidebar: HTMLElement;
  readonly content = h("div", { class: "content" });
  private readonly title = h("h1", { dir: "auto" }, "New conversation");
  private readonly facts = h("div", { class: "title-facts" });
  readonly banner = new Banner();
  private readonly menuButton = iconButton("menu", "Conversations", () => this.setDrawer(!this.isOpen), "icon-button menu");
  private readonly main: HTMLElement;
  private readonly shade = h("div", { class: "shade", hidden: true, onclick: () => this.setDrawer(false) });
  private isOpen = false;
  private readonly narrow = matchMedia("(max-width: 760px)");

  constructor(list: HTMLElement, head: Head, people: HTMLElement, panel: Panel, private readonly inbox: Inbox, me: Me, private readonly delegate: ShellDelegate) {
    const theme = h("button", { type: "button", class: "icon-button" });
    setUpToggle(theme);
    this.menuButton.setAttribute("aria-expanded", "false");
    this.menuButton.setAttribute("aria-controls", "sidebar");
    this.sidebar = h(
      "aside", { class: "sidebar", id: "sidebar", "aria-label": "Conversations" },
      h("div", { class: "brand" }, h("img", { src: "/assets/icon.svg", alt: "", width: 24, height: 24 }), h("span", {}, "Jetbridge"),
        iconButton("close", "Close the list", () => this.setDrawer(false), "icon-button close-drawer")),
      h("div", { class: "new-row" }, h("button", { type: "button", class: "new", onclick: () => this.delegate.newConversation() }, icon("plus"), "New conversation")),
      list,
      h("footer", { class: "sidebar-foot" }, h("span", { class: "person", title: "Signed in" }, me.name), h("span", { class: "spacer" }), theme,
        iconButton("help", "Keyboard shortcuts", () => this.showHelp()),
        iconButton("device", "Add a device", () => this.delegate.addDevice()),
        iconButton("leave", "Sign out", () => this.delegate.signOut())));
    this.main = h(
      "main", { class: "main", id: "main" },
      h("header", { class: "title-bar" }, this.menuButton, h("div", { class: "title" }, this.title, h("div", { class: "title-row" }, this.facts, head.facts)), people, inbox.element, panel.toggle, head.menu,
        iconButton("plus", "New conversation", () => this.delegate.newConversation(), "icon-button new-compact")),
      this.banner.element, h("div", { class: "columns" }, this.content, panel.element));
    this.element = h(
      "div", { class: "frame" }, h("a", { class: "skip", href: "#message", onclick: skip }, "Skip to the message field"),
      sections("chat", me, delegate), h("div", { class: "shell" }, this.sidebar, this.shade, this.main));
    this.narrow.addEventListener("change", () => {
      this.coverContent();
      // A wide page has no drawer, and nothing there would close it.
      if (!this.narrow.matches) this.setDrawer(false);
    });
  }

  setTitle(title: string, adapter: string | null): void {
    this.title.textContent = title;
    replace(this.facts, adapter && badge(adapter));
    this.showCount();
  }

  /** Shows in the document's title how many asks wait. */
  showCount(): void {
    const count = this.inbox.count;
    document.title = `${count > 0 ? `(${count}) ` : ""}${this.title.textContent} · Jetbridge`;
  }

  setBanner(text: string | null): void {
    this.banner.setProblem(text);
  }

  setDrawer(isOpen: boolean): void {
    if (this.isOpen === isOpen) return;
    this.isOpen = isOpen;
    this.element.classList.toggle("drawer-open", isOpen);
    this.menuButton.setAttribute("aria-expanded", String(isOpen));
    this.shade.hidden = !isOpen;
    this.main.toggleAttribute("inert", isOpen);
    if (isOpen) this.sidebar.querySelector<HTMLElement>("[aria-current], .new")?.focus();
    else if (this.narrow.matches) this.menuButton.focus();
  }

  /** On a small screen the panel takes the conversation's place, which then cannot be reached. */
  setPanelOpen(isOpen: boolean): void {
    this.element.classList.toggle("panel-open", isOpen);
    this.coverContent();
  }

  get isCovered(): boolean {
    return this.narrow.matches && this.element.classList.contains("panel-open");
  }

  private coverContent(): void {
    this.content.querySelector(".conversation")?.toggleAttribute("inert", this.isCovered);
  }

  showHelp(): void {
    const row = (keys: string, meaning: string): Node =>
      h("div", {}, h("dt", {}, ...keys.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, meaning));
    const dialog: HTMLDialogElement = h(
      "dialog", { class: "help", "aria-labelledby": "help-title", onclose: () => dialog.remove() },
      h("header", {}, h("h2", { id: "help-title" }, "Keyboard shortcuts"), iconButton("close", "Close", () => dialog.close())),
      h("dl", {},
        row("Enter", "Send the message"), row("Shift Enter", "New line"), row("/", "Type a command"), row("Alt N", "New conversation"),
        row("Alt ↑", "Conversation above"), row("Alt ↓", "Conversation below"), row("Alt K", "Search conversations"), row("Alt S", "Stop the answer"), row("Alt T", "Open or close the panel"), row("Ctrl P", "Print the whole conversation"), row("Esc", "Close a list or dialog, stop editing"), row("?", "Show this help")));
    document.body.appendChild(dialog);
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.showModal();
  }
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("message")?.focus();
}

export interface Shortcuts {
  newConversation(): void;
  neighbour(step: number): void;
  search(): void;
  stop(): void;
  command(): void;
  help(): void;
  panel(): void;
  /** Prints the whole conversation, also what is not drawn yet. */
  print(): void;
  escape(): void;
}

export function setUpShortcuts(shortcuts: Shortcuts): void {
  document.onkeydown = (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const isTyping = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
    const action = choose(event, isTyping);
    if (!action) return;
    event.preventDefault();
    action();
  };

  function choose(event: KeyboardEvent, isTyping: boolean): (() => void) | null {
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      switch (event.code) {
        case "KeyN": return () => shortcuts.newConversation();
        case "KeyK": return () => shortcuts.search();
        case "KeyT": return () => shortcuts.panel();
        case "KeyS": return () => shortcuts.stop();
        case "ArrowUp": return () => shortcuts.neighbour(-1);
        case "ArrowDown": return () => shortcuts.neighbour(1);
      }
      return null;
    }
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.code === "KeyP") return () => shortcuts.print();
    if (event.key === "Escape") return () => shortcuts.escape();
    if (isTyping || event.ctrlKey || event.metaKey) return null;
    if (event.key === "/") return () => shortcuts.command();
    if (event.key === "?") return () => shortcuts.help();
    return null;
  }
}
