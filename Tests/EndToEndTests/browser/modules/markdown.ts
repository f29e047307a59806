// Markdown that is made to be expensive.

import { parse } from "../../../../Sources/Gateway/Web/markdown/blocks";
import { Inline, parseInline } from "../../../../Sources/Gateway/Web/markdown/inline";
import { expect } from "./expect";

const depth = (nodes: Inline[]): number => nodes.reduce((most, node) => Math.max(most, "children" in node ? 1 + depth(node.children) : 0), 0);
const length = (nodes: Inline[]): number => nodes.reduce((sum, node) => sum + ("children" in node ? length(node.children) : "text" in node ? node.text.length : 0), 0);

export function markdown(): void {
  const none = new Map<string, number>();
  const nested = "*a ".repeat(5000) + "a* ".repeat(5000);
  expect("emphasis is nested only so deep", depth(parseInline(nested, none)), 32);
  expect("a long row of stars is text", depth(parseInline(`${"*".repeat(4000)}a${"*".repeat(4000)}`, none)), 0);
  const many = "*".repeat(32);
  expect("openers of many signs nest no deeper", depth(parseInline(`${`${many}a `.repeat(20)}b${`${many} `.repeat(20)}`, none)) <= 32, true);
  expect("usual emphasis", depth(parseInline("***a** b*", none)), 2);
  expect("an opener far before many others is text", length(parseInline(`${"*x ".repeat(100)}**b**`, none)), 301);
  const blank = "\n".repeat(50_000);
  expect("a footnote over many blank lines", parse(`[^a]: x${blank}    y`).length, 1);
  expect("a footnote before many blank lines", parse(`[^a]: x${blank}y`).length, 2);
}
