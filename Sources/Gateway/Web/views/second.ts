// The frame of every section beside the chat: the sections, a head with its title, and what it shows.

import { setUpAnnouncer } from "../announce";
import * as api from "../api";
import { h, replace } from "../dom";
import { setUpToggle } from "../theme";
import { begin, root, signInAgain } from "./begin";
import { Section, sections } from "./sections";

export class SecondPage {
  /** Below the title. */
  readonly content = h("div", { class: "page-content" });
  /** Beside the title. */
  readonly tools = h("div", { class: "page-tools" });
  private readonly problem = h("p", { class: "problem", role: "alert" });

  constructor(readonly me: api.Me, section: Section, title: string, private readonly again: (me: api.Me) => void) {
    const theme = h("button", { type: "button", class: "icon-button" });
    setUpToggle(theme);
    document.title = `${title} · Jetbridge`;
    replace(root, h("div", { class: "frame" },
      h("a", { class: "skip", href: "#main", onclick: (event: Event) => { event.preventDefault(); this.content.focus(); } }, "Skip to the content"),
      sections(section, me, { deleted: () => undefined, failed: (error) => this.failed(error) }),
      h("main", { class: `page ${section}`, id: "main" },
        h("header", { class: "page-head" }, h("h1", {}, title), this.tools, h("span", { class: "spacer" }), theme), this.problem, this.content)));
    this.content.tabIndex = -1;
  }

  failed(error: unknown): void {
    if (error instanceof api.APIError && error.status === 401) signInAgain(this.again);
    else this.say(api.explain(error));
  }

  /** Shows a problem; an empty text removes the one that is shown. */
  say(text: string): void {
    this.problem.textContent = text;
  }
}

export function openSecond(section: Section, title: string, build: (page: SecondPage) => void): void {
  setUpAnnouncer(document.getElementById("announcer")!);
  const start = (me: api.Me): void => build(new SecondPage(me, section, title, start));
  begin(start);
}
