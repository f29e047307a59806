// The page's second level: its sections, the same on all of them; beside the page, on a phone below it.

import { Me } from "../api";
import { h, icon, IconName } from "../dom";
import { places } from "../places";
import { showSettings, SettingsDelegate } from "./settings";

export type Section = "chat" | "tasks" | "documents" | "analytics" | "people" | "schedules";

/** With what a person of this role may open. */
export function sections(current: Section, me: Me, delegate: SettingsDelegate): HTMLElement {
  const link = (section: Section, name: IconName, label: string): HTMLElement => {
    const isCurrent = section === current;
    return h("a", {
      href: section === "chat" ? places.conversation : `/${section}`, "aria-current": isCurrent ? "page" : null,
      onclick: (event: MouseEvent) => {
        // Its address may name a place within the page, which is not left.
        if (isCurrent && !event.ctrlKey && !event.metaKey && !event.shiftKey) event.preventDefault();
        else if (section === "chat") (event.currentTarget as HTMLAnchorElement).href = places.conversation;
      },
    }, icon(name), h("span", {}, label));
  };
  return h("nav", { class: "sections", "aria-label": "Sections" },
    link("chat", "chat", "Chats"), me.role !== "guest" && link("tasks", "tasks", "Tasks"), me.role !== "guest" && link("documents", "document", "Docs"), link("analytics", "chart", "Analytics"),
    me.role === "owner" && link("people", "people", "People"), h("span", { class: "spacer" }),
    h("button", { type: "button", onclick: () => void showSettings(delegate) }, icon("sliders"), h("span", {}, "Settings")));
}
