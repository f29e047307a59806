// Makes hidden characters of files visible, as `VisibleText` does in the viewer. Pure.

/** Control characters, and characters without width or with a direction. Tabs stay. */
const hidden = /[\u0000-\u0008\u000A-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060\u2066-\u2069\uFEFF\u{E0000}-\u{E007F}]/gu;

/** One line, without its line break. */
export function visibleLine(line: string): string {
  return line.replace(/\r$/, "").replace(hidden, (character) => {
    const code = character.codePointAt(0)!;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `⟨U+${code.toString(16).toUpperCase()}⟩`;
  });
}
