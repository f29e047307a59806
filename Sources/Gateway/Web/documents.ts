// The page `/documents`: the documents of all repositories, by feature, with a search and a form for a new one.

import * as api from "./api";
import { h, replace } from "./dom";
import type { FoundDocument, FoundDocuments } from "./types";
import { open } from "./views/joining";
import { openSecond, SecondPage } from "./views/second";

const templates = {
  spec: "Specification", plan: "Plan", tasks: "Tasks", research: "Research", "data-model": "Data model", quickstart: "Quickstart",
  checklist: "Checklist", constitution: "Constitution",
};

class DocumentsPage {
  private readonly status = h("p", { class: "hint", role: "status" }, "Loading…");
  private readonly list = h("div");
  private readonly words = h("input", { type: "search", "aria-label": "Search documents", placeholder: "Search by path or title", autocomplete: "off", oninput: () => this.search() });
  private readonly repository = h("select", { "aria-label": "Repository", onchange: () => void this.load() });
  private readonly create = h("button", { type: "button", class: "primary", disabled: true, onclick: () => this.askForNew() }, "New");
  /** What the host has of the chosen repository. */
  private found: FoundDocuments = { items: [], homes: [], unreadable: [], is_cut: false };
  private timer: number | undefined;
  /** The answer to an earlier question may come later. */
  private asked = 0;

  constructor(private readonly page: SecondPage) {
    const query = new URLSearchParams(location.search);
    this.words.value = query.get("q") ?? "";
    if (page.me.role === "guest") {
      replace(page.content, h("p", { class: "lead" }, "Documents are for members. Ask an owner for the role member."));
      return;
    }
    replace(page.tools, this.create);
    replace(page.content, h("p", { class: "lead" }, "The Markdown documents of the repositories. Everybody who has one open writes in the same text."),
      h("form", { class: "documents-filter", role: "search", onsubmit: (event: Event) => { event.preventDefault(); void this.load(); } }, this.words, this.repository), this.status, this.list);
    void this.start(query.get("repository") ?? "");
  }

  private async start(chosen: string): Promise<void> {
    try {
      const names = (await api.repositories()).items.map((repository) => repository.name);
      replace(this.repository, h("option", { value: "" }, "All repositories"), ...names.map((name) => h("option", { value: name, selected: name === chosen }, name)));
      this.repository.hidden = names.length < 2;
      await this.load();
    } catch (error) {
      this.page.failed(error);
    }
  }

  /** A list that is complete is searched here: the host would read the repositories again. */
  private search(): void {
    clearTimeout(this.timer);
    if (this.found.is_cut) this.timer = setTimeout(() => void this.load(), 300);
    else this.draw();
  }

  private async load(): Promise<void> {
    clearTimeout(this.timer);
    const number = (this.asked += 1);
    try {
      const [repository, words] = [this.repository.value, this.words.value.trim()];
      let q = this.found.is_cut ? words : "";
      let found = await api.allDocuments({ repository, q });
      if (found.is_cut && q !== words) found = await api.allDocuments({ repository, q: (q = words) });
      // What has other words is not here.
      if (q !== "") found.is_cut = true;
      if (number !== this.asked) return;
      this.found = found;
      this.page.say(found.unreadable.length === 0 ? "" : `Some repositories could not be read: ${found.unreadable.join(", ")}.`);
      this.create.disabled = found.homes.length === 0;
      this.draw();
    } catch (error) {
      if (number === this.asked) this.page.failed(error);
    }
  }

  private draw(): void {
    const [repository, words] = [this.repository.value, this.words.value.trim()];
    const query = new URLSearchParams({ ...(words !== "" && { q: words }), ...(repository !== "" && { repository }) }).toString();
    history.replaceState(null, "", query === "" ? "/documents" : `/documents?${query}`);
    const wanted = words.toLowerCase().split(/\s+/);
    const items = this.found.items.filter((item) => wanted.every((word) => `${item.path}\n${item.title ?? ""}`.toLowerCase().includes(word)));
    this.status.textContent = `${items.length === 1 ? "1 document" : `${items.length} documents`}${this.found.is_cut ? ", and there may be more" : ""}`;
    const groups = new Map<string, FoundDocument[]>();
    for (const item of items) {
      const key = JSON.stringify([item.repository, item.feature]);
      groups.set(key, [...(groups.get(key) ?? []), item]);
    }
    const repositories = [...new Set(items.map((item) => item.repository))];
    replace(this.list, ...repositories.map((repository) => h("section", { class: "documents-repository", "aria-label": repository },
      h("h2", {}, repository),
      ...[...groups.values()].filter((group) => group[0]!.repository === repository).map((group) => folder(group)))),
    items.length === 0 && h("p", { class: "lead" }, words === "" ? "No documents yet." : "No document has these words in its path or title."));
  }

  private askForNew(): void {
    const home = h("select", { id: "new-home" }, ...this.found.homes.map((home, at) => h("option", { value: at }, `${home.repository}: ${home.feature === null ? "docs/" : `specs/${home.feature}/`}`)));
    const template = h("select", { id: "new-template", onchange: () => suggest() }, h("option", { value: "" }, "Empty"), ...Object.entries(templates).map(([value, label]) => h("option", { value }, label)));
    const name = h("input", { type: "text", id: "new-name", required: true, maxlength: 120, autocomplete: "off", placeholder: "notes.md", oninput: () => { isTyped = true; } });
    let isTyped = false;
    const suggest = (): void => { if (!isTyped) name.value = template.value === "" ? "" : `${template.value}.md`; };
    const begin = (): void => {
      const { repository, branch, feature } = this.found.homes[Number(home.value)]!;
      const folder = feature === null ? "docs" : `specs/${feature}`;
      const file = name.value.trim().replace(/^\/+/, "");
      const path = `${folder}/${/\.(md|markdown)$/i.test(file) ? file : `${file}.md`}`;
      location.assign(`${api.documentAddress(repository, branch, path)}${template.value === "" ? "" : `?template=${template.value}`}`);
    };
    const dialog = open("New document", h("form", { class: "invite-form documents-new", onsubmit: (event: Event) => { event.preventDefault(); begin(); } },
      h("p", {}, "It opens in the editor, and exists for others as soon as you write."),
      h("label", { for: "new-home" }, "Folder"), home, h("label", { for: "new-template" }, "Template"), template, h("label", { for: "new-name" }, "Name"), name,
      h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"), h("button", { type: "submit", class: "primary" }, "Open"))));
    name.focus();
  }
}

function folder(items: FoundDocument[]): HTMLElement {
  const { feature, branch } = items[0]!;
  return h("div", {},
    h("h3", {}, feature ?? "docs/", branch !== feature && h("span", { class: "hint" }, ` on ${branch}`)),
    h("ul", { class: "documents-list" }, ...items.map((item) => h("li", {},
      h("a", { href: item.url, dir: "auto" }, item.title ?? item.path), item.title !== null && h("span", { class: "hint" }, item.path)))));
}

openSecond("documents", "Documents", (page) => void new DocumentsPage(page));
