// The lines of a unified diff. Pure.

/** The class of each line. Within a hunk the first character decides, so that a removed "-- x" is no file name. */
export function kindsOf(lines: string[]): string[] {
  let removed = 0;
  let added = 0;
  return lines.map((line) => {
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk) {
      removed = Number(hunk[1] ?? 1);
      added = Number(hunk[2] ?? 1);
      return "is-hunk";
    }
    if (removed <= 0 && added <= 0) return line.startsWith("\\") ? "" : "is-header";
    if (line.startsWith("\\")) return "";
    if (!line.startsWith("+")) removed -= 1;
    if (!line.startsWith("-")) added -= 1;
    return line.startsWith("+") ? "is-added" : line.startsWith("-") ? "is-removed" : "";
  });
}

export interface DiffFile {
  path: string;
  additions: number;
  deletions: number;
  lines: string[];
}

/** Whether a text is a unified diff. */
export const isDiff = (text: string): boolean => /^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/m.test(text) || text.startsWith("diff --git ");

/** The files of what `git diff` writes. */
export function filesOf(diff: string): DiffFile[] {
  const lines = diff.replace(/\n$/, "").split("\n");
  const kinds = kindsOf(lines);
  const files: DiffFile[] = [];
  for (const [at, line] of lines.entries()) {
    const kind = kinds[at];
    if (kind === "is-header" && line.startsWith("diff --git ")) files.push({ path: pathOf(line.slice(11)), additions: 0, deletions: 0, lines: [] });
    const file = files[files.length - 1];
    if (!file) continue;
    file.lines.push(line);
    if (kind === "is-added") file.additions += 1;
    if (kind === "is-removed") file.deletions += 1;
    // Clearer than the first line, where a name has blanks.
    const name = kind === "is-header" ? /^(?:\+\+\+ "?b\/|rename to )(.*?)"?\t?$/.exec(line)?.[1] : undefined;
    if (name !== undefined) file.path = name;
  }
  return files;
}

/** The lines of a file without those that its heading says already. */
export function withoutNames(lines: string[]): string[] {
  const kinds = kindsOf(lines);
  return lines.filter((line, at) => kinds[at] !== "is-header" || !/^(?:diff --git |index |similarity index |--- |\+\+\+ )/.test(line));
}

/** The second name in "a/OLD b/NEW", which are the same unless a later line says otherwise. */
const pathOf = (names: string): string => names.slice((names.length + 1) / 2).replace(/^"?b\//, "").replace(/"$/, "");
