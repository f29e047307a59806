// The text field of a document: CodeMirror in a shadow root, where the page's content policy allows its styles.

import { copyLineDown, copyLineUp, deleteLine, history, historyKeymap, indentLess, indentMore, insertNewlineKeepIndent, moveLineDown, moveLineUp, standardKeymap } from "@codemirror/commands";
import { openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { Annotation, ChangeSpec, Compartment, EditorState, Transaction } from "@codemirror/state";
import { drawSelection, dropCursor, EditorView, highlightActiveLine, keymap } from "@codemirror/view";
import { h } from "../dom";
import { carets, caretTheme, showCarets } from "./carets";
import { commentMarks, Mark, showMarks } from "./comments";
import { Finding, findingMarks, showFindings } from "./findings";
import { markdown } from "./markdown";
import { Peer } from "./shared";

/** Marks changes that are not the person's own. */
const fromElsewhere = Annotation.define<boolean>();

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "15px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { padding: "16px 0 40vh", caretColor: "var(--accent)", maxWidth: "100%" },
  ".cm-line": { padding: "0 20px" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--hover) 45%, transparent)" },
  "& > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--accent-soft)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--accent-soft)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--text)", borderColor: "var(--line)", fontFamily: "var(--sans)" },
  ".cm-panel.cm-search": { padding: "8px 40px 8px 12px" },
  ".cm-panel.cm-search label": { fontSize: "13px" },
  ".cm-textfield": { font: "inherit", fontSize: "16px", color: "inherit", backgroundColor: "var(--surface)", border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "5px 8px" },
  ".cm-button": { font: "inherit", fontSize: "13px", color: "inherit", background: "none", border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "5px 10px", minHeight: "32px" },
  ".cm-panel.cm-search [name=close]": { color: "inherit", fontSize: "20px", width: "32px", height: "32px" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--accent-soft)", outline: "2px solid var(--accent)" },
});

const keys = [
  { key: "Enter", run: insertNewlineKeepIndent, shift: insertNewlineKeepIndent },
  { key: "Alt-ArrowUp", run: moveLineUp, shift: copyLineUp },
  { key: "Alt-ArrowDown", run: moveLineDown, shift: copyLineDown },
  { key: "Mod-[", run: indentLess },
  { key: "Mod-]", run: indentMore },
  { key: "Shift-Mod-k", run: deleteLine },
];

/** The one splice that makes `next` of `old`, or null. Never cuts a surrogate pair. */
function splice(old: string, next: string): ChangeSpec | null {
  if (old === next) return null;
  const limit = Math.min(old.length, next.length);
  let start = 0;
  while (start < limit && old.charCodeAt(start) === next.charCodeAt(start)) start += 1;
  let end = 0;
  while (end < limit - start && old.charCodeAt(old.length - 1 - end) === next.charCodeAt(next.length - 1 - end)) end += 1;
  const isLow = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  if (start > 0 && (isLow(old, start) || isLow(next, start))) start -= 1;
  if (end > 0 && (isLow(old, old.length - end) || isLow(next, next.length - end))) end -= 1;
  return { from: start, to: old.length - end, insert: next.slice(start, next.length - end) };
}

/** A replacement, in the text that the one before it left. */
export interface Edit { from: number; to: number; insert: string }

export interface FieldDelegate {
  /** The person has typed. */
  edited(edits: Edit[]): void;
  /** The caret is elsewhere. */
  selected(anchor: number, head: number): void;
  /** The text or the caret is another one. */
  moved(): void;
  /** What was typed or pasted makes the text too long, and is left out. */
  full(): void;
  save(): void;
  /** A passage with a comment was touched. */
  commented(number: number): void;
}

export class Field {
  readonly element: HTMLElement;
  private readonly view: EditorView;
  private readonly reading = new Compartment();

