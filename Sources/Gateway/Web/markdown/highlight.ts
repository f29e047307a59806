// Colours finished code blocks.

import { Later } from "./later";

export interface Highlighter {
  /** HTML that consists of text and spans; null for an unknown language. */
  highlight(language: string, text: string): string | null;
}

/** In characters: longer code stays plain, because colouring it takes seconds. */
export const longest = 100_000;

const highlighter = new Later<Highlighter>("highlighter", colour);

/** Colours the code in `root` soon. */
export function highlightSoon(root: HTMLElement): void {
  for (const code of root.querySelectorAll<HTMLElement>("code[data-language]")) {
    if ((code.textContent ?? "").length <= longest) highlighter.add(code);
  }
}

function colour(code: HTMLElement, highlighter: Highlighter): void {
  const text = code.textContent ?? "";
  const html = highlighter.highlight(code.dataset.language ?? "", text);
  code.removeAttribute("data-language");
  if (html === null) return;
  const nodes = parse(html);
  if (nodes.textContent === text) code.replaceChildren(nodes);
}

/** The highlighter's name for the language of a file, as far as its name says; null for none. */
export function languageOf(path: string): string | null {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const whole = { dockerfile: "dockerfile", makefile: "makefile", "cmakelists.txt": "cmake", "package.resolved": "json" }[name];
  return whole ?? /\.([a-z0-9+]{1,12})$/.exec(name)?.[1] ?? null;
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'", "#39": "'" };

/** Coloured code line by line; null for an unknown language, or if the highlighter changed the text. */
export function colouredLines(lines: string[], language: string, highlighter: Highlighter): DocumentFragment[] | null {
  const html = highlighter.highlight(language, lines.join("\n"));
  if (html === null) return null;
  let open: string[] = [];
  const found = html.split("\n").map((line) => {
    // A span that goes on in the next line begins again there.
    const before = open.map((name) => `<span class="${name}">`).join("");
    for (const [, name] of line.matchAll(/<span class="([\w -]+)">|<\/span>/g)) open = name === undefined ? open.slice(0, -1) : [...open, name];
    return parse(before + line);
  });
  return found.length === lines.length && found.every((line, at) => line.textContent === lines[at]) ? found : null;
}

/** A line of a hunk: new, removed, or one around these. */
export interface HunkLine {
  text: string;
  side: "add" | "del" | "";
}

/**
 * Coloured lines by their places: the new ones together with those around them, and the removed ones likewise, so that a
 * comment of several lines is one. Lines that are missing stay plain.
 */
export function colouredHunk(lines: HunkLine[], language: string, highlighter: Highlighter): Map<number, DocumentFragment> {
  const found = new Map<number, DocumentFragment>();
  for (const [side, other] of [["del", "add"], ["add", "del"]]) {
    const places = [...lines.keys()].filter((at) => lines[at]!.side !== other);
    const texts = places.map((at) => lines[at]!.text);
    // The lines around them are those of the new text.
    if (side === "del" && !lines.some((line) => line.side === side) || texts.reduce((sum, text) => sum + text.length + 1, 0) > longest) continue;
    const coloured = colouredLines(texts, language, highlighter) ?? [];
    for (const [at, nodes] of coloured.entries()) if (side === "add" || lines[places[at]!]!.side === side) found.set(places[at]!, nodes);
  }
  return found;
}

/** Calls `add` with each element that is near what is seen. */
export function whenNear(add: (element: HTMLElement) => void): IntersectionObserver {
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      add(target as HTMLElement);
    }
  }, { rootMargin: "600px" });
  return watcher;
}

/** Builds the spans as DOM nodes, because the page gives no outside text to an HTML parser. */
function parse(html: string): DocumentFragment {
  const root = document.createDocumentFragment();
  let parent: Node = root;
  for (const found of html.matchAll(/<span class="([\w -]+)">|(<\/span>)|&([\w#]+);|[^<&]+|[<&]/g)) {
    const [token, opened, closed, entity] = found;
    if (opened !== undefined) {
      const span = document.createElement("span");
      span.className = opened;
      parent = parent.appendChild(span);
    } else if (closed !== undefined) {
      parent = parent.parentNode ?? root;
    } else {
      parent.appendChild(document.createTextNode((entity && entities[entity]) ?? token ?? ""));
    }
  }
  return root;
}
