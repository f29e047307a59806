// The dialog that shares a conversation: with people of the host, and as a public page.

import { announce } from "../announce";
import * as api from "../api";
import { copyButton } from "../clipboard";
import { h, iconButton, replace } from "../dom";
import { fullTime } from "../time";

export function showSharing(id: string): void {
  new Sharing(id).open();
}

class Sharing {
  private readonly list = h("ul", { class: "shares" });
  private readonly problem = h("p", { class: "problem", role: "alert" });
  private readonly made = h("p", { class: "share-link", hidden: true });
  private readonly who = h("input", { type: "text", id: "share-who", class: "name-field", maxlength: 200, autocomplete: "off", placeholder: "Name or id", "aria-describedby": "share-note" });
  private readonly role = h("select", { id: "share-role" }, h("option", { value: "read" }, "may read"), h("option", { value: "join" }, "may read and write"));
  private readonly term = h("select", { id: "share-term" }, ...[["1d", "a day"], ["7d", "a week"], ["30d", "30 days"], ["365d", "a year"]].map(([value, label]) => h("option", { value, selected: value === "7d" }, label)));
  private readonly dialog: HTMLDialogElement;

  constructor(private readonly id: string) {
    const button = (label: string, run: () => void): HTMLElement => h("button", { type: "button", class: "quiet", onclick: run }, label);
    this.dialog = h(
      "dialog", { class: "help settings sharing", "aria-labelledby": "sharing-title", onclose: () => this.dialog.remove() },
      h("header", {}, h("h2", { id: "sharing-title" }, "Share this conversation"), iconButton("close", "Close", () => this.dialog.close())),
      h("form", { onsubmit: (event: Event) => { event.preventDefault(); this.shareWithOne(this.who.value.trim()); } },
        h("label", { for: "share-who" }, "With one person"), this.who,
        h("label", { for: "share-role", class: "off-screen" }, "What they may do"), this.role,
        h("p", { class: "setting-note", id: "share-note" }, "Whoever writes here does so as themselves, with their own role and approvals."),
        h("div", { class: "choices" }, h("button", { type: "submit", class: "primary" }, "Share"))),
      h("h3", {}, "With members and owners"),
      h("div", { class: "choices" }, button("Let them read", () => void this.share("host", "read")), button("Let them write, too", () => void this.share("host", "join"))),
      h("h3", {}, "With everybody who has a link"),
      h("p", { class: "setting-note" }, "A page of the questions and answers, without files, commands and steps. A new link replaces the one before."),
      h("div", { class: "choices" }, h("label", { for: "share-term" }, "For"), this.term, button("Make a public link", () => void this.share("public", "read", this.term.value))),
      this.made, this.problem, h("h3", {}, "Shared now"), this.list);
  }

  open(): void {
    document.body.appendChild(this.dialog);
    this.dialog.showModal();
    this.who.focus();
    void this.draw();
  }

  /** The API has these words for more than one person. */
  private shareWithOne(who: string): void {
    if (["host", "public"].includes(who.toLowerCase())) this.problem.textContent = "That is no person: choose below with whom else to share.";
    else void this.share(who, this.role.value);
  }

  private async share(who: string, role: string, expires?: string): Promise<void> {
    if (who === "") return;
    await this.attempt(async () => {
      const share = await api.createShare(this.id, { with: who, role: role === "join" ? "join" : "read", expires: expires ?? null });
      this.who.value = "";
      if (share.url !== null) this.show(share.url);
      announce("Shared.");
    });
  }

  /** A public page's address is not shown again. */
  private show(url: string): void {
    replace(this.made, h("a", { href: url, target: "_blank", rel: "noopener" }, url), copyButton("Copy the link", () => url));
    this.made.hidden = false;
  }

  private async draw(): Promise<void> {
    try {
      const { items } = await api.shares(this.id);
      replace(this.list, ...items.map((share) => this.row(share)));
      if (items.length === 0) replace(this.list, h("li", { class: "empty" }, "Nobody else sees it."));
    } catch (error) {
      this.problem.textContent = api.explain(error);
    }
  }

  private row(share: api.Share): HTMLElement {
    const names: Record<string, string> = { host: "Members and owners", public: "Public page" };
    const name = names[share.with] ?? share.name ?? share.with;
    const facts = [share.with === "public" ? null : share.role === "join" ? "may write" : "may read", share.expires_at === null ? null : `until ${fullTime(share.expires_at)}`];
    const end = h("button", { type: "button", class: "quiet", "aria-label": `End: ${name}`, onclick: () => void this.attempt(async () => { await api.endShare(this.id, share.id); announce("Ended."); }) }, "End");
    return h("li", {}, h("b", {}, name), h("span", { class: "share-facts" }, facts.filter(Boolean).join(", ")), end);
  }

  private async attempt(run: () => Promise<void>): Promise<void> {
    this.problem.textContent = "";
    try {
      await run();
    } catch (error) {
      this.problem.textContent = api.explain(error);
    }
    await this.draw();
  }
}