  /** - limit: In bytes of UTF-8; more cannot be typed. */
  constructor(name: string, limit: number, delegate: FieldDelegate) {
    this.element = h("div", { class: "editor-field" });
    const root = this.element.attachShadow({ mode: "open" });
    this.view = new EditorView({
      root, parent: root,
      state: EditorState.create({
        extensions: [
          history(), drawSelection(), dropCursor(), highlightActiveLine(), EditorView.lineWrapping, markdown, search({ top: true }), theme, carets, caretTheme, findingMarks, commentMarks,
          EditorState.changeFilter.of((change) => {
            if (!change.docChanged || change.annotation(fromElsewhere) || change.newDoc.length * 3 <= limit) return true;
            const isFine = change.newDoc.length <= change.startState.doc.length || new TextEncoder().encode(change.newDoc.toString()).length <= limit;
            if (!isFine) delegate.full();
            return isFine;
          }),
          this.reading.of(EditorState.readOnly.of(false)),
          EditorView.contentAttributes.of({ "aria-label": name, spellcheck: "true", autocorrect: "on", autocapitalize: "sentences" }),
          keymap.of([{ key: "Mod-s", preventDefault: true, run: () => { delegate.save(); return true; } }, ...searchKeymap, ...historyKeymap, ...keys, ...standardKeymap]),
          EditorView.updateListener.of((update) => {
            const edits: Edit[] = [];
            for (const one of update.transactions) {
              if (!one.docChanged || one.annotation(fromElsewhere)) continue;
              one.changes.iterChanges((from, to, start, _, insert) => edits.push({ from: start, to: start + to - from, insert: insert.toString() }));
            }
            if (edits.length > 0) delegate.edited(edits);
            if (edits.length > 0 || update.selectionSet) delegate.selected(update.state.selection.main.anchor, update.state.selection.main.head);
            if (update.docChanged || update.selectionSet) delegate.moved();
          }),
        ],
      }),
    });
    // Keyboards scroll it also while it is empty.
    this.view.scrollDOM.tabIndex = 0;
    this.view.contentDOM.addEventListener("click", (event) => {
      const mark = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-comment]") : null;
      // Who selects a part of it wants something else.
      if (mark && this.selection === "") delegate.commented(Number(mark.dataset.comment));
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  get selection(): string {
    const { from, to } = this.view.state.selection.main;
    return this.view.state.sliceDoc(from, to);
  }

  get scroller(): HTMLElement {
    return this.view.scrollDOM;
  }

  /** The height at which the line of a place begins, within what scrolls. */
  top(place: number): number {
    return this.view.lineBlockAt(Math.min(place, this.view.state.doc.length)).top + this.view.documentPadding.top;
  }

  /** The selection, in UTF-16 units. */
  get range(): { from: number; to: number } {
    const { from, to } = this.view.state.selection.main;
    return { from, to };
  }

  /** Puts `text` in place of a part, as the person's own edit. */
  replace({ from, to }: { from: number; to: number }, text: string): void {
    this.view.dispatch({ changes: { from, to, insert: text } });
  }

  /** Makes `next` of the text by one splice, as the person's own edit. */
  change(next: string): void {
    const change = splice(this.text, next);
    if (change) this.view.dispatch({ changes: change });
  }

  /** Makes changes of others; undo leaves them alone. */
  apply(changes: ChangeSpec[]): void {
    this.view.dispatch({ changes, annotations: [fromElsewhere.of(true), Transaction.addToHistory.of(false)] });
  }

  /** Makes `text` the whole text, as it is with others. */
  reset(text: string): void {
    const change = splice(this.text, text);
    if (change) this.apply([change]);
  }

  showPeers(peers: Peer[]): void {
    this.view.dispatch({ effects: showCarets.of(peers) });
  }

  showFindings(findings: Finding[]): void {
    this.view.dispatch({ effects: showFindings.of(findings) });
  }

  showComments(marks: Mark[]): void {
    this.view.dispatch({ effects: showMarks.of(marks) });
  }

  setReadOnly(isReadOnly: boolean): void {
    this.view.dispatch({ effects: this.reading.reconfigure(EditorState.readOnly.of(isReadOnly)) });
  }

  /** - line: From 1. */
  revealLine(line: number): void {
    const { doc } = this.view.state;
    this.reveal(doc.line(Math.min(line, doc.lines)).from);
  }

  /** Puts the caret at a place, or selects up to `end`, and shows it. */
  reveal(place: number, end = place): void {
    const { length } = this.view.state.doc;
    this.view.dispatch({ selection: { anchor: Math.min(place, length), head: Math.min(end, length) }, effects: EditorView.scrollIntoView(Math.min(place, length), { y: "start" }) });
    this.view.focus();
  }

  focus(): void {
    this.view.focus();
  }

  search(): void {
    openSearchPanel(this.view);
  }
}
