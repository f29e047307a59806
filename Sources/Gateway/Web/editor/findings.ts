// What the rules find in the text: marked in the margin while somebody types, and listed with what to do.

import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, DecorationSet, EditorView } from "@codemirror/view";
import { h, replace } from "../dom";

export interface Finding {
  /** From 1; null for the document as a whole. */
  line: number | null;
  severity: "error" | "warning";
  message: string;
}

export const showFindings = StateEffect.define<Finding[]>();

export const findingMarks = [
  StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update: (shown, transaction) => {
      const { newDoc } = transaction;
      for (const effect of transaction.effects) {
        if (!effect.is(showFindings)) continue;
        return Decoration.set(effect.value.flatMap(({ line, severity, message }) => line === null || line > newDoc.lines ? [] : [
          Decoration.line({ attributes: { class: `cm-finding ${severity}`, title: message } }).range(newDoc.line(line).from)]), true);
      }
      return shown.map(transaction.changes);
    },
    provide: (field) => EditorView.decorations.from(field),
  }),
  EditorView.baseTheme({
    ".cm-line.cm-finding": { boxShadow: "inset 4px 0 var(--warn)" },
    ".cm-line.cm-finding.error": { boxShadow: "inset 4px 0 var(--bad)" },
  }),
];

/** Shows the findings in an element of details, and returns how many there are; empty without any. */
export function listFindings(element: HTMLDetailsElement, findings: Finding[], reveal: (line: number) => void): string {
  const count = (severity: Finding["severity"]): string[] => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? "" : "s"}`];
  };
  const summary = [...count("error"), ...count("warning")].join(", ");
  element.hidden = findings.length === 0;
  replace(element, h("summary", {}, summary), h("ul", {}, ...findings.map(({ line, severity, message }) => h(
    "li", { class: severity },
    line === null ? message : h("button", { type: "button", onclick: () => reveal(line) }, h("b", {}, `Line ${line}`), ` ${message}`)))));
  return summary;
}
