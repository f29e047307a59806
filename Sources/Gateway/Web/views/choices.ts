// What can be done next, as buttons: the host says it in words, because it knows no buttons of this page. Pure.

export interface Choice {
  label: string;
  /** The message that does it. */
  command: string;
}

/** The end of a reply to `task`. */
const sentence = /(?:^|\n\n)Type ((?:`\/task [a-z]+ [^`\s]+` \([A-Z][a-z]+\)(?: or )?)+)\.\s*$/;

/** The text before the choices, and these. */
export function splitChoices(text: string): { text: string; choices: Choice[] } {
  const found = sentence.exec(text);
  if (!found) return { text, choices: [] };
  const choices = [...found[1]!.matchAll(/`([^`]+)` \((\w+)\)/g)].map(([, command, label]) => ({ label: label!, command: command! }));
  return { text: text.slice(0, found.index), choices };
}

/** "/task T3". */
export const isTaskCommand = (text: string): boolean => /^[/!]\s?task\b/.test(text.trim());
