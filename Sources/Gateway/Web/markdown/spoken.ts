// Markdown as a screen reader announces it: the words of prose, and only the size of code and tables.

import { Block } from "./blocks";
import { languageName } from "./drawing";
import { Inline, parseInline } from "./inline";

/** In characters; the rest can be read in the page. */
const longest = 1500;

export function spoken(block: Block): string {
  const text = words(block).replace(/\s+/g, " ").trim();
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function words(block: Block): string {
  switch (block.type) {
    case "paragraph":
    case "heading": return plain(block.text);
    case "code": return codeSize(block.language, block.text);
    case "quote": return `Quote: ${block.blocks.map(words).join(" ")}`;
    case "list": return block.items.map((item) => {
      const state = item.checked === null ? "" : item.checked ? "done: " : "open: ";
      return sentence(state + item.blocks.map(words).join(" "));
    }).join(" ");
    case "table": return `Table with the columns ${block.head.map(plain).join(", ")} and ${count(block.rows.length, "row")}.`;
    case "rule":
    case "footnote": return "";
  }
}

function codeSize(language: string, text: string): string {
  const name = languageName(language);
  return `${name ? `${name} code` : "Code"}, ${count(text.split("\n").length, "line")}.`;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** With a full stop, so that a list is read with pauses. */
const sentence = (text: string): string => (/[.!?:;…]\s*$/.test(text) ? text : `${text}.`);

function plain(text: string): string {
  const flat = (node: Inline): string => {
    switch (node.type) {
      case "text":
      case "code": return node.text;
      case "break": return " ";
      case "footnote": return "";
      default: return node.children.map(flat).join("");
    }
  };
  return parseInline(text, new Map()).map(flat).join("");
}
