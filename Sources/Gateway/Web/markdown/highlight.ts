// Colours finished code blocks. The highlighter is a separate file, loaded with the first block that needs it, and one
// block is coloured at a time while the page is idle, so that neither the first paint nor a growing answer waits for it.

interface Highlighter {
  /** HTML that consists of text and spans; null for an unknown language. */
  highlight(language: string, text: string): string | null;
}

/** In characters: longer code stays plain, because colouring it takes seconds. */
const longest = 100_000;

const waiting: HTMLElement[] = [];
let isScheduled = false;
let loading: Promise<Highlighter> | null = null;

/** Colours the code in `root` soon. */
export function highlightSoon(root: HTMLElement): void {
  for (const code of root.querySelectorAll<HTMLElement>("code[data-language]")) {
    if ((code.textContent ?? "").length <= longest) waiting.push(code);
  }
  schedule();
}

function schedule(): void {
  if (isScheduled || waiting.length === 0) return;
  isScheduled = true;
  // Safari has no idle callbacks.
  if ("requestIdleCallback" in window) requestIdleCallback(() => void next(), { timeout: 1000 });
  else setTimeout(() => void next(), 50);
}

async function next(): Promise<void> {
  try {
    const code = waiting.shift();
    const highlighter = await load();
    if (code?.isConnected) colour(code, highlighter);
  } catch {
    // Not loaded, for example while offline: the code stays plain.
    loading = null;
    waiting.length = 0;
  } finally {
    isScheduled = false;
    schedule();
  }
}

function load(): Promise<Highlighter> {
  const address = document.querySelector<HTMLMetaElement>('meta[name="highlighter"]')?.content ?? "";
  loading ??= import(address) as Promise<Highlighter>;
  return loading;
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
