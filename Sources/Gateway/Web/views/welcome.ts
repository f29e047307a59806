// What an empty conversation shows.

import { Child, h, replace } from "../dom";

/** What a new conversation has. */
export interface Surroundings {
  /** Whether a script answers instead of a model. */
  isRehearsal: boolean;
  hasRepository: boolean;
  hasSpecs: boolean;
  hasTasks: boolean;
}

/** What it is about, and the text. */
type Suggestion = [string, string];

/** Pure. */
export function suggestions({ isRehearsal, hasRepository, hasSpecs, hasTasks }: Surroundings): Suggestion[] {
  if (isRehearsal) {
    return [
      ["Write a specification", "/specify a login page"], ["Repair something", "fix the failing test"],
      ["See what is running", "/status"], ["List the commands", "/help"],
    ];
  }
  if (!hasRepository) {
    return [
      ["Begin", "What can you help me with?"], ["Understand a text", "Explain in simple words: "],
      ["Shorten a text", "Summarize in five sentences: "], ["Translate", "Translate into English: "],
    ];
  }
  return [
    ["Get an overview", "What does this repository do?"],
    ["Try it", "Where are the tests, and how do I run them?"],
    hasSpecs ? ["Catch up", "Which specifications are there, and what is still open in them?"] : ["Plan something new", "/specify "],
    hasTasks ? ["Choose a task", "Which of the open tasks should I do next, and why?"] : ["Find a weak spot", "Which part of this code is most likely to break, and why?"],
  ];
}

/** `suggest` puts a text into the message field. While the surroundings are not known, nothing is suggested. */
export function welcome(suggest: (text: string) => void, surroundings: Promise<Surroundings>): HTMLElement {
  const list = h("div", { class: "suggestions" });
  const more = h("p", { class: "welcome-more", hidden: true });
  const put = (className: string, text: string, ...face: Child[]): HTMLElement => h("button", { type: "button", class: className, onclick: () => suggest(text) }, ...face);
  void surroundings.then((found) => {
    replace(list, ...suggestions(found).map(([about, text]) => put(
      "suggestion", text, h("strong", {}, about),
      text.startsWith("/") ? h("code", {}, text.endsWith(" ") ? `${text}…` : text) : h("span", {}, text.endsWith(" ") ? `${text}…` : text))));
    replace(more, "Commands begin with ", h("code", {}, "/"), ": ", put("link", "/help", "/help"), " lists them.");
    more.hidden = found.isRehearsal;
  });
  return h(
    "div", { class: "welcome" },
    h("h2", {}, "What shall we work on?"),
    h("p", {}, "Ask a question, or begin with a command. Answers stream in here; commits come as links."), list, more);
}
