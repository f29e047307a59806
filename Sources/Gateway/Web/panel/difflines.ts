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
