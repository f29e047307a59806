// Markdown as a screen reader announces it: the words of prose, and only the size of code and tables.

import { codeOf } from "./drawing";
import { Block, parseInline, Token } from "./parser";

/** In characters; the rest can be read in the page. */
const longest = 1500;

export function spoken(block: Block): string {
  const text = words(block.tokens).replace(/\s+/g, " ").trim();
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function words(tokens: Token[]): string {
  let text = "";
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]!;
    switch (token.type) {
      case "formula": text += `${token.content}. `; break;
      case "inline": text += `${plain(token)} `; break;
      case "fence":
      case "code_block": text += `${codeSize(token)} `; break;
      case "blockquote_open": text += "Quote: "; break;
      case "list_item_open": if (token.meta) text += token.meta.checked ? "done: " : "open: "; break;
      // With a full stop, so that a list is read with pauses.
      case "list_item_close": if (!/[.!?:;…]\s*$/.test(text)) text = `${text.trimEnd()}. `; break;
      case "table_open": {
        const end = tokens.findIndex((other, index) => index > at && other.type === "table_close");
        text += `${table(tokens.slice(at, end))} `;
        at = end;
      }
    }
  }
  return text;
}

function table(tokens: Token[]): string {
  const columns = tokens.filter((_, index) => tokens[index - 1]?.type === "th_open").map(plain);
  return `Table with the columns ${columns.join(", ")} and ${count(tokens.filter((token) => token.type === "tr_open").length - 1, "row")}.`;
}

function codeSize(token: Token): string {
  const { language, text } = codeOf(token);
  return `${language ? `${language} code` : "Code"}, ${count(text.split("\n").length, "line")}.`;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

const plain = (token: Token): string =>
  parseInline(token, new Map()).map((part) => (part.type.endsWith("break") ? " " : part.content)).join("");
