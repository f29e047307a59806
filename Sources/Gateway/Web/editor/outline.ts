// The headings of a Markdown text. Pure.

export interface Heading {
  level: number;
  title: string;
  /** In UTF-16 units. */
  place: number;
}

export function headings(text: string): Heading[] {
  const found: Heading[] = [];
  let fence = "";
  let place = 0;
  for (const line of text.split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === "" || mark.startsWith(fence))) fence = fence === "" ? mark : "";
    const heading = fence === "" ? /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line) : null;
    if (heading) found.push({ level: heading[1]!.length, title: heading[2]!.replace(/[*_`]/g, ""), place });
    place += line.length + 1;
  }
  return found;
}
