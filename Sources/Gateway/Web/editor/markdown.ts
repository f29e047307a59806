// Markdown as the editor colours it: line by line, and only the lines that are shown.

import { Extension } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin } from "@codemirror/view";

type Kind = "question" | "mono" | "strong" | "emphasis" | "strike" | "link" | "meta" | "quote" | "box" | "list" | "rule" | "heading";

/** The parts of a line in their order; the first pattern that fits wins. */
const inline = ([
  [/\[NEEDS CLARIFICATION[^\]]*\]/, "question"],
  [/`+[^`]+`+/, "mono"],
  [/\*\*[^*\s](?:[^*]*[^*\s])?\*\*|__[^_\s](?:[^_]*[^_\s])?__/, "strong"],
  [/\*[^*\s](?:[^*]*[^*\s])?\*|\b_[^_\s](?:[^_]*[^_\s])?_\b/, "emphasis"],
  [/~~[^~]+~~/, "strike"],
  [/!?\[[^\]]*\]\([^)\s]*(?:\s+"[^"]*")?\)/, "link"],
  [/<https?:\/\/[^>\s]+>|https?:\/\/[^\s)>\]]+/, "link"],
  [/<!--.*?-->/, "meta"],
] as [RegExp, Kind][]).map(([pattern, kind]): [RegExp, Kind] => [new RegExp(`^(?:${pattern.source})`), kind]);

const beginnings: [RegExp, Kind][] = [
  [/^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/, "rule"],
  [/^ {0,3}#{1,6}(?=\s|$)/, "heading"],
  [/^\s*>+/, "quote"],
  [/^\s*(?:[-+*]|\d{1,9}[.)])\s+\[[ xX~-]\](?=\s)/, "box"],
  [/^\s*(?:[-+*]|\d{1,9}[.)])(?=\s)/, "list"],
  [/^\s*\|(?:[\s:|-]*-[\s:|-]*)$/, "meta"],
];

/** What opens or ends a block of code, or empty: `fence` is what has opened the one before the line. */
function fenceAfter(line: string, fence: string): string {
  const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
  return mark === undefined || !mark.startsWith(fence) ? fence : fence === "" ? mark : "";
}

/** The parts of a line that have a colour; of those that overlap the first one is the outer one. */
export function parts(line: string, fence: string): [from: number, to: number, kind: Kind][] {
  if (line === "") return [];
  if (fenceAfter(line, fence) !== fence) return [[0, line.length, "meta"]];
  if (fence !== "") return [[0, line.length, "mono"]];
  const found: [number, number, Kind][] = [];
  let at = 0;
  for (const [pattern, kind] of beginnings) {
    const match = pattern.exec(line);
    if (!match) continue;
    found.push([0, kind === "heading" ? line.length : match[0]!.length, kind]);
    at = match[0]!.length;
    break;
  }
  while (at < line.length) {
    const rest = line.slice(at);
    const hit = inline.map(([pattern, kind]) => [pattern.exec(rest)?.[0]?.length ?? 0, kind] as const).find(([length]) => length > 0);
    if (hit) found.push([at, at + hit[0], hit[1]]);
    at += hit?.[0] ?? 1 + /^[^`*_~!\[<h\\]*/.exec(rest.slice(1))![0]!.length;
  }
  return found;
}

const marks = new Map<Kind, Decoration>();
function mark(kind: Kind): Decoration {
  const known = marks.get(kind) ?? Decoration.mark({ class: `md-${kind}` });
  marks.set(kind, known);
  return known;
}

function colours(view: EditorView): object {
  const found: object[] = [];
  let fence = "";
  let number = 1;
  const { doc } = view.state;
  for (const range of view.visibleRanges) {
    const last = doc.lineAt(range.to).number;
    for (const first = doc.lineAt(range.from).number; number <= last; number += 1) {
      const line = doc.line(number);
      if (number >= first) for (const [from, to, kind] of parts(line.text, fence)) found.push(mark(kind).range(line.from + from, line.from + to));
      fence = fenceAfter(line.text, fence);
    }
  }
  return Decoration.set(found, true);
}

export const markdown: Extension = [
  ViewPlugin.define((view) => ({
    colours: colours(view),
    update(update) {
      if (update.docChanged || update.viewportChanged) this.colours = colours(update.view);
    },
  }), { decorations: (plugin) => plugin.colours }),
  EditorView.baseTheme({
    ".md-heading": { fontWeight: "650", color: "var(--accent)" },
    ".md-strong": { fontWeight: "650" },
    ".md-emphasis": { fontStyle: "italic" },
    ".md-strike": { textDecoration: "line-through" },
    ".md-link": { color: "var(--accent)" },
    ".md-mono, .md-meta": { color: "var(--text-soft)" },
    ".md-list, .md-rule, .md-quote": { color: "var(--text-faint)" },
    ".md-box": { color: "var(--good)", fontWeight: "600" },
    ".md-question": { color: "var(--warn)", background: "var(--warn-soft)" },
  }),
];
