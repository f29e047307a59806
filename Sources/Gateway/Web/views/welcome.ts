// What an empty conversation shows.

import { h } from "../dom";

/** `suggest` puts a text into the message field. */
export function welcome(suggest: (text: string) => void): HTMLElement {
  const suggestion = (text: string, about: string): HTMLElement =>
    h("button", { type: "button", class: "suggestion", onclick: () => suggest(text) }, h("strong", {}, about), h("code", {}, text));
  return h(
    "div", { class: "welcome" },
    h("h2", {}, "What shall we work on?"),
    h("p", {}, "Ask a question, or begin with a command. Answers stream in here; commits come as links."),
    h("div", { class: "suggestions" },
      suggestion("/specify a login page", "Write a specification"),
      suggestion("fix the failing test", "Repair something"),
      suggestion("/status", "See what is running"),
      suggestion("/help", "List the commands")));
}
