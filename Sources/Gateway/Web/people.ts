// The page `/people`: who has access, with which role, and how to change it.

import * as api from "./api";
import { Child, h, iconButton, replace } from "./dom";
import { endTime, fullTime, shortTime, Timestamp } from "./time";
import { codeRows, open } from "./views/joining";
import { openSecond, SecondPage } from "./views/second";

const roles: api.Role[] = ["owner", "member", "guest"];

class PeoplePage {
  private readonly status = h("p", { class: "off-screen", role: "status" });
  private readonly content = h("div", {}, h("p", {}, "Loading…"));

  constructor(private readonly page: SecondPage) {
    replace(page.content,
      h("p", { class: "lead" }, "Everybody who may use this host. A change takes effect at once, on every network and in every browser."),
      this.status, this.content);
    void this.load();
    replace(page.tools, h("button", { type: "button", class: "primary", onclick: () => this.askToInvite() }, "Invite"));
  }

  private async load(): Promise<void> {
    try {
      this.draw(await api.people());
    } catch (error) {
      if (!(error instanceof api.APIError && error.status === 403)) return this.page.failed(error);
      replace(this.page.content, h("p", { class: "lead" }, "This page is for owners."));
    }
  }

  private draw(people: api.People): void {
    const programs = people.items.filter((person) => person.way === "token");
    const others = people.items.filter((person) => person.way !== "token");
    const order = (person: api.Person): number => roles.indexOf(person.role);
    others.sort((a, b) => order(a) - order(b));
    replace(this.content, table("People and browsers", others.map((person) => this.row(person))),
      programs.length > 0 && table("Tokens of programs", programs.map((person) => this.row(person))),
      people.invites.length > 0 && this.invites(people.invites), people.removed.length > 0 && this.removed(people.removed));
  }

  private row(person: api.Person): HTMLElement {
    const name = person.name ?? person.identity;
    const label = person.self ? `${name} (you)` : name;
    const select: HTMLSelectElement = h("select", { "aria-label": `Role of ${name}`, onchange: () => void this.setRole(person, select) },
      ...roles.map((role) => h("option", { value: role, selected: role === person.role }, role)));
    return h("tr", {},
      h("th", { scope: "row" }, h("span", { class: "person-name" }, label), h("code", {}, person.way === "token" || isBrowser(person) ? person.id : person.identity),
        ...person.linked.map((identity) => h("code", {}, `also ${identity}`))),
      cell("Role", select),
      cell("Access", way(person)),
      cell("Last seen", person.last_seen === null ? "not seen yet" : moment(person.last_seen)),
      h("td", { class: "person-action" }, h("button", { type: "button", class: "quiet small", "aria-label": `Remove ${name}`, onclick: () => this.askToRemove(person, name) }, "Remove")));
  }

  private invites(items: api.Invite[]): HTMLElement {
    return h("section", {}, h("h2", {}, "Open invites"),
      h("ul", { class: "invites" }, ...items.map((item) => {
        const name = item.name ?? `Somebody as ${item.role}`;
        return h("li", {}, h("span", {}, item.name === null ? name : `${name}, ${item.role}`), h("span", { class: "hint" }, `${item.by === null ? "" : `by ${item.by}, `}until `, h("time", { title: fullTime(item.expires_at) }, endTime(item.expires_at))),
          h("button", { type: "button", class: "quiet small", "aria-label": `End the invite of ${name}`, onclick: () => void this.change(() => api.endInvite(item.id), "The invite is ended.") }, "End"));
      })));
  }

