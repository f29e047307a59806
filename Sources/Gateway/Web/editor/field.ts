// The text field of a document: CodeMirror in a shadow root, where the page's content policy allows its styles.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { Annotation, ChangeSet, ChangeSpec, Compartment, EditorState } from "@codemirror/state";
import { drawSelection, dropCursor, EditorView, highlightActiveLine, keymap } from "@codemirror/view";
import { h } from "../dom";
import { markdown } from "./markdown";

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

/** The one splice that makes `next` of `old`, or null. Never cuts a surrogate pair. */
export function splice(old: string, next: string): ChangeSpec | null {
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

export interface FieldDelegate {
  /** The person has typed. */
  edited(): void;
  /** The text or the caret is another one. */
  moved(): void;
  save(): void;
}

export class Field {
  readonly element: HTMLElement;
  private readonly view: EditorView;
  private readonly reading = new Compartment();
  /** What was typed since {@link mark}. */
  private since: ChangeSet | null = null;

  constructor(name: string, delegate: FieldDelegate) {
    this.element = h("div", { class: "editor-field" });
    const root = this.element.attachShadow({ mode: "open" });
    this.view = new EditorView({
      root, parent: root,
      state: EditorState.create({
        extensions: [
          history(), drawSelection(), dropCursor(), highlightActiveLine(), EditorView.lineWrapping, markdown, search({ top: true }), theme,
          this.reading.of(EditorState.readOnly.of(false)),
          EditorView.contentAttributes.of({ "aria-label": name, spellcheck: "true", autocorrect: "on", autocapitalize: "sentences" }),
          keymap.of([{ key: "Mod-s", preventDefault: true, run: () => { delegate.save(); return true; } }, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.updateListener.of((update) => {
            for (const transaction of update.transactions) if (transaction.docChanged) this.since = this.since?.compose(transaction.changes) ?? null;
            if (update.transactions.some((one) => one.docChanged && !one.annotation(fromElsewhere))) delegate.edited();
            if (update.docChanged || update.selectionSet) delegate.moved();
          }),
        ],
      }),
    });
    // Keyboards scroll it also while it is empty.
    this.view.scrollDOM.tabIndex = 0;
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  get selection(): string {
    const { from, to } = this.view.state.selection.main;
    return this.view.state.sliceDoc(from, to);
  }

  /** The caret's place, in UTF-16 units. */
  get caret(): number {
    return this.view.state.selection.main.head;
  }

  /** Makes `next` of the text by one splice, so that the caret stays where it is. */
  change(next: string): void {
    const change = splice(this.text, next);
    if (change) this.view.dispatch({ changes: change, annotations: fromElsewhere.of(true) });
  }

  /** Remembers the text as it is now. */
  mark(): void {
    this.since = ChangeSet.of([], this.view.state.doc.length);
  }

  /** Does to the text what makes `next` of the marked text `sent`, whatever was typed since. */
  rebase(sent: string, next: string): void {
    const change = splice(sent, next);
    const typed = this.since;
    if (!change || !typed) return;
    this.view.dispatch({ changes: ChangeSet.of(change, sent.length).map(typed), annotations: fromElsewhere.of(true) });
  }

  setReadOnly(isReadOnly: boolean): void {
    this.view.dispatch({ effects: this.reading.reconfigure(EditorState.readOnly.of(isReadOnly)) });
  }

  /** Puts the caret at a place and shows it. */
  reveal(place: number): void {
    this.view.dispatch({ selection: { anchor: Math.min(place, this.view.state.doc.length) }, effects: EditorView.scrollIntoView(place, { y: "start" }) });
    this.view.focus();
  }

  focus(): void {
    this.view.focus();
  }

  search(): void {
    openSearchPanel(this.view);
  }
}
