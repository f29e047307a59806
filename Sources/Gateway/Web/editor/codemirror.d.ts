// The parts of CodeMirror 6 that the editor uses; see vendor/codemirror.

declare module "@codemirror/state" {
  export type Extension = object;
  export interface Line { from: number; to: number; number: number; text: string }
  export interface Text { length: number; lines: number; toString(): string; line(number: number): Line; lineAt(position: number): Line }
  export interface ChangeSpec { from: number; to?: number; insert?: string }
  export class ChangeSet {
    iterChanges(body: (fromA: number, toA: number, fromB: number, toB: number, inserted: Text) => void): void;
  }
  export class Transaction {
    static readonly addToHistory: AnnotationType<boolean>;
    readonly docChanged: boolean;
    readonly changes: ChangeSet;
    readonly newDoc: Text;
    readonly startState: EditorState;
    readonly effects: readonly StateEffect<unknown>[];
    annotation<T>(type: AnnotationType<T>): T | undefined;
  }
  export class StateEffect<T> {
    static define<T>(): { of(value: T): StateEffect<T> };
    readonly value: T;
    is<S>(type: { of(value: S): StateEffect<S> }): this is StateEffect<S>;
  }
  export class StateField<T> { static define<T>(config: { create(state: EditorState): T; update(value: T, transaction: Transaction): T; provide?(field: StateField<T>): Extension }): Extension }
  export interface AnnotationType<T> { of(value: T): object }
  export class Annotation { static define<T>(): AnnotationType<T> }
  export interface Range { from: number; to: number; anchor: number; head: number; empty: boolean }
  export class Compartment { of(extension: Extension): Extension; reconfigure(extension: Extension): object }
  export class EditorState {
    static create(config: { doc?: string; extensions?: Extension[] }): EditorState;
    static readonly readOnly: { of(value: boolean): Extension };
    static readonly changeFilter: { of(filter: (transaction: Transaction) => boolean): Extension };
    static readonly phrases: { of(value: Record<string, string>): Extension };
    readonly doc: Text;
    readonly selection: { main: Range };
    sliceDoc(from?: number, to?: number): string;
  }
}
declare module "@codemirror/view" {
  import { ChangeSet, ChangeSpec, EditorState, Extension, Transaction } from "@codemirror/state";
  export interface ViewUpdate { docChanged: boolean; selectionSet: boolean; viewportChanged: boolean; view: EditorView; transactions: Transaction[]; state: EditorState }
  export class WidgetType { toDOM(): HTMLElement; eq(other: WidgetType): boolean; ignoreEvent(): boolean }
  export interface Decoration { range(from: number, to?: number): object }
  export interface DecorationSet { map(changes: ChangeSet): DecorationSet }
  export const Decoration: {
    none: DecorationSet;
    mark(spec: { class: string; inclusive?: boolean; tagName?: string; attributes?: Record<string, string> }): Decoration;
    line(spec: { attributes: Record<string, string> }): Decoration;
    widget(spec: { widget: WidgetType; side?: number }): Decoration;
    set(ranges: object[], sort: boolean): DecorationSet;
  };
  export class ViewPlugin {
    static define(create: (view: EditorView) => { update(update: ViewUpdate): void }): Extension;
    static define<P extends { update(update: ViewUpdate): void }>(create: (view: EditorView) => P, spec: { decorations(plugin: P): object }): Extension;
  }
  export interface KeyBinding { key?: string; run?: (view: EditorView) => boolean; shift?: (view: EditorView) => boolean; preventDefault?: boolean }
  export class EditorView {
    constructor(config: { state: EditorState; root?: ShadowRoot; parent?: Node });
    readonly state: EditorState;
    readonly dom: HTMLElement;
    readonly contentDOM: HTMLElement;
    readonly scrollDOM: HTMLElement;
    readonly documentPadding: { top: number; bottom: number };
    lineBlockAt(place: number): { top: number };
    readonly visibleRanges: readonly { from: number; to: number }[];
    dispatch(transaction: { changes?: ChangeSpec | ChangeSpec[]; selection?: { anchor: number; head?: number }; scrollIntoView?: boolean; annotations?: object | object[]; effects?: object }): void;
    focus(): void;
    requestMeasure<T>(request: { read(view: EditorView): T; write(measured: T, view: EditorView): void }): void;
    setState(state: EditorState): void;
    static readonly lineWrapping: Extension;
    static readonly contentAttributes: { of(attributes: Record<string, string>): Extension };
    static readonly decorations: { from(field: object): Extension };
    static readonly updateListener: { of(listener: (update: ViewUpdate) => void): Extension };
    static baseTheme(rules: Record<string, Record<string, string>>): Extension;
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
  import { EditorView, KeyBinding } from "@codemirror/view";
  type Command = (view: EditorView) => boolean;
  export const copyLineDown: Command, copyLineUp: Command, deleteLine: Command, indentLess: Command, indentMore: Command,
    insertNewlineKeepIndent: Command, moveLineDown: Command, moveLineUp: Command;
  export const standardKeymap: readonly KeyBinding[];
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
