// Buttons that copy text.

import { announce } from "./announce";
import { h, icon, iconButton, replace } from "./dom";

/** A button with the word "Copy", for the head of a code block. */
export function copyTextButton(label: string, text: () => string): HTMLButtonElement {
  const button = h("button", { type: "button", class: "copy", "aria-label": label }, icon("copy"), h("span", {}, "Copy"));
  button.addEventListener("click", async () => {
    const isCopied = await write(text());
    replace(button, icon(isCopied ? "check" : "close"), h("span", {}, isCopied ? "Copied" : "Failed"));
    setTimeout(() => replace(button, icon("copy"), h("span", {}, "Copy")), 1600);
  });
  return button;
}

/** A button that is only an icon. */
export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const button = iconButton("copy", label, async () => {
    const isCopied = await write(text());
    replace(button, icon(isCopied ? "check" : "close"));
    setTimeout(() => replace(button, icon("copy")), 1600);
  }, "icon-button small");
  return button;
}

/** The clipboard API needs a secure context; over plain HTTP in a home network a hidden field replaces it. */
async function write(text: string): Promise<boolean> {
  const isCopied = await writeBySystem(text) || writeByField(text);
  announce(isCopied ? "Copied." : "The browser did not allow copying.");
  return isCopied;
}

async function writeBySystem(text: string): Promise<boolean> {
  try {
    if (!navigator.clipboard) return false;
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function writeByField(text: string): boolean {
  const focused = document.activeElement;
  const field = h("textarea", { class: "off-screen", "aria-hidden": "true", tabindex: -1 });
  field.value = text;
  document.body.appendChild(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
