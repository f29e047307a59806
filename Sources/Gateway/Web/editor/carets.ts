// Where the others are in the text.

import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, DecorationSet, EditorView, ViewPlugin, WidgetType } from "@codemirror/view";
import { h } from "../dom";
import { Peer } from "./shared";

/** Those of editor.css, which do not reach the field's shadow root. */
const hsl = ["25 65% 36%", "145 65% 28%", "265 50% 46%", "60 70% 26%", "200 70% 32%", "330 60% 40%"];
export const colour = (peer: Peer): number => peer.id % hsl.length;

class Caret extends WidgetType {
  constructor(private readonly peer: Peer) {
    super();
  }

  toDOM(): HTMLElement {
    return h("span", { class: `cm-peer peer-${colour(this.peer)}`, "aria-hidden": "true" }, h("span", { class: "cm-peer-name" }, this.peer.name));
  }

  eq(other: WidgetType): boolean {
    return other instanceof Caret && other.peer.id === this.peer.id && other.peer.name === this.peer.name;
  }

  ignoreEvent(): boolean {
    return true;
  }
}

export const showCarets = StateEffect.define<Peer[]>();

function decorations(peers: Peer[], length: number): DecorationSet {
  return Decoration.set(peers.flatMap((peer) => {
    if (!peer.selection) return [];
    const [anchor, head] = [Math.min(peer.selection.anchor, length), Math.min(peer.selection.head, length)];
    const caret = Decoration.widget({ widget: new Caret(peer), side: 1 }).range(head);
    if (anchor === head) return [caret];
    return [caret, Decoration.mark({ class: `cm-peer-selection peer-${colour(peer)}` }).range(Math.min(anchor, head), Math.max(anchor, head))];
  }), true);
}

export const carets = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (shown, transaction) => {
    for (const effect of transaction.effects) if (effect.is(showCarets)) return decorations(effect.value, transaction.newDoc.length);
    return shown.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Names stay inside the field: near its right edge they go to the left of their carets. */
const namesInside = ViewPlugin.define((view) => {
  const measure = {
    read: () => {
      const right = view.scrollDOM.getBoundingClientRect().left + view.scrollDOM.clientWidth;
      return [...view.contentDOM.querySelectorAll<HTMLElement>(".cm-peer-name")].map((name) => ({ name, isOut: name.parentElement!.getBoundingClientRect().left + name.offsetWidth > right }));
    },
    write: (names: { name: HTMLElement; isOut: boolean }[]) => { for (const { name, isOut } of names) name.classList.toggle("left", isOut); },
  };
  view.requestMeasure(measure);
  return { update: () => view.requestMeasure(measure) };
});

export const caretTheme = [namesInside, EditorView.theme({
  ".cm-peer": { position: "relative", borderLeft: "2px solid var(--peer)", marginInline: "-1px", pointerEvents: "none" },
  ".cm-peer-name": { position: "absolute", bottom: "100%", left: "-2px", padding: "0 4px", borderRadius: "4px 4px 4px 0", font: "600 11px/1.4 var(--sans)", color: "#fff", backgroundColor: "var(--peer)", whiteSpace: "nowrap", maxWidth: "22ch", overflow: "hidden", textOverflow: "ellipsis" },
  ".cm-peer-name.left": { left: "auto", right: "0", borderRadius: "4px 4px 0 4px" },
  ".cm-line:first-child .cm-peer-name": { bottom: "auto", top: "100%" },
  ".cm-peer-selection": { backgroundColor: "color-mix(in srgb, var(--peer) 22%, transparent)" },
  ...Object.fromEntries(hsl.map((value, index) => [`.peer-${index}`, { "--peer": `hsl(${value})` }])),
})];
