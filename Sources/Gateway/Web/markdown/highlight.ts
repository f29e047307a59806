// Colours finished code blocks.

import { Later } from "./later";

interface Highlighter {
  /** HTML that consists of text and spans; null for an unknown language. */
  highlight(language: string, text: string): string | null;
}

/** In characters: longer code stays plain, because colouring it takes seconds. */
const longest = 100_000;

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

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'", "#39": "'" };

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
