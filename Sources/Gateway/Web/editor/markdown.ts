// Markdown as the editor colours it: line by line, so that a long document costs no more than what is shown.

import { HighlightStyle, StreamLanguage, StringStream, syntaxHighlighting } from "@codemirror/language";
import { Extension } from "@codemirror/state";
import { tags } from "@lezer/highlight";

interface State {
  /** What ends the block of code that is open; empty outside one. */
  fence: string;
  inHeading: boolean;
}

/** The parts of a line in their order; the first pattern that fits wins. */
const inline = ([
  [/\[NEEDS CLARIFICATION[^\]]*\]/, "question"],
  [/`+[^`]+`+/, "monospace"],
  [/\*\*[^*\s](?:[^*]*[^*\s])?\*\*|__[^_\s](?:[^_]*[^_\s])?__/, "strong"],
  [/\*[^*\s](?:[^*]*[^*\s])?\*|\b_[^_\s](?:[^_]*[^_\s])?_\b/, "emphasis"],
  [/~~[^~]+~~/, "strikethrough"],
  [/!?\[[^\]]*\]\([^)\s]*(?:\s+"[^"]*")?\)/, "link"],
  [/<https?:\/\/[^>\s]+>|https?:\/\/[^\s)>\]]+/, "url"],
  [/<!--.*?-->/, "meta"],
] as [RegExp, string][]).map(([pattern, kind]): [RegExp, string] => [new RegExp(`^(?:${pattern.source})`), kind]);

function token(stream: StringStream, state: State): string | null {
  if (stream.sol()) {
    state.inHeading = false;
    const fence = stream.match(/^ {0,3}(`{3,}|~{3,})/);
    if (fence && (state.fence === "" || fence[1]!.startsWith(state.fence))) {
      state.fence = state.fence === "" ? fence[1]! : "";
      stream.skipToEnd();
      return "meta";
    }
    if (state.fence === "") {
      if (stream.match(/^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/)) return "contentSeparator";
      if (stream.match(/^ {0,3}#{1,6}(?=\s|$)/)) {
        state.inHeading = true;
        return "heading";
      }
      if (stream.match(/^\s*>+/)) return "quote";
      if (stream.match(/^\s*(?:[-+*]|\d{1,9}[.)])\s+\[[ xX~-]\](?=\s)/)) return "box";
      if (stream.match(/^\s*(?:[-+*]|\d{1,9}[.)])(?=\s)/)) return "list";
      if (stream.match(/^\s*\|(?:[\s:|-]*-[\s:|-]*)$/)) return "meta";
    }
  }
  if (state.fence !== "") {
    stream.skipToEnd();
    return "monospace";
  }
  for (const [pattern, kind] of inline) {
    if (stream.match(pattern)) return kind;
  }
  stream.next();
  stream.match(/^[^`*_~!\[<h\\]+/);
  return state.inHeading ? "heading" : null;
}

export const markdown: Extension = [
  StreamLanguage.define<State>({
    name: "markdown", startState: () => ({ fence: "", inHeading: false }), copyState: (state) => ({ ...state }), token,
    tokenTable: { question: tags.invalid, box: tags.atom },
  }),
  syntaxHighlighting(HighlightStyle.define([
    { tag: tags.heading, fontWeight: "650", color: "var(--accent)" },
    { tag: tags.strong, fontWeight: "650" },
    { tag: tags.emphasis, fontStyle: "italic" },
    { tag: tags.strikethrough, textDecoration: "line-through" },
    { tag: [tags.link, tags.url], color: "var(--accent)" },
    { tag: [tags.monospace, tags.meta], color: "var(--text-soft)" },
    { tag: [tags.list, tags.contentSeparator], color: "var(--text-faint)" },
    { tag: tags.quote, color: "var(--text-faint)" },
    { tag: tags.atom, color: "var(--good)", fontWeight: "600" },
    { tag: tags.invalid, color: "var(--warn)", background: "var(--warn-soft)" },
  ])),
];
