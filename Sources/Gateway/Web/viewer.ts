// Colours the code of the viewer's files and differences, which can be read without it.

import { colouredHunk, Highlighter, languageOf, whenNear } from "./markdown/highlight";
import { Later } from "./markdown/later";

const highlighter = new Later<Highlighter>("highlighter", (card, script) => {
  const language = languageOf(card.getAttribute("aria-label") ?? "");
  if (language === null) return;
  const hunks: HTMLTableRowElement[][] = [[]];
  for (const row of card.querySelectorAll<HTMLTableRowElement>(".code tr:not(.faint)")) {
    if (row.classList.contains("hunk")) hunks.push([]);
    else hunks[hunks.length - 1]!.push(row);
  }
  for (const rows of hunks) colour(rows, language, script);
});

function colour(rows: HTMLTableRowElement[], language: string, script: Highlighter): void {
  const lines = rows.map((row) => ({ text: codeOf(row).textContent ?? "", side: row.className as "add" | "del" | "" }));
  for (const [at, nodes] of colouredHunk(lines, language, script)) codeOf(rows[at]!).replaceChildren(nodes);
}

const codeOf = (row: HTMLTableRowElement): HTMLTableCellElement => row.cells[row.cells.length - 1]!;

const watcher = whenNear((card) => highlighter.add(card));
for (const card of document.querySelectorAll("section.card")) watcher.observe(card);
