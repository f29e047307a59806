// Colours the code of the viewer's differences, which can be read without it: the new lines of a hunk together with those
// around them, and the removed ones likewise, so that a comment of several lines is one.

import { colouredLines, Highlighter, languageOf, longest } from "./markdown/highlight";
import { Later } from "./markdown/later";

const highlighter = new Later<Highlighter>("highlighter", (card, script) => {
  const language = languageOf(card.getAttribute("aria-label") ?? "");
  let hunk: HTMLTableRowElement[] = [];
  for (const row of card.querySelectorAll<HTMLTableRowElement>(".code tr")) {
    if (!row.classList.contains("hunk")) {
      hunk.push(row);
      continue;
    }
    colour(hunk, language, script);
    hunk = [];
  }
  colour(hunk, language, script);
});

function colour(rows: HTMLTableRowElement[], language: string | null, script: Highlighter): void {
  if (language === null) return;
  for (const [side, other] of [["del", "add"], ["add", "del"]] as const) {
    const cells = rows.filter((row) => !row.classList.contains(other) && !row.classList.contains("faint")).map((row) => row.cells[3]!);
    const lines = cells.map((cell) => cell.textContent ?? "");
    if (lines.reduce((sum, line) => sum + line.length + 1, 0) > longest) continue;
    const coloured = colouredLines(lines, language, script);
    for (const [at, cell] of cells.entries()) {
      // The lines around them are those of the new text.
      if (coloured && (side === "add" || cell.parentElement!.classList.contains(side))) cell.replaceChildren(coloured[at]!);
    }
  }
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    highlighter.add(target as HTMLElement);
  }
}, { rootMargin: "600px" });
for (const card of document.querySelectorAll("section.card")) watcher.observe(card);
