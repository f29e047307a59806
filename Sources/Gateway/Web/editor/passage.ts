// Asks for words about a selected passage.

import * as api from "../api";
import { h, iconButton } from "../dom";
import { offerNames } from "../mentions";

interface Question {
  title: string;
  label: string;
  /** The button that ends it. */
  verb: string;
  /** A choice beside the words; null without one. */
  choice: string | null;
}

/** - run: What happens with the words; the dialog stays while it fails. */
export function askAboutPassage(passage: string, question: Question, run: (words: string, isChosen: boolean) => Promise<void>): void {
  const words = h("textarea", { id: "change-words", rows: 3, required: true, maxlength: 2_000 });
  const choice = h("input", { type: "checkbox" });
  const problem = h("p", { class: "problem", role: "alert" });
  const send = h("button", { type: "submit", class: "primary" }, question.verb);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    send.disabled = true;
    try {
      await run(words.value.trim(), choice.checked);
      dialog.close();
    } catch (error) {
      problem.textContent = api.explain(error);
      send.disabled = false;
    }
  };
  const dialog: HTMLDialogElement = h(
    "dialog", { class: "help settings", "aria-labelledby": "change-title", onclose: () => dialog.remove() },
    h("header", {}, h("h2", { id: "change-title" }, question.title), iconButton("close", "Close", () => dialog.close())),
    h("form", { onsubmit: (event: Event) => void submit(event) },
      h("blockquote", { tabindex: 0 }, passage.length > 300 ? `${passage.slice(0, 300)}…` : passage),
      h("label", { for: "change-words" }, question.label), words, offerNames(words),
      question.choice !== null && h("label", {}, choice, ` ${question.choice}`), problem,
      h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"), send)));
  document.body.appendChild(dialog);
  dialog.showModal();
  words.focus();
}
