// Light and dark themes. The choice is kept in a cookie that the server reads, so no page flashes in the wrong theme.

import { icon, replace } from "./dom";

const name = "jetbridge_theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "dark" || (chosen !== "light" && system.matches);
}

export function setUpToggle(button: HTMLButtonElement): void {
  const show = (): void => {
    const label = isDark() ? "Use the light theme" : "Use the dark theme";
    button.setAttribute("aria-label", label);
    button.title = label;
    replace(button, icon(isDark() ? "sun" : "moon"));
  };
  button.addEventListener("click", () => {
    const wanted = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = wanted;
    document.cookie = `${name}=${wanted}; Path=/; Max-Age=31536000; SameSite=Lax`;
    show();
  });
  system.addEventListener("change", show);
  show();
}
