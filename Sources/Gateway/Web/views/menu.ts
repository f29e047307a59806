// A button with a menu, by the WAI-ARIA Authoring Practices' pattern "menu button".

import { Child, h, icon, replace } from "../dom";

export interface MenuItem {
  label: string;
  detail?: string;
  /** One of several alternatives: whether it is the chosen one. */
  isChosen?: boolean;
  /** The heading of those that follow each other with the same one. */
  group?: string;
  /** The address of a page to open instead of an action. */
  href?: string;
  run?: () => void;
}

export class Menu {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  private readonly list: HTMLElement;
  private readonly close = (event: Event): void => {
    if (!(event.target instanceof Node) || !this.element.contains(event.target)) this.hide(false);
  };

  /** `items` is called whenever the menu opens; until it answers the menu says that it is loading. */
  constructor(label: string, className: string, face: Child[], private readonly items: () => MenuItem[] | Promise<MenuItem[]>) {
    this.button = h("button", {
      type: "button", class: className, "aria-label": label, title: label, "aria-haspopup": "menu", "aria-expanded": "false",
      onclick: () => (this.isOpen ? this.hide(true) : void this.show()),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== "ArrowDown" || this.isOpen) return;
        event.preventDefault();
        void this.show();
      },
    }, ...face);
    this.list = h("div", { class: "menu-list", role: "menu", "aria-label": label, hidden: true, tabindex: 0, onkeydown: (event: KeyboardEvent) => this.key(event) });
    this.element = h("div", { class: "menu-box" }, this.button, this.list);
  }

  setFace(label: string, ...face: Child[]): void {
    this.button.setAttribute("aria-label", label);
    this.button.title = label;
    replace(this.button, ...face);
  }

  private get isOpen(): boolean {
    return !this.list.hidden;
  }

  private async show(): Promise<void> {
    replace(this.list, h("p", { class: "menu-note" }, "Loading…"));
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", this.close, true);
    document.addEventListener("focusin", this.close, true);
    this.list.focus();
    try {
      const items = await this.items();
      const isPlain = items.every((item) => item.isChosen === undefined);
      const groups = [...new Set(items.map((item) => item.group))];
      replace(this.list, ...groups.flatMap((group) => {
        const rows = items.filter((item) => item.group === group).map((item) => this.row(item, isPlain));
        return group === undefined ? rows : [h("div", { role: "group", "aria-label": group }, h("p", { class: "menu-heading", "aria-hidden": "true" }, group), ...rows)];
      }));
    } catch (error) {
      replace(this.list, h("p", { class: "menu-note", role: "alert" }, error instanceof Error ? error.message : String(error)));
    }
    this.place();
    if (!this.isOpen) return;
    const rows = this.rows();
    (rows.find((row) => row.getAttribute("aria-checked") === "true") ?? rows[0] ?? this.list).focus();
  }

  /** Below the button, moved to the left where the window ends. */
  private place(): void {
    this.list.style.left = "0";
    const box = this.list.getBoundingClientRect();
    this.list.style.left = `${Math.min(0, innerWidth - 8 - box.right)}px`;
  }

  private hide(isFocused: boolean): void {
    if (!this.isOpen) return;
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.close, true);
    document.removeEventListener("focusin", this.close, true);
    if (isFocused) this.button.focus();
  }

  private rows(): HTMLElement[] {
    return Array.from(this.list.querySelectorAll<HTMLElement>("[role^=menuitem]"));
  }

  private row(item: MenuItem, isPlain: boolean): HTMLElement {
    const className = isPlain ? "menu-row is-plain" : "menu-row";
    const content: Child[] = [
      h("span", { class: "menu-mark" }, item.isChosen && icon("check")),
      h("span", { class: "menu-label" }, item.label), item.detail ? h("span", { class: "menu-detail" }, item.detail) : null,
    ];
    if (item.href !== undefined) {
      return h("a", { class: className, role: "menuitem", tabindex: -1, href: item.href, onclick: () => this.hide(true) }, ...content);
    }
    const role = item.isChosen === undefined ? "menuitem" : "menuitemradio";
    return h("button", {
      type: "button", class: className, role, tabindex: -1, "aria-checked": item.isChosen === undefined ? null : String(item.isChosen),
      onclick: () => { this.hide(true); item.run?.(); },
    }, ...content);
  }

  private key(event: KeyboardEvent): void {
    const rows = this.rows();
    const at = rows.indexOf(document.activeElement as HTMLElement);
    let next: number | null = null;
    switch (event.key) {
      case "ArrowDown": next = at + 1; break;
      case "ArrowUp": next = at < 0 ? -1 : at - 1; break;
      case "Home": next = 0; break;
      case "End": next = -1; break;
      case "Escape": this.hide(true); break;
      case "Tab": this.hide(true); return;
      default:
        // A letter leads to the next row that begins with it.
        if (event.key.length !== 1 || event.key === " " || event.altKey || event.ctrlKey || event.metaKey) return;
        next = [...rows.keys()].map((step) => (at + 1 + step) % rows.length).find((place) => rows[place]?.querySelector(".menu-label")?.textContent?.toLowerCase().startsWith(event.key.toLowerCase())) ?? at;
    }
    event.preventDefault();
    event.stopPropagation();
    if (next !== null && rows.length > 0) rows[(next + rows.length) % rows.length]?.focus();
  }
}
