// Parses Markdown with markdown-it (MIT, Debian's node-markdown-it) into tokens: CommonMark with GitHub's tables and
// strikethrough, and with our task lists, footnotes and formulas. Raw HTML is text, links lead to http and https only, and images
// are links. Link definitions are text, because one at the end would change the blocks above it, and because their cost
// grows with the square of the text. The page makes elements of the tokens, so there is no HTML text to sanitise.

/*! markdown-it, linkify-it, mdurl, uc.micro, Punycode.js
Copyright (c) 2014-2015 Vitaly Puzrin, Alex Kocharin; Mathias Bynens; Joyent, Inc. and other Node contributors.

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
*/

import MarkdownIt from "markdown-it";
import type { BlockState, InlineState, Token } from "markdown-it";

export type { Token };

/** A top-level block with its source, which shows whether a growing text has changed the block. */
export interface Block {
  tokens: Token[];
  source: string;
}

// Deeper nesting is text, so that hostile text cannot exhaust the stack or the page's layout.
const deepest = 32;
/** In characters; a longer paragraph is shown without markup, because some take time by its square. */
const longest = 20_000;

const footnote = /^\[\^([^\]\s]{1,60})\]:[ \t]*/;
const markdown = new MarkdownIt({ maxNesting: 100 }).disable("reference");
markdown.validateLink = () => true;
markdown.normalizeLink = markdown.normalizeLinkText = (href) => href;
markdown.block.ruler.before("table", "deep", deepBlock);
markdown.block.ruler.before("paragraph", "footnote", footnoteBlock, { alt: ["paragraph", "blockquote", "list"] });
markdown.inline.ruler.before("text", "address", address);
markdown.block.ruler.before("fence", "formula", formulaBlock, { alt: ["paragraph", "blockquote", "list"] });
markdown.inline.ruler.before("escape", "formula", formula);
markdown.inline.ruler.before("escape", "sign", formulaSign);
markdown.inline.ruler.before("emphasis", "row", rowOfSigns);
markdown.inline.ruler.before("link", "footnote", footnoteReference);

const scanSigns = markdown.inline.State.prototype.scanDelims;
markdown.inline.State.prototype.scanDelims = function (start, canSplitWord) {
  const signs = scanSigns.call(this, start, canSplitWord);
  return canSplitWord ? { ...signs, ...flanking(this.src, start, start + signs.length) } : signs;
};

export function parse(text: string): Block[] {
  return blocks(text, true);
}

/** The blocks of a footnote's text; footnotes are defined at the top level only. */
export function parseFootnote(note: Token): Block[] {
  return blocks(note.content, false);
}

function blocks(text: string, allowFootnotes: boolean): Block[] {
  const source = text.replace(/\r\n?/g, "\n").replace(/\0/g, "\ufffd");
  const lines = source.split("\n");
  const tokens: Token[] = [];
  markdown.block.parse(source, markdown, { allowFootnotes }, tokens);
  complete(tokens);
  const found: Block[] = [];
  let first = 0;
  tokens.forEach((token, index) => {
    if (token.level > 0 || token.nesting > 0) return;
    const map = tokens[first]!.map ?? [0, 0];
    found.push({ tokens: tokens.slice(first, index + 1), source: lines.slice(map[0], map[1]).join("\n") });
    first = index + 1;
  });
  return found;
}

/** What markdown-it leaves out: task lists, and bars in code in tables. */
function complete(tokens: Token[]): void {
  tokens.forEach((item, index) => {
    if (item.type === "th_open" || item.type === "td_open") tokens[index + 1]!.content = tokens[index + 1]!.content.replace(/\\\|/g, "|");
    if (item.type !== "list_item_open") return;
    const text = tokens[index + 2];
    const task = text?.type === "inline" ? /^\[([ xX])\][ \t]+(?=\S)/.exec(text.content) : null;
    if (!task || !text) return;
    item.meta = { checked: task[1] !== " " };
    text.content = text.content.slice(task[0]!.length);
  });
}