  private askToInvite(): void {
    const role = h("select", { id: "invite-role" }, ...roles.map((role) => h("option", { value: role, selected: role === "member" }, role)));
    const name = h("input", { type: "text", id: "invite-name", maxlength: 40, autocomplete: "off", placeholder: "optional" });
    const expires = h("select", { id: "invite-expires" }, ...[["1h", "an hour"], ["2d", "two days"], ["7d", "a week"], ["30d", "30 days"]].map(([value, label]) => h("option", { value, selected: value === "2d" }, label)));
    const problem = h("p", { class: "problem", role: "alert" });
    const make = h("button", { type: "submit", class: "primary" }, "Make the link");
    const form = h("form", { class: "invite-form", onsubmit: (event: Event) => { event.preventDefault(); void run(); } },
      h("p", {}, "The link lets one person in, who then has this role."),
      h("label", { for: "invite-role" }, "Role"), role, h("label", { for: "invite-name" }, "Name"), name, h("label", { for: "invite-expires" }, "Valid for"), expires, problem,
      h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"), make));
    const dialog = open("Invite somebody", form);
    const run = async (): Promise<void> => {
      make.disabled = true;
      try {
        const code = await api.invite(role.value as api.Role, name.value.trim(), expires.value);
        const done = h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Done");
        form.replaceWith(h("p", {}, "Send the link to the person. It is shown only now."), codeRows(code), h("div", { class: "choices" }, done));
        done.focus();
        await this.load();
      } catch (error) {
        problem.textContent = api.explain(error);
        make.disabled = false;
      }
    };
  }

  private removed(items: api.People["removed"]): HTMLElement {
    return h("section", {}, h("h2", {}, "Removed"),
      h("p", { class: "hint" }, "They stay out whatever the configuration says. Choose a role to let one in again."),
      h("ul", { class: "removed" }, ...items.map((item) => {
        const select: HTMLSelectElement = h("select", { "aria-label": `Let ${item.identity} in again`, onchange: () => void this.change(() => api.setRole(item.id, select.value as api.Role), `${item.identity} has access again.`) },
          h("option", { value: "", selected: true }, "removed"), ...roles.map((role) => h("option", { value: role }, role)));
        return h("li", {}, h("code", {}, item.identity), select);
      })));
  }

  private async setRole(person: api.Person, select: HTMLSelectElement): Promise<void> {
    const role = select.value as api.Role;
    const isDone = await this.change(() => api.setRole(person.id, role), `${person.name ?? person.identity} is now ${role}.`);
    if (!isDone) select.value = person.role;
    // Whoever gives up this role cannot see the page any more.
    else if (person.self && role !== "owner") location.assign("/");
  }

  private askToRemove(person: api.Person, name: string): void {
    const remove = h("button", { type: "button", class: "danger", onclick: () => void run() }, "Remove");
    const problem = h("p", { class: "problem", role: "alert" });
    const dialog: HTMLDialogElement = h(
      "dialog", { class: "help", "aria-labelledby": "removal-title", onclose: () => dialog.remove() },
      h("header", {}, h("h2", { id: "removal-title" }, "Take away this access?"), iconButton("close", "Close", () => dialog.close())),
      h("p", {}, consequence(person, name)), problem,
      h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", autofocus: true, onclick: () => dialog.close() }, "Keep"), remove));
    document.body.appendChild(dialog);
    dialog.showModal();
    const run = async (): Promise<void> => {
      remove.disabled = true;
      try {
        await api.removePerson(person.id);
        dialog.close();
        if (person.self) return location.assign("/");
        this.status.textContent = `${name} is removed.`;
        await this.load();
      } catch (error) {
        problem.textContent = api.explain(error);
        remove.disabled = false;
      }
    };
  }

  /** Whether it was done. */
  private async change(action: () => Promise<unknown>, done: string): Promise<boolean> {
    this.page.say("");
    try {
      await action();
    } catch (error) {
      this.page.failed(error);
      return false;
    }
    this.status.textContent = done;
    await this.load();
    return true;
  }
}

function table(caption: string, rows: HTMLElement[]): HTMLElement {
  const heads = ["Who", "Role", "Access", "Last seen"].map((text) => h("th", { scope: "col" }, text));
  return h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, ...heads, h("td", {}))), h("tbody", {}, ...rows));
}

const cell = (label: string, ...content: Child[]): HTMLElement => h("td", { "data-label": label }, ...content);

const moment = (value: Timestamp): HTMLElement => h("time", { title: fullTime(value) }, shortTime(value));

/** Signed in with a code, not with an account elsewhere. */
const isBrowser = (person: api.Person): boolean => person.way === "sign-in" && person.network === "web";

function way(person: api.Person): string {
  switch (person.way) {
    case "list": return `${person.key ?? "configuration"}${person.listed_role === null ? "" : ` (there ${person.listed_role})`}`;
    case "code": return `paired on ${person.network}`;
    case "sign-in": return isBrowser(person) ? `signed in, in ${person.browsers.length > 1 ? `${person.browsers.length} browsers` : "a browser"}` : `signed in with ${person.network === "github" ? "GitHub" : "single sign-on"}${person.key === null ? "" : `, ${person.key}`}${person.listed_role === null ? "" : ` (there ${person.listed_role})`}`;
    case "token": return `token: ${person.scopes.join(", ")}`;
  }
}

function consequence(person: api.Person, name: string): string {
  switch (person.way) {
    case "token": return `The token “${name}” stops working at once. It cannot be brought back.`;
    case "sign-in": if (!isBrowser(person)) return `“${name}” is signed out everywhere at once, and cannot sign in again; what they have running is stopped. A role lets them in again.`;
      return `“${name}” is signed out at once${person.browsers.length > 1 ? `, in ${person.browsers.length} browsers` : ""}${person.self ? ", here too" : ""}; what they have running is stopped. A new code lets them in as somebody new.`;
    case "code": return `“${name}” is out at once; what they have running is stopped, and what waits is dropped. A new code lets them in again.`;
    case "list": return `“${name}” is out at once; what they have running is stopped, and what waits is dropped. This overrides ${person.key ?? "the configuration"}, which stays as it is: delete the line there too.`;
  }
}

openSecond("people", "People", (page) => void new PeoplePage(page));
