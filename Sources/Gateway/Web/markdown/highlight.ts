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