// Change: the page's Markdown, links and code blocks
/** Accepts http and https only. Anything else (javascript:, data:, relative paths that a model made up) stays text. */
export function safeLink(href: string): string | null {
  if (!/^https?:\/\//i.test(href)) return null;
  try {
    const url = new URL(href);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** The parts of an inline token: text, code_inline, softbreak, hardbreak, footnote, formula, and pairs of em, strong, s and link
 * with a safe address. Nothing is nested deeper than `deepest`, and no link is within another.
 * @param notes the numbers of the footnotes that can be referenced */
export function parseInline(token: Token, notes: ReadonlyMap<string, number>): Token[] {
  const found: Token[] = [];
  if (token.content.length > longest) return [{ ...token, type: "text", nesting: 0 }];
  markdown.inline.parse(token.content, markdown, { notes }, found);
  const open: { type: string; rest: string }[] = [];
  let link = false;
  const asText = (part: Token, content: string): void => void Object.assign(part, { type: "text", nesting: 0, content, attrs: null });
  for (const part of found) {
    if (part.type === "image") {
      const source = part.attrGet("src") ?? "";
      const href = safeLink(source);
      // An image of another site is shown as a link, so that nothing is fetched there.
      const content = href ? part.content || "image" : `${part.content} (${source})`;
      if (link) asText(part, `${part.content} (${source})`);
      else Object.assign(part, { type: "image", attrs: href ? [["href", href]] : null, content, meta: { source, text: part.content } });
    } else if (part.type === "footnote" && link) {
      asText(part, part.markup);
    } else if (part.nesting === 1) {
      const isLink = part.type === "link_open";
      const href = isLink ? part.attrGet("href") ?? "" : "";
      const safe = isLink && !link ? safeLink(href) : null;
      if (open.length >= deepest || (isLink && !safe)) {
        open.push({ type: "text", rest: isLink ? (link ? "" : ` (${href})`) : part.markup });
        asText(part, isLink ? "" : part.markup);
      } else {
        if (safe) part.attrs = [["href", safe], ...(part.attrs ?? []).filter(([name]) => name === "title")];
        link ||= isLink;
        open.push({ type: part.type, rest: "" });
      }
    } else if (part.nesting === -1) {
      const opened = open.pop();
      if (opened?.type === "link_open") link = false;
      if (opened?.type === "text") asText(part, opened.rest);
    }
  }
  return found;
}

/** Blocks at the deepest level are a paragraph. */
function deepBlock(state: BlockState, from: number, to: number, silent: boolean): boolean {
  if (silent || state.level < deepest) return false;
  state.push("paragraph_open", "p", 1).map = [from, to];
  Object.assign(state.push("inline", "", 0), { content: state.getLines(from, to, state.blkIndent, false), children: [] });
  state.push("paragraph_close", "p", -1);
  state.line = to;
  return true;
}

function footnoteBlock(state: BlockState, from: number, to: number, silent: boolean): boolean {
  // Below a list or a quote, a definition ends it.
  const isOutside = state.level === 0 || (silent && state.sCount[from]! < state.blkIndent);
  if (!state.env.allowFootnotes || !isOutside || state.sCount[from]! > 3) return false;
  const line = state.getLines(from, from + 1, 3, false);
  const start = footnote.exec(line);
  if (!start) return false;
  if (silent) return true;
  const ends = markdown.block.ruler.getRules("paragraph");
  let end = from + 1;
  let isLazy = line.length > start[0]!.length;
  for (let at = end; at < to; at += 1) {
    if (state.isEmpty(at)) {
      isLazy = false;
      continue;
    }
    // A paragraph may continue without its indentation.
    const isInside = state.sCount[at]! >= 4 || (isLazy && !ends.some((rule) => rule(state, at, to, true)));
    if (!isInside) break;
    isLazy = true;
    end = at + 1;
  }
  const rest = end > from + 1 ? `\n${state.getLines(from + 1, end, 4, false)}` : "";
  const content = line.slice(start[0]!.length) + rest;
  Object.assign(state.push("footnote", "", 0), { map: [from, end], meta: { label: start[1] }, content });
  state.line = end;
  return true;
}

function footnoteReference(state: InlineState, silent: boolean): boolean {
  if (state.src[state.pos] !== "[" || !state.env.notes?.size) return false;
  const found = /^\[\^([^\]\s]{1,60})\]/.exec(state.src.slice(state.pos, state.pos + 64));
  const number = found && state.env.notes.get(found[1]);
  if (!found || number === undefined) return false;
  if (!silent) Object.assign(state.push("footnote", "", 0), { meta: { number }, markup: found[0] });
  state.pos += found[0]!.length;
  return true;
}

/** A bare web address. markdown-it stops at a colon, so its scheme has just been read. */
function address(state: InlineState, silent: boolean): boolean {
  if (silent || state.src[state.pos] !== ":") return false;
  const scheme = /(?<![\w/])https?$/i.exec(state.pending.slice(-7))?.[0];
  const found = scheme ? /^:\/\/[^\s<>"`]{1,2000}/.exec(state.src.slice(state.pos, state.pos + 2010)) : null;
  if (!scheme || !found) return false;
  let rest = found[0]!.replace(/[.,:;!?'*_~]+$/, "");
  while (rest.endsWith(")") && rest.split(")").length > rest.split("(").length) rest = rest.slice(0, -1);
  if (!safeLink(scheme + rest)) return false;
  state.pending = state.pending.slice(0, -scheme.length);
  state.push("link_open", "a", 1).attrs = [["href", scheme + rest]];
  state.push("text", "", 0).content = scheme + rest;
  state.push("link_close", "a", -1);
  state.pos += rest.length;
  return true;
}

function rowOfSigns(state: InlineState, silent: boolean): boolean {
  const found = /^([*_~])\1{32,}/.exec(state.src[state.pos] === state.src[state.pos + 32] ? state.src.slice(state.pos, state.posMax) : "");
  if (!found) return false;
  if (!silent) state.pending += found[0];
  state.pos += found[0]!.length;
  return true;
}

/** In characters and lines; a longer formula stays text. */
const longestFormula = 2_000;
const mostLines = 100;

// `$5 and $6` is money, and `${HOME}/${USER}` a command: nothing blank follows the first sign or precedes the last, and no letter
// or digit is beside them, nor a bracket after the last.
const formulas = [
  /^\$\$((?:\\[^]|\$(?!\$)|[^$\\`])+)\$\$(?!\$)/,
  /^\$(?!\s)((?:\\[^]|[^$\\`])*(?:\\\S|[^$\\`\s]))\$(?![0-9A-Za-z$({])/,
  /^\\\[((?:\\[^[\]]|[^\\`])+)\\\]/,
  /^\\\(((?:\\[^()]|[^\\`])+)\\\)/,
];

interface Formula {
  /** With its signs. */
  source: string;
  tex: string;
  isDisplay: boolean;
}

/** The formula with which a text begins. */
function formulaOf(text: string): Formula | null {
  const kind = text[0] === "$" ? (text[1] === "$" ? 0 : 1) : "[(".indexOf(text[1] ?? " ") + 2;
  const found = formulas[kind]?.exec(text.slice(0, longestFormula + 4));
  const tex = found?.[1]?.trim();
  return found && tex ? { source: found[0]!, tex, isDisplay: kind % 2 === 0 } : null;
}

function pushFormula(state: BlockState | InlineState, { source, tex, isDisplay }: Formula, isBlock: boolean): Token {
  return Object.assign(state.push("formula", "", 0), { content: tex, markup: source, meta: { isDisplay, isBlock } });
}

function formula(state: InlineState, silent: boolean): boolean {
  const sign = state.src[state.pos];
  if (sign !== "$" && sign !== "\\") return false;
  if (sign === "$" && /[0-9A-Za-z$]/.test(state.src[state.pos - 1] ?? "")) return false;
  const found = formulaOf(state.src.slice(state.pos, Math.min(state.posMax, state.pos + longestFormula + 4)));
  if (!found) return false;
  if (!silent) pushFormula(state, found, false);
  state.pos += found.source.length;
  return true;
}

/** A formula of one or more lines, none of them blank, which may begin like a list or a heading. */
function formulaBlock(state: BlockState, from: number, to: number, silent: boolean): boolean {
  if (state.sCount[from]! - state.blkIndent > 3) return false;
  let text = state.getLines(from, from + 1, state.sCount[from]!, false).trimEnd();
  const close = text.startsWith("$$") ? "$$" : text.startsWith("\\[") ? "\\]" : null;
  if (close === null) return false;
  let end = from + 1;
  if (text.length < 5 || !text.endsWith(close)) {
    // Each line of many may begin one that is never closed: lines that were looked at for an earlier one are skipped.
    const unclosed = (state.env.unclosed ??= {});
    const key = `${close} ${to} ${state.blkIndent}`;
    const known = unclosed[key];
    if (known && from < known.end) {
      if (known.isLast) return false;
      end = Math.max(end, known.end);
    }
    const line = (at: number): string => state.getLines(at, at + 1, state.blkIndent, false).trimEnd();
    for (; ; end += 1) {
      const isLast = end >= to || state.isEmpty(end) || state.sCount[end]! < state.blkIndent;
      if (isLast || end >= from + mostLines || state.bMarks[end]! - state.bMarks[from]! > 2 * longestFormula) {
        unclosed[key] = { end, isLast };
        return false;
      }
      if (line(end).endsWith(close)) break;
    }
    end += 1;
    for (let at = from + 1; at < end; at += 1) text += `\n${line(at)}`;
  }
  const found = formulaOf(text);
  if (found?.source !== text) return false;
  if (silent) return true;
  pushFormula(state, found, true).map = [from, end];
  state.line = end;
  return true;
}

/** The backslashes of `a\,b`, and of what only looks like a formula, stay, as on every network. */
function formulaSign(state: InlineState, silent: boolean): boolean {
  const sign = state.src[state.pos] === "\\" && state.pos + 1 < state.posMax ? state.src[state.pos + 1]! : "";
  if (!sign || !"()[]{},;".includes(sign)) return false;
  if (!silent) state.pending += `\\${sign}`;
  state.pos += 2;
  return true;
}

// East Asian wide, full-width and half-width characters, and Hangul; the same as MarkdownEmphasis.isWide.
const wide =
  /[\u1100-\u11ff\u20a9\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uffee\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d37f}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;

/** Whether signs can open and close emphasis. As CommonMark says, with the amendment that is proposed for Chinese, Japanese
 * and Korean text (github.com/tats-u/markdown-cjk-friendly), which puts no spaces around words: its punctuation counts as
 * letters, and any of its characters may stand beside other punctuation. */
function flanking(text: string, start: number, end: number): { can_open: boolean; can_close: boolean } {
  const last = /(.)([\ufe00-\ufe0e]?)$/su.exec(text.slice(Math.max(0, start - 3), start));
  const isQuote = last?.[2] === "\ufe01" && /[‘’“”]/.test(last[1]!);
  const before = isQuote || /[\u{e0100}-\u{e01ef}]/u.test(last?.[1] ?? "") ? "wide" : neighbour(last?.[1]);
  const next = text.codePointAt(end);
  const after = neighbour(next === undefined ? undefined : String.fromCodePoint(next));
  return {
    can_open: after !== "space" && (after !== "punctuation" || before !== "letter"),
    can_close: before !== "space" && (before !== "punctuation" || after !== "letter"),
  };
}

function neighbour(character: string | undefined): "space" | "wide" | "punctuation" | "letter" {
  if (character === undefined || /[\s\p{Zs}]/u.test(character)) return "space";
  if (wide.test(character) && !/\p{Emoji_Presentation}/u.test(character)) return "wide";
  return /[!-/:-@[-`{-~\p{P}]/u.test(character) ? "punctuation" : "letter";
}
