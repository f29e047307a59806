// The parts of CodeMirror 6 that the editor uses; see vendor/codemirror.

declare module "@codemirror/state" {
  export type Extension = object;
  export interface Line { from: number; to: number; number: number }
  export interface Text { length: number; lines: number; toString(): string; line(number: number): Line; lineAt(position: number): Line }
  export interface ChangeSpec { from: number; to?: number; insert?: string }
  export class ChangeSet {
    static of(changes: ChangeSpec | ChangeSpec[], length: number): ChangeSet;
    compose(other: ChangeSet): ChangeSet;
    map(other: ChangeSet): ChangeSet;
    readonly empty: boolean;
  }
  export interface Transaction { docChanged: boolean; changes: ChangeSet; annotation<T>(type: AnnotationType<T>): T | undefined }
  export interface AnnotationType<T> { of(value: T): object }
  export class Annotation { static define<T>(): AnnotationType<T> }
  export interface Range { from: number; to: number; head: number; empty: boolean }
  export class Compartment { of(extension: Extension): Extension; reconfigure(extension: Extension): object }
  export class EditorState {
    static create(config: { doc?: string; extensions?: Extension[] }): EditorState;
    static readonly readOnly: { of(value: boolean): Extension };
    static readonly phrases: { of(value: Record<string, string>): Extension };
    readonly doc: Text;
    readonly selection: { main: Range };
    sliceDoc(from?: number, to?: number): string;
  }
}
declare module "@codemirror/view" {
  import { ChangeSet, ChangeSpec, EditorState, Extension, Transaction } from "@codemirror/state";
  export interface ViewUpdate { docChanged: boolean; selectionSet: boolean; transactions: Transaction[]; state: EditorState }
  export interface KeyBinding { key?: string; run?: (view: EditorView) => boolean; preventDefault?: boolean }
  export class EditorView {
    constructor(config: { state: EditorState; root?: ShadowRoot; parent?: Node });
    readonly state: EditorState;
    readonly dom: HTMLElement;
    readonly contentDOM: HTMLElement;
    readonly scrollDOM: HTMLElement;
    dispatch(transaction: { changes?: ChangeSpec | ChangeSet; selection?: { anchor: number; head?: number }; scrollIntoView?: boolean; annotations?: object; effects?: object }): void;
    focus(): void;
    setState(state: EditorState): void;
    static readonly lineWrapping: Extension;
    static readonly contentAttributes: { of(attributes: Record<string, string>): Extension };
    static readonly updateListener: { of(listener: (update: ViewUpdate) => void): Extension };
    static theme(rules: Record<string, Record<string, string>>): Extension;
    static scrollIntoView(position: number, options?: { y?: "start" | "center" }): object;
  }
  export const keymap: { of(bindings: readonly KeyBinding[]): Extension };
  export function drawSelection(): Extension;
  export function dropCursor(): Extension;
  export function highlightActiveLine(): Extension;
}
declare module "@codemirror/commands" {
  import { Extension } from "@codemirror/state";
  import { KeyBinding } from "@codemirror/view";
  export const defaultKeymap: readonly KeyBinding[];
  export const historyKeymap: readonly KeyBinding[];
  export function history(): Extension;
}
declare module "@codemirror/search" {
  import { Extension } from "@codemirror/state";
  import { EditorView, KeyBinding } from "@codemirror/view";
  export const searchKeymap: readonly KeyBinding[];
  export function search(config?: { top?: boolean }): Extension;
  export function openSearchPanel(view: EditorView): boolean;
}
declare module "@codemirror/language" {
  import { Extension } from "@codemirror/state";
  import { Tag } from "@lezer/highlight";
  export interface StringStream {
    sol(): boolean;
    eol(): boolean;
    next(): string | void;
    skipToEnd(): void;
    match(pattern: RegExp): RegExpMatchArray | null;
  }
  export class StreamLanguage { static define<State>(parser: { name?: string; startState(): State; copyState?(state: State): State; token(stream: StringStream, state: State): string | null; tokenTable?: Record<string, Tag> }): Extension }
  export class HighlightStyle { static define(specs: ({ tag: Tag | Tag[] } & Record<string, unknown>)[]): Extension }
  export function syntaxHighlighting(style: Extension): Extension;
}
declare module "@lezer/highlight" {
  export interface Tag { readonly set: Tag[] }
  export const tags: Record<"heading" | "strong" | "emphasis" | "link" | "url" | "monospace" | "quote" | "list" | "meta" | "contentSeparator" | "strikethrough" | "invalid" | "atom", Tag>;
}
