// The language of the bot's notes in the settings. Loaded with them.

import { h } from "../dom";

const languages = [["", "This browser’s, else the host’s"], ["en", "English"], ["de", "Deutsch"], ["fr", "Français"], ["es", "Español"], ["ja", "日本語"]];

/** - chosen: A code; null for none. */
export function languageChoice(chosen: string | null): HTMLSelectElement {
  return h("select", { id: "setting-language" }, ...languages.map(([value, label]) => h("option", { value, selected: value === (chosen ?? "") }, label)));
}
